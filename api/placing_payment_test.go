package api

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// keeper refuses orders for a while, 0 admits them.
type keeper time.Duration

func (k keeper) Admit(context.Context) (time.Duration, bool) { return time.Duration(k), k == 0 }

func TestReserve_PaymentFollows(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *given) { d.ReplyBudget = time.Minute })
	until := today.Add(time.Hour)
	b.onStart(func(o client.StartWorkflowOptions, in contract.Lodging) error {
		p := orderIn(o.ID, booking.PaymentPending, "")
		p.View.PaymentDeferred = &contract.Deferral{Until: until}
		p.RequestHash = in.RequestHash
		b.store.put(p)
		b.hub.Wake(p)
		return nil
	}).Once()
	for _, when := range []string{"placed", "repeated"} {
		a := b.reserve("Idempotency-Key", "k1")
		require.Equal(t, 202, a.StatusCode, "%s: %s", when, a.text)
		v := decode[contract.View](t, a)
		require.Equal(t, booking.PaymentPending, v.Status)
		require.Equal(t, until, v.PaymentDeferred.Until)
		require.NotEmpty(t, a.Header.Get("Location"))
		if when == "placed" {
			b.temporal.On("QueryWorkflow", anything(5)...).Return(nil, context.DeadlineExceeded).Maybe()
		}
	}
}

func TestReserve_NotWhenItCannotBePaidFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wait  time.Duration
		after string
	}{
		"Soon":      {time.Millisecond, "1"},
		"InSeconds": {3200 * time.Millisecond, "4"},
		"Late":      {90 * time.Minute, "5400"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(d *given) { d.Gate = keeper(tt.wait) }) // a start would fail the test
			a := b.reserve()
			b.problem(a, 503, orders.CodeOf(booking.PaymentUnavailable))
			require.Equal(t, tt.after, a.Header.Get("Retry-After"))
		})
	}
}

// One who repeats a request gets the answer, whatever has become of payments.
func TestReserve_RepeatedThoughNothingCanBePaidFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.decides(booking.Confirmed, "").Once()
	require.Equal(t, 201, b.reserve("Idempotency-Key", "k1").StatusCode)
	b.deps.Gate = keeper(time.Second)
	b.handler = b.deps.api()
	require.Equal(t, 201, b.reserve("Idempotency-Key", "k1").StatusCode)
	b.temporal.On("DescribeWorkflowExecution", anything(3)...).Return(nil, serviceerror.NewNotFound("no such workflow")).Once()
	b.problem(b.reserve("Idempotency-Key", "k2"), 503, orders.CodeOf(booking.PaymentUnavailable))
}

// One who repeats a request before the read model knows of its order is not told
// that there is none.
func TestReserve_RepeatedEarlyThoughNothingCanBePaidFor(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *given) { d.Gate = keeper(time.Second) })
	memo, err := converter.GetDefaultDataConverter().ToPayload("another hash")
	require.NoError(t, err)
	b.temporal.On("DescribeWorkflowExecution", anything(3)...).Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{contract.RequestHashMemo: memo}},
		},
	}, nil)
	b.temporal.On("QueryWorkflow", anything(4)...).Return(nil, context.DeadlineExceeded)
	b.problem(b.reserve("Idempotency-Key", "k1"), 422, orders.IdempotencyKeyReused)
}

// A call that costs nothing has no payment to wait for.
func TestPlaceCall_ForNothingThoughNothingCanBePaidFor(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *given) { d.Gate = keeper(time.Second) })
	b.temporal.On("ExecuteWorkflow", anything(4)...).Return(nil, context.DeadlineExceeded)
	b.temporal.On("DescribeWorkflowExecution", anything(3)...).Return(nil, context.DeadlineExceeded)
	require.Equal(t, 202, b.do("POST", callsPath, `{"customerId":"alice","tel":"02-123-4567","location":"here"}`).StatusCode)
	b.problem(b.do("POST", callsPath, `{"customerId":"alice","tel":"02-123-4567","location":"here","price":{"amount":1000,"currency":"KRW"}}`),
		503, orders.CodeOf(booking.PaymentUnavailable))
}

// Where nobody pays later, it takes longer to know that it cannot be now.
func TestReserve_PatienceWhereNobodyPaysLater(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *given) { d.Policy.PayWithin = 0 })
	b.onStart(func(o client.StartWorkflowOptions, _ contract.Lodging) error {
		time.AfterFunc(5*b.deps.ReplyBudget, func() { b.hub.Wake(orderIn(o.ID, booking.Cancelling, booking.PaymentUnavailable)) })
		return nil
	})
	a := b.reserve()
	b.problem(a, 503, orders.CodeOf(booking.PaymentUnavailable))
	require.NotEmpty(t, a.Header.Get("Retry-After"))
}

func anything(n int) (args []any) {
	for range n {
		args = append(args, mock.Anything)
	}
	return args
}
