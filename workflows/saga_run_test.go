package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/workflows/contract"
)

var placedAt = time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)

const hour = time.Hour

// sagaRun is an order's saga in a world of its own, with time that skips.
type sagaRun struct {
	*world
	process *process // of this run
	flow    any      // the workflow function
	env     *testsuite.TestWorkflowEnvironment
	log     log.Logger
}

func newSagaRun(t testing.TB, kind booking.Kind, flow any) *sagaRun {
	l := &sagaRun{world: newWorld(t, kind), flow: flow, log: devserver.Quiet()}
	l.startRun(placedAt)
	return l
}

// realTimeout is how long a test may take in real time without progress: long enough for a busy machine.
const realTimeout = 5 * time.Minute

// startRun starts a run of the order's workflow at a moment; called again, it starts another
// one, as after a reset to the beginning.
func (l *sagaRun) startRun(from time.Time) {
	l.process = &process{world: l.world}
	l.env = l.environment(l.process, l.order, from)
	l.env.RegisterWorkflow(l.flow)
}

// environment is a test environment for a workflow with this id, whose activities the
// process does.
func (l *sagaRun) environment(p *process, id string, from time.Time) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(l.log)
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(from)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id, TaskQueue: contract.SagasQueue})
	env.SetTestTimeout(realTimeout)
	env.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: realTimeout,
		Interceptors:             []interceptor.WorkerInterceptor{&slowSteps{world: l.world}},
	})
	for _, a := range p.services().Sagas() {
		env.RegisterActivity(a)
	}
	return env
}

// placed is the part of the input that all orders have in common, with a price in won.
func (l *sagaRun) placed(price int64) contract.Order {
	return contract.Order{
		OrderID: l.order, CustomerID: l.customer, Amount: booking.Money{Amount: price, Currency: "KRW"},
		PaymentMethod: "pm_card_visa", PlacedAt: placedAt,
		Policy: contract.Policy{
			InPlace: true, AttentionAfter: booking.Duration(5 * time.Minute), PayWithin: booking.Duration(hour / 2), HandOverWithin: booking.Duration(hour),
			ReserveWithin: booking.Duration(24 * hour),
			DeliverWithin: booking.Duration(2 * hour), ServeWithin: booking.Duration(hour), ServeAfterDay: booking.Duration(3 * hour),
			AssignWithin: booking.Duration(2 * hour), CleanWithin: booking.Duration(24 * hour),
		},
	}
}

func (l *sagaRun) execute(in any) contract.View {
	l.Helper()
	l.env.ExecuteWorkflow(l.flow, in)
	require.True(l, l.env.IsWorkflowCompleted())
	require.NoError(l, l.env.GetWorkflowError())
	var v contract.View
	require.NoError(l, l.env.GetWorkflowResult(&v))
	require.Equal(l, v, l.row().View, "mypage shows what the workflow says")
	return v
}

// capacity is the item's capacity on the first day.
func (l *sagaRun) capacity() int {
	days, err := l.stock.Days(context.Background(), l.item, firstNight, departure)
	require.NoError(l, err)
	return days[0].Capacity
}

// decision is the outcome of an update.
type decision struct {
	accepted bool
	view     contract.View
	err      error
}

// decides sends an update after a while.
func (l *sagaRun) decides(after time.Duration, update string) *decision {
	var d decision
	l.env.RegisterDelayedCallback(func() { l.send(update, &d) }, after)
	return &d
}

// decidesNow sends an update during a call of a service: it arrives before the service's
// answer.
func (l *sagaRun) decidesNow(update string) *decision {
	var d decision
	l.send(update, &d)
	return &d
}

func (l *sagaRun) send(update string, d *decision) {
	l.sendRaw(update, d, contract.Decision{Note: "so I say", By: "1024"})
}

// sendRaw sends an update with any content.
func (l *sagaRun) sendRaw(update string, d *decision, said any) {
	l.env.UpdateWorkflow(update, "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) { d.err = err },
		OnAccept: func() { d.accepted = true },
		OnComplete: func(v any, err error) {
			d.err = err
			if err == nil {
				d.view = v.(contract.View)
			}
		},
	}, said)
}

func (d *decision) code() booking.Code {
	var e *temporal.ApplicationError
	if errors.As(d.err, &e) {
		return booking.Code(e.Type())
	}
	return ""
}

// after is how long after the refusal a retry is worthwhile.
func (d *decision) after() time.Duration {
	var e *temporal.ApplicationError
	var refusal contract.Refusal
	if errors.As(d.err, &e) && e.HasDetails() && e.Details(&refusal) == nil {
		return time.Duration(refusal.After)
	}
	return 0
}

func statuses(v contract.View) (path []booking.Status) {
	for _, e := range v.History {
		path = append(path, e.Status)
	}
	return path
}
