package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

// process runs one run of the order's workflow, and its calls reach the world. A process
// that has died stays dead: a call that it makes during the next run has no effect. For the
// saga of a dead process its calls succeed, so what it publishes afterwards is not true.
type process struct {
	*world
	dead bool // guarded by the world's mutex
	// lasting: it does not die when other processes do.
	lasting bool
}

func (p *process) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func (p *process) services() workers.Services {
	served := func(name string) activities.Service {
		return activities.NewService(name, func(string, gobreaker.State, gobreaker.State) {})
	}
	return workers.Services{
		Payments: &activities.Payments{
			Service: served("payments"), Ledger: ledger{p}, Provider: provider{p}, Gate: gate{p}, Follower: follower{p}, RequestLifetime: time.Nanosecond,
		},
		Inventory:     &activities.Inventory{Service: served("inventory"), Stock: stock{p}},
		Notifications: &activities.Notifications{Service: served("notifications"), Messages: messageStore{p}},
		Management:    &activities.Management{Service: served("management"), Registry: registry{p}},
		Deliveries:    &activities.Deliveries{Service: served("deliveries"), Jobs: jobs{p, p.deliveries}},
		Productions:   &activities.Productions{Service: served("productions"), Jobs: jobs{p, p.productions}},
		Assignment:    &activities.Assignment{Service: served("assignment"), Crew: crew{p}, Callers: callers{p}},
		Drinks:        &activities.Drinks{},
		Mypage:        &activities.Mypage{Service: served("mypage"), ReadModel: pages{p}, Waiters: noWaiters{}, Decisions: decisions{p}, Disputed: marks{p}},
	}
}

// act does one call with the fault that is set for it, after late calls may have arrived.
func act[T any](p *process, call string, do func(context.Context) (T, error)) (T, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var zero T
	if p.dead {
		return zero, nil // the dead process gets no true result
	}
	p.calls++
	if twin := p.twins[call]; twin != nil {
		delete(p.twins, call)
		close(twin)
	}
	if len(p.laters) > 0 && p.calls%3 == 0 {
		p.finishLateCall()
	}
	f := none
	if p.faults != nil {
		f = p.faults(call)
	}
	if f == death && p.lasting {
		f = none
	}
	switch f {
	case death:
		p.dead = true
		return zero, nil
	case slow:
		twin := make(chan struct{})
		p.twins[call] = twin
		p.overtaken.Add(1)
		defer p.overtaken.Done()
		p.mu.Unlock()
		<-twin
		p.mu.Lock()
		return do(context.Background())
	case before:
		return zero, errAway
	case nothing:
		return zero, errCertain
	case after:
		_, _ = do(context.Background()) // the result is lost
		return zero, errAway
	case late:
		p.laters = append(p.laters, func() { _, _ = do(context.Background()) })
		return zero, errAway
	default:
		return do(context.Background())
	}
}

func actErr(p *process, call string, do func(context.Context) error) error {
	_, err := act(p, call, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

// TestProcess_ThatHasDiedStaysDead: a publication that was under way when its process died
// arrives during the next run. It shows the order as cancelled, since for the dead process
// all undos succeeded. It has no effect, and is not checked against the next run's books.
func TestProcess_ThatHasDiedStaysDead(t *testing.T) {
	c := newCup(t)
	c.check = func(p contract.Publication) {
		require.NotEqual(t, booking.Cancelled, p.View.Status)
	}
	dead := c.process
	c.setFaults(dyingAt(1, func(string) fault { return none }))
	_, err := stock{dead}.Release(t.Context(), booking.Hold{})
	require.NoError(t, err, "it says so")
	c.setFaults(nil)
	c.startRun(placedAt.Add(10 * time.Second))
	c.decides(hour, contract.CompleteUpdate)
	c.env.RegisterDelayedCallback(func() {
		require.Equal(t, 2, c.held())
		view := c.row().View
		view.Status, view.Version = booking.Cancelled, view.Version+1
		require.NoError(t, pages{dead}.Publish(t.Context(), contract.Publication{View: view}))
		require.Equal(t, booking.InProduction, c.row().View.Status)
	}, hour/2)
	require.Equal(t, booking.Completed, c.run().Status)
}
