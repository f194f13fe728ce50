package orders_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// gate holds starts until it is opened.
type gate struct{ came, open chan struct{} }

// startsOne returns orders of which one is started at a time, when the gate lets it.
// waiting counts those that wait for their turn.
func startsOne(t *testing.T, replyBudget time.Duration) (b *bundle, g gate, waiting func() int) {
	t.Helper()
	g, registry := gate{make(chan struct{}, 100), make(chan struct{})}, prometheus.NewPedanticRegistry()
	turns := admission.New(admission.Limits{MaxStarts: 1}, replyBudget, registry).Starts
	b = newBundle(t, func(d *orders.Deps) { d.ReplyBudget, d.Starts = replyBudget, turns })
	b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
		g.came <- struct{}{}
		<-g.open
		b.Hub.Wake(cameTo(in.View(), booking.Confirmed, ""))
		return nil
	})
	return b, g, func() (n int) {
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, family := range families {
			for _, m := range family.GetMetric() {
				if family.GetName() == "yeyak_http_requests_waiting" && m.GetLabel()[0].GetValue() == "starts" {
					n = int(m.GetGauge().GetValue())
				}
			}
		}
		return n
	}
}

// begin places n orders, and sends their results.
func (b *bundle) begin(n int) <-chan placed {
	all := make(chan placed, n)
	for range n {
		go func() { all <- b.place(stay, "") }()
	}
	return all
}

func TestPlace_StartsInTurn(t *testing.T) {
	t.Parallel()
	b, g, waiting := startsOne(t, testTimeout)
	all := b.begin(3)
	<-g.came
	require.Eventually(t, func() bool { return waiting() == 2 }, time.Minute, time.Millisecond)
	require.Empty(t, g.came, "one at a time")
	close(g.open)
	for range 3 {
		b.accepted(<-all)
	}
}

// TestPlace_NotItsTurnInTime: an order whose turn does not come is not started, and its
// customer gets an answer.
func TestPlace_NotItsTurnInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, g, _ := startsOne(t, 200*time.Millisecond)
		first := b.begin(1)
		<-g.came
		b.knowsNone().Once()
		b.refused(b.place(stay, "k"), admission.Overloaded)
		require.Empty(t, g.came)
		close(g.open)
		require.NoError(t, (<-first).err)
		b.accepted(b.place(stay, "k"))
	})
}

// TestPlace_WaitsForItsTurn: an order that its customer has to wait for waits for its turn
// while others are started. It may wait longer than its reply budget, which begins with its
// turn. An order of another kind waits while its reply budget leaves time for a start.
func TestPlace_WaitsForItsTurn(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]orders.Wanted{"Cafe": cups, "Cleaning": call} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const turn = 1900 * time.Millisecond
				b := startsSlowly(t, turn)
				all := make(chan waited, 6)
				for range cap(all) {
					go func() { all <- b.waits(wanted) }()
					synctest.Wait()
				}
				for n := range cap(all) {
					w := <-all
					b.accepted(w.placed)
					require.Equal(t, time.Duration(n+1)*turn, w.after)
				}
			})
		})
	}
	t.Run("Lodging", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := startsSlowly(t, 1400*time.Millisecond)
			all := make(chan waited, 3)
			for range cap(all) {
				go func() { all <- b.waits(stay) }()
				synctest.Wait()
			}
			b.accepted((<-all).placed)
			third := <-all
			b.refused(third.placed, admission.Overloaded)
			require.Equal(t, 1500*time.Millisecond, third.after, "what is left of its budget is too little for a start")
			second := <-all
			require.Equal(t, 2*time.Second, second.after)
			b.undecided(second.placed) // it may have been started
			time.Sleep(time.Minute)
		})
	})
}

// waited is the result of an order, and the time until then.
type waited struct {
	placed
	after time.Duration
}

func (b *bundle) waits(w orders.Wanted) waited {
	begun := time.Now()
	p := b.place(w, "")
	return waited{p, time.Since(begun)}
}

// startsSlowly returns orders of which one is started at a time; each start lasts turn,
// unless it is cancelled before.
func startsSlowly(t *testing.T, turn time.Duration) *bundle {
	t.Helper()
	const replyBudget = 2 * time.Second
	turns := admission.New(admission.Limits{MaxStarts: 1}, replyBudget, nil).Starts
	begun := time.Now()
	b := newBundle(t, func(d *orders.Deps) {
		d.ReplyBudget, d.Starts = replyBudget, turns
		d.Now = func() time.Time { return today.Add(time.Since(begun)) }
	})
	b.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			select {
			case <-time.After(turn):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			in := args[0].(contract.Input)
			if cup, ok := in.(contract.Cafe); ok {
				require.True(t, cup.StartBy.After(b.Now().Add(replyBudget+orders.ServiceWait)), "it has its time from its turn on")
			}
			b.publish(in, businessDecision(in), "")
			return &mocks.WorkflowRun{}, nil
		})
	b.knowsNone().Maybe()
	return b
}

// businessDecision is the status in which the input's order is accepted.
func businessDecision(in contract.Input) booking.Status {
	switch in.View().Kind {
	case booking.Cafe:
		return booking.InProduction
	case booking.Cleaning:
		return booking.Calling
	default:
		return booking.Confirmed
	}
}

// TestPlace_NotServedInTime: once it is known that an order cannot be started while its
// customer waits, it is refused at once; nothing is started, and the answer says when
// to retry.
func TestPlace_NotServedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := startsSlowly(t, 1900*time.Millisecond)
		all := make(chan waited, 30)
		for range cap(all) {
			go func() { all <- b.waits(cups) }()
		}
		synctest.Wait()
		time.Sleep(6 * time.Second) // three have been started
		late := b.waits(cups)
		require.Zero(t, late.after)
		b.refused(late.placed, admission.Overloaded)
		var no *booking.Error
		require.ErrorAs(t, late.err, &no)
		require.InDelta(t, 27*1.9-10, no.After.Seconds(), 10)
		started := 0
		for range cap(all) {
			w := <-all
			if w.err == nil {
				started++
				continue
			}
			b.refused(w.placed, admission.Overloaded)
			require.Equal(t, 10*time.Second, w.after)
		}
		require.Equal(t, 6, started, "in ten seconds, and one that was begun before")
		b.engine.AssertNumberOfCalls(t, "ExecuteWorkflow", started)
	})
}
