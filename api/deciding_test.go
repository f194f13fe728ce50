package api

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

const orderPath = "/v1/lodging/reservations/lodging-1"

// onUpdate lets f stand in for the order's answer to a decision.
func (b *bundle) onUpdate(f func(context.Context, client.UpdateWorkflowOptions) (contract.View, error)) {
	b.temporal.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			view, err := f(ctx, o)
			if err != nil {
				return nil, err
			}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(func(_ context.Context, to any) error { return encoded{view}.Get(to) })
			return handle, nil
		})
}

func (b *bundle) refusesWith(err error) {
	b.onUpdate(func(context.Context, client.UpdateWorkflowOptions) (contract.View, error) {
		return contract.View{}, err
	})
}

func TestDecide_Done(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ verb, body, update, note string }{
		{"confirm", "", contract.ConfirmUpdate, ""},
		{"confirm", "{}", contract.ConfirmUpdate, ""},
		{"reject", `{"reason":"full"}`, contract.RejectUpdate, "full"},
		{"cancel", "", contract.CancelUpdate, ""},
		{"cancel", `{}`, contract.CancelUpdate, ""},
		{"cancel", `{"reason":"ill"}`, contract.CancelUpdate, "ill"},
		{"complete", "", contract.CompleteUpdate, ""},
	} {
		t.Run(test.verb+test.body, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) (contract.View, error) {
				require.Equal(t, "lodging-1", o.WorkflowID)
				require.Equal(t, test.update, o.UpdateName)
				require.Equal(t, client.WorkflowUpdateStageCompleted, o.WaitForStage)
				require.NotEmpty(t, o.UpdateID)
				require.Equal(t, []any{contract.Decision{Note: test.note}}, o.Args)
				return orderIn("lodging-1", booking.Confirmed, "").View, nil
			})
			a := b.do("POST", orderPath+"/"+test.verb, test.body)
			require.Equal(t, http.StatusOK, a.StatusCode, a.text)
			v := decode[orderView](t, a)
			require.Equal(t, booking.Confirmed, v.Status)
			require.Equal(t, "confirmed", v.StatusLabel)
		})
	}
}

func TestDecide_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string][]string{
		`{}`:                       {"reason"},
		`{"reason":""}`:            {"reason"},
		`{"reason":"  "}`:          {"reason"},
		`{"reason":1,"why":"x"}`:   {"reason", "why"},
		`{"reason":"a\u0007bell"}`: {"reason"},
	} {
		p := b.problem(b.do("POST", orderPath+"/reject", body), 422, validationFailed)
		require.Equal(t, want, fields(p), body)
	}
	b.problem(b.do("POST", orderPath+"/reject", ""), 400, malformedJSON)
	p := b.problem(b.do("POST", orderPath+"/confirm", `{"reason":"x"}`), 422, validationFailed)
	require.Equal(t, []string{"reason"}, fields(p))
	for _, id := range []string{"cafe-1", "lodging", "lodging-", "somebody-elses-workflow", "lodging-a%2Fb", "lodging-%00"} {
		a := b.do("POST", "/v1/lodging/reservations/"+id+"/cancel", "")
		require.Equal(t, 404, a.StatusCode, id)
	}
}

func TestDecide_Refused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	b.refusesWith(temporal.NewNonRetryableApplicationError("check-in was at 15:00", string(booking.AlreadyCheckedIn), nil))
	a := b.do("POST", orderPath+"/cancel", "")
	p := b.problem(a, 409, booking.AlreadyCheckedIn)
	require.Equal(t, "check-in was at 15:00", p.Detail)
	require.Equal(t, booking.Confirmed, p.Order.Status)
	require.Equal(t, orderPath, a.Header.Get("Location"))

	t.Run("UnknownCode", func(t *testing.T) {
		b := setup(t)
		b.refusesWith(temporal.NewApplicationError("it is Sunday", "shop_closed"))
		require.Equal(t, "Shop closed", b.problem(b.do("POST", orderPath+"/cancel", ""), 409, "shop_closed").Title)
	})
	t.Run("Defect", func(t *testing.T) {
		b := setup(t)
		b.refusesWith(temporal.NewApplicationError("secret", "PanicError"))
		a := b.do("POST", orderPath+"/cancel", "")
		b.problem(a, 500, internalError)
		require.NotContains(t, a.text, "secret")
	})
}

