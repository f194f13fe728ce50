package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// queues notes how long calls may wait in their queues for a worker.
type queues struct {
	interceptor.WorkerInterceptorBase
	waits map[string]time.Duration // by the activity's type; 0 is without a limit
}

type queueing struct {
	interceptor.WorkflowInboundInterceptorBase
	queues *queues
}

type enqueueing struct {
	interceptor.WorkflowOutboundInterceptorBase
	queues *queues
}

func (q *queues) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &queueing{interceptor.WorkflowInboundInterceptorBase{Next: next}, q}
}

func (q *queueing) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return q.Next.Init(&enqueueing{interceptor.WorkflowOutboundInterceptorBase{Next: out}, q.queues})
}

func (e *enqueueing) ExecuteActivity(ctx workflow.Context, activity string, args ...any) workflow.Future {
	e.queues.waits[activity] = workflow.GetActivityOptions(ctx).ScheduleToStartTimeout
	return e.Next.ExecuteActivity(ctx, activity, args...)
}

func (l *sagaRun) queues() map[string]time.Duration {
	q := &queues{waits: map[string]time.Duration{}}
	l.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: realTimeout, Interceptors: []interceptor.WorkerInterceptor{q}})
	return q.waits
}

// TestQueue_MovesSlowly: a call may wait in the queue of its service as long as its caller
// waits, less the time for the answer, and at most five seconds. Without such a limit of
// its caller it waits a second.
func TestQueue_MovesSlowly(t *testing.T) {
	t.Parallel()
	waited := map[booking.Duration]time.Duration{
		0: time.Second, booking.Duration(2 * time.Second): time.Second, booking.Duration(4 * time.Second): 2500 * time.Millisecond,
		booking.Duration(time.Minute): 5 * time.Second,
	}
	for answerWithin, want := range waited {
		t.Run(time.Duration(answerWithin).String(), func(t *testing.T) {
			t.Run("Drink", func(t *testing.T) {
				c := newCup(t)
				c.in.Policy.AnswerWithin = answerWithin
				waits, n := c.queues(), 0
				c.faults = func(call string) fault { n++; return only(nothing, call == "hold" && n == 1) }
				c.decides(hour, contract.CompleteUpdate)
				require.Equal(t, booking.Completed, c.run().Status)
				require.Equal(t, want, waits["HoldStock"])
			})
			t.Run("Call", func(t *testing.T) {
				v := newVisit(t)
				v.in.Policy.AnswerWithin = answerWithin
				waits, n := v.queues(), 0
				v.faults = func(call string) fault { n++; return only(nothing, call == "register" && n == 1) }
				v.decides(hour, contract.CompleteUpdate)
				v.run()
				require.Equal(t, want, waits["RegisterCall"])
			})
			t.Run("Payment", func(t *testing.T) {
				c := newCup(t)
				c.in.Policy.AnswerWithin, c.in.Policy.PayWithin = answerWithin, 0
				waits, n := c.queues(), 0
				c.faults = func(call string) fault { return only(before, call == "charge" && func() bool { n++; return n == 1 }()) }
				c.decides(hour, contract.CompleteUpdate)
				c.run()
				require.Equal(t, want, waits["ChargePayment"])
			})
			t.Run("Delivery", func(t *testing.T) {
				m := newMeal(t)
				m.in.Policy.AnswerWithin = answerWithin
				waits := m.queues()
				d := m.decides(hour, contract.CancelUpdate)
				require.Equal(t, booking.Cancelled, m.run().Status)
				require.NoError(t, d.err)
				require.Equal(t, want, waits["StopDelivery"], "from when it was decided")
			})
		})
	}
}
