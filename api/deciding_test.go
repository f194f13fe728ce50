package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const orderPath = "/v1/lodging/reservations/lodging-1"

// onUpdate lets take stand in for the order taking a decision, or not, and
// outcome for what came of it.
func (b *bundle) onUpdate(take func(context.Context, client.UpdateWorkflowOptions) error, outcome func(context.Context) (contract.View, error)) {
	b.temporal.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			if err := take(ctx, o); err != nil {
				return nil, err
			}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(func(ctx context.Context, to any) error {
				view, err := outcome(ctx)
				if err != nil {
					return err
				}
				return encoded{view}.Get(to)
			})
			return handle, nil
		})
}

// budgeted notes when the order was asked to take a decision, and until when it
// may take.
type budgeted struct{ at, until time.Time }

func (b *budgeted) takes(ctx context.Context, _ client.UpdateWorkflowOptions) error {
	b.at, b.until = time.Now(), b.end(ctx)
	return nil
}

func (*budgeted) end(ctx context.Context) time.Time {
	end, _ := ctx.Deadline()
	return end
}

func takes(context.Context, client.UpdateWorkflowOptions) error { return nil }

// notTaken is how the SDK says that an order was not heard of in time.
func notTaken(ctx context.Context, _ client.UpdateWorkflowOptions) error {
	<-ctx.Done()
	return client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
}

// becomes is an order that carries a decision out and then is in this status.
func becomes(status booking.Status) func(context.Context) (contract.View, error) {
	return func(context.Context) (contract.View, error) { return orderIn("lodging-1", status, "").View, nil }
}

func failsWith(err error) func(context.Context) (contract.View, error) {
	return func(context.Context) (contract.View, error) { return contract.View{}, err }
}

// refusesWith is an order that answers a decision with this error: the SDK
// gives a validator's with the outcome, too.
func (b *bundle) refusesWith(err error) { b.onUpdate(takes, failsWith(err)) }

// cannotBeAsked lets the call itself fail.
func (b *bundle) cannotBeAsked(err error) {
	b.onUpdate(func(context.Context, client.UpdateWorkflowOptions) error { return err }, nil)
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
			b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
				require.Equal(t, "lodging-1", o.WorkflowID)
				require.Equal(t, test.update, o.UpdateName)
				require.Equal(t, client.WorkflowUpdateStageAccepted, o.WaitForStage)
				require.NotEmpty(t, o.UpdateID)
				require.Equal(t, []any{contract.Decision{Note: test.note}}, o.Args)
				return nil
			}, becomes(booking.Confirmed))
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
		`{"reason":"a\u202eb"}`:    {"reason"},
		`{"reason":"a\tb"}`:        {"reason"},
		`{"reason":"\r\n\u2028"}`:  {"reason"},
		`{"reason":"\ud800"}`:      {"reason"},
		`{"reason":null}`:          {"reason"},
	} {
		p := b.problem(b.do("POST", orderPath+"/reject", body), 422, booking.Invalid)
		require.Equal(t, want, fields(p), body)
	}
	b.problem(b.do("POST", orderPath+"/reject", ""), 400, malformedJSON)
	require.Equal(t, []string{"reason"}, fields(b.problem(b.do("POST", orderPath+"/cancel", `{"reason":null}`), 422, booking.Invalid)))
	p := b.problem(b.do("POST", orderPath+"/confirm", `{"reason":"x"}`), 422, booking.Invalid)
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

	t.Run("Superseded", func(t *testing.T) {
		b := setup(t)
		b.refusesWith(temporal.NewApplicationError("another decision came first", string(booking.Superseded)))
		require.Equal(t, "Superseded", b.problem(b.do("POST", orderPath+"/confirm", ""), 409, booking.Superseded).Title)
	})
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
		"Lost":      {booking.Confirmed, "", orders.NotRunning},
		"Unknown":   {"", "", booking.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.cannotBeAsked(gone)
			if test.row != "" {
				b.store.put(orderIn("lodging-1", test.row, ""))
			}
			if test.view != "" {
				b.answersQuery(contract.ViewQuery, orderIn("lodging-1", test.view, "").View, nil)
			} else {
				b.answersQuery(contract.ViewQuery, nil, gone)
			}
			status := http.StatusConflict
			if test.code == booking.NotFound {
				status = http.StatusNotFound
			}
			b.problem(b.do("POST", orderPath+"/cancel", ""), status, test.code)
		})
	}
}

func TestDecide_ClosedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Completed, ""))
	b.refusesWith(temporal.NewNonRetryableApplicationError("the workflow completed first", "AcceptedUpdateCompletedWorkflow", nil))
	b.problem(b.do("POST", orderPath+"/cancel", ""), 409, booking.AlreadyCompleted)
}

// A decision that was taken is durable: 202 is a promise, whatever becomes of
// the wait for its outcome.
func TestDecide_TakenButSlow(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"ServiceDeadline": serviceerror.NewDeadlineExceeded("slow"),
		"UpdateTimeout":   client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		"Context":         context.DeadlineExceeded,
		"Unavailable":     serviceerror.NewUnavailable("connection reset"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			taken, begun := budgeted{}, time.Now()
			b.onUpdate(taken.takes, func(ctx context.Context) (contract.View, error) {
				require.Equal(t, taken.end(ctx), taken.until, "one budget for both")
				require.WithinRange(t, taken.until, begun.Add(b.deps.ReplyBudget), taken.at.Add(b.deps.ReplyBudget))
				return contract.View{}, err
			})
			b.store.put(orderIn("lodging-1", booking.Paid, ""))
			a := b.do("POST", orderPath+"/cancel", "")
			require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
			require.Equal(t, orderPath, a.Header.Get("Location"))
			require.Equal(t, booking.Paid, decode[orderView](t, a).Status)
		})
	}
}

// A decision that was not taken is promised to nobody, though the engine is
// there and the order is known.
func TestDecide_NotTaken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		take func(context.Context, client.UpdateWorkflowOptions) error
		code booking.Code
	}{
		"NobodyAnswers": {notTaken, orders.Unreachable},
		"ServiceDeadline": {func(context.Context, client.UpdateWorkflowOptions) error {
			return serviceerror.NewDeadlineExceeded("slow")
		}, orders.Unreachable},
		"ConnectionBroke": {func(context.Context, client.UpdateWorkflowOptions) error {
			return serviceerror.NewUnavailable("connection reset")
		}, orders.Unreachable},
		"TasksTimedOut": {func(context.Context, client.UpdateWorkflowOptions) error {
			return serviceerror.NewWorkflowNotReady("Workflow Task in failed state")
		}, orders.TemporalUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.onUpdate(test.take, nil)
			b.store.put(orderIn("lodging-1", booking.Paid, ""))
			a := b.do("POST", orderPath+"/cancel", "")
			b.problem(a, 503, test.code)
			require.Equal(t, "2", a.Header.Get("Retry-After"))
			require.Empty(t, a.Header.Get("Location"))
		})
	}
}

func TestDecide_CallerLeaves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, leave := context.WithCancel(t.Context())
	asked := 0
	stays := func(ctx context.Context) {
		asked++
		require.NoError(t, ctx.Err(), "the decision goes on")
	}
	b.onUpdate(
		func(ctx context.Context, _ client.UpdateWorkflowOptions) error { leave(); stays(ctx); return nil },
		func(ctx context.Context) (contract.View, error) { stays(ctx); return becomes(booking.Cancelled)(ctx) },
	)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, orderPath+"/cancel", http.NoBody)
	b.handler.ServeHTTP(httptest.NewRecorder(), r)
	require.Equal(t, 2, asked)
}
