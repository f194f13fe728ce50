package demo

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Failure makes a service fail: it really fails, without a simulation in it.
type Failure struct {
	Kind Kind
	// Begin begins the failure, and End ends it.
	Begin, End func(context.Context) error
}

// says has the lines for the begin and the end of each kind of failure.
var says = map[Kind][2]string{
	ProviderSlow:  {"The payment provider is slow: it takes seconds for each answer.", "The payment provider is quick again."},
	InventoryAway: {"The inventory is away: no worker serves it, and nothing can be held.", "The inventory's worker is back."},
	WorkerKilled:  {"The worker is killed with all that it had in hand; none runs.", "A new worker is started."},
}

const (
	// warmUp is the time before the first failure, in which some orders are accepted.
	warmUp = 4 * time.Second
	// endWithin bounds Failure.End.
	endWithin = time.Minute
)

// failServices makes services fail, one after another, until ctx ends. It returns only once
// the last one works again.
func (r *run) failServices(ctx context.Context) error {
	if !pause(ctx, warmUp) {
		return nil
	}
	for n := 0; ; n++ {
		failure := r.Failures[n%len(r.Failures)]
		if err := r.once(ctx, failure); err != nil {
			return fmt.Errorf("%s: %w", failure.Kind, err)
		}
		if !pause(ctx, r.Failing/2) {
			return nil
		}
	}
}

// once makes a service fail for a while, and waits until all orders have recovered.
func (r *run) once(ctx context.Context, f Failure) (err error) {
	r.change(func(s *State) { s.Phase, s.Now = Failing, &Outage{Kind: f.Kind, Began: time.Now()} })
	r.say("%s", says[f.Kind][0])
	err = f.Begin(ctx)
	if err == nil {
		pause(ctx, r.Failing)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	if failed := f.End(ending); failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	var met, left int
	r.change(func(s *State) {
		s.Phase, s.Now.Ended = Recovering, time.Now()
		met, left = s.Now.Delayed, s.Now.waitingCount()
	})
	r.say("%s %s met it; %d of them wait.", says[f.Kind][1], orders(met), left)
	return r.awaitRecovery(context.WithoutCancel(ctx))
}

// awaitRecovery waits until all orders that have met the outage have recovered or are no longer
// waited for. It fails after HealWithin.
func (r *run) awaitRecovery(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.healWithin())
	defer cancel()
	var is Outage
	for {
		state, changed := r.now()
		if state.Now.waitingCount() == 0 && r.close(&is) {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("of %s that met it %d are not where they belong after %s:%s",
				orders(state.Now.Delayed), state.Now.waitingCount(), r.healWithin(), lines(state.Now.Waiting))
		}
	}
	example := ""
	if len(is.Examples) > 0 {
		example = fmt.Sprintf(" One of them: %s/orders/%s", r.URL, is.Examples[0].ID)
	}
	after := is.RecoveredAt.Sub(is.Began).Round(time.Second)
	if is.Unrecovered > 0 {
		r.say("Ended, %s after it began: %s that met it, and %d of them were given up.%s", after, orders(is.Delayed), is.Unrecovered, example)
		return nil
	}
	r.say("Healed, %s after it began: %s that met it, and each is where it belongs.%s", after, orders(is.Delayed), example)
	return nil
}

// close moves the outage to the past ones. Returns false if another order has met it
// meanwhile.
func (r *run) close(is *Outage) (closed bool) {
	r.change(func(s *State) {
		if closed = s.Now.waitingCount() == 0; !closed {
			return
		}
		s.Now.RecoveredAt = time.Now()
		*is = s.Now.copied()
		s.Past = append([]Outage{*is}, s.Past...)
		s.Past = s.Past[:min(len(s.Past), mostPast)]
		s.Phase, s.Now = Calm, nil
	})
	return closed
}

// lines describes some of the orders, one per line.
func lines(of []Wait) string {
	var text strings.Builder
	for _, w := range of[:min(len(of), mostUnrecovered)] {
		fmt.Fprintf(&text, "\n  %s", w)
	}
	return text.String()
}

func orders(n int) string {
	if n == 1 {
		return "1 order"
	}
	return fmt.Sprintf("%d orders", n)
}

// pause waits for d. Returns false if ctx ends meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