func TestDecide_Closed(t *testing.T) {
	t.Parallel()
	gone := serviceerror.NewNotFound("workflow execution already completed")
	for name, test := range map[string]struct {
		row  booking.Status // "" for none
		view booking.Status // "" for none
		code booking.Code
	}{
		"Cancelled": {booking.Cancelled, "", booking.AlreadyCancelled},
		"Completed": {booking.Completed, "", booking.AlreadyCompleted},
		"RowBehind": {booking.Confirmed, booking.Completed, booking.AlreadyCompleted},
		"NoRow":     {"", booking.Cancelled, booking.AlreadyCancelled},
		"Lost":      {booking.Confirmed, "", notRunning},
		"Unknown":   {"", "", notFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.refusesWith(gone)
			if test.row != "" {
				b.store.put(orderIn("lodging-1", test.row, ""))
			}
			if test.view != "" {
				b.answersQuery(contract.ViewQuery, orderIn("lodging-1", test.view, "").View, nil)
			} else {
				b.answersQuery(contract.ViewQuery, nil, gone)
			}
			status := http.StatusConflict
			if test.code == notFound {
				status = http.StatusNotFound
			}
			b.problem(b.do("POST", orderPath+"/cancel", ""), status, test.code)
		})
	}
}

func TestDecide_TakesLong(t *testing.T) {
	t.Parallel()
	describe := func(b *bundle, err error) {
		b.temporal.On("DescribeWorkflowExecution", mock.Anything, "lodging-1", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{}, err)
	}
	t.Run("Accepted", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		going := make(chan context.Context, 1)
		t.Cleanup(func() { require.NoError(t, (<-going).Err(), "a decision that was accepted goes on") })
		release := make(chan struct{})
		b.onUpdate(func(ctx context.Context, _ client.UpdateWorkflowOptions) (contract.View, error) {
			going <- ctx
			<-release
			return contract.View{}, context.Canceled
		})
		t.Cleanup(func() { close(release) })
		describe(b, nil)
		b.store.put(orderIn("lodging-1", booking.Paid, ""))
		a := b.do("POST", orderPath+"/cancel", "")
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		require.Equal(t, orderPath, a.Header.Get("Location"))
		require.Equal(t, booking.Paid, decode[orderView](t, a).Status)
	})
	t.Run("TemporalAway", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ended := make(chan error, 1)
		b.onUpdate(func(ctx context.Context, _ client.UpdateWorkflowOptions) (contract.View, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return contract.View{}, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
		})
		describe(b, context.DeadlineExceeded)
		b.store.put(orderIn("lodging-1", booking.Paid, ""))
		b.problem(b.do("POST", orderPath+"/cancel", ""), 503, temporalUnavailable)
		select {
		case err := <-ended:
			require.ErrorIs(t, err, context.Canceled, "a decision that was answered 503 is given up")
		case <-time.After(5 * time.Second):
			t.Fatal("the update goes on")
		}
	})
	for name, err := range map[string]error{
		"ServiceDeadline": serviceerror.NewDeadlineExceeded("slow"),
		"UpdateTimeout":   client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		"Context":         context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.refusesWith(err)
			describe(b, nil)
			b.store.put(orderIn("lodging-1", booking.Paid, ""))
			require.Equal(t, http.StatusAccepted, b.do("POST", orderPath+"/cancel", "").StatusCode)
		})
	}
	t.Run("Unavailable", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.refusesWith(serviceerror.NewUnavailable("connection refused"))
		b.problem(b.do("POST", orderPath+"/cancel", ""), 503, temporalUnavailable)
	})
}
