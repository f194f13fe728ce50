package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options are the dependencies of demonstrations.
type Options struct {
	// URL is the address of the API, and Token returns an access token of an account.
	URL   string
	Token func(ctx context.Context, account string) (string, error)
	// Failures happen one after another, in turn.
	Failures []Failure
	// Audit runs a complete audit and returns its report.
	Audit func(context.Context) (says string, clean bool, err error)
	// Say prints a line about the progress; nil prints nothing.
	Say func(format string, args ...any)
	// Defaults are the settings of a demonstration that a page starts.
	Defaults Settings
}

// Settings are the settings of one demonstration.
type Settings struct {
	// For is its duration; 0: it runs until it is stopped.
	For time.Duration
	// Seed determines the plan of orders.
	Seed uint64
	// PerMinute is the number of orders placed per minute.
	PerMinute int
	// Failing is the duration of each outage.
	Failing time.Duration
	// HealWithin bounds the wait for the orders that met an outage; 0 is DefaultHealWithin.
	HealWithin time.Duration
}

// DefaultHealWithin is longer than the time in which the engine detects a killed worker, and than
// a charge waits in the queue.
const DefaultHealWithin = 2 * time.Minute

// healWithin is HealWithin with its default.
func (s Settings) healWithin() time.Duration { return cmp.Or(s.HealWithin, DefaultHealWithin) }

// Demo runs demonstrations, one at a time.
type Demo struct {
	Options
	board *board

	mu   sync.Mutex
	stop context.CancelFunc // of the running demonstration, nil for none
	kill context.CancelFunc
	runs sync.WaitGroup
}

// New makes a Demo.
func New(o Options) *Demo {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	return &Demo{Options: o, board: newBoard()}
}

// State returns the present state, and a channel that is closed when it changes.
func (d *Demo) State() (State, <-chan struct{}) { return d.board.now() }

// Start starts a demonstration with the default settings, for pages. It does nothing while
// one runs.
func (d *Demo) Start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		return
	}
	ctx, working := d.begin(context.Background())
	d.runs.Go(func() { _, _ = d.run(ctx, working, d.Defaults) }) // pages show the result
}

// Stop ends the running demonstration: no more orders are placed, the open ones are
// finished, and the audit follows.
func (d *Demo) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		d.stop()
	}
}

// Close ends the running demonstration at once, without an audit.
func (d *Demo) Close() {
	d.mu.Lock()
	if d.kill != nil {
		d.kill()
	}
	d.mu.Unlock()
	d.runs.Wait()
}

// ErrRuns: a demonstration is running already.
var ErrRuns = errors.New("a demonstration runs already")

// Run runs a demonstration until ctx ends or its duration has passed, and then the audit.
// Returns ErrRuns if one is running already.
func (d *Demo) Run(ctx context.Context, s Settings) (Result, error) {
	d.mu.Lock()
	if d.stop != nil {
		d.mu.Unlock()
		return Result{}, ErrRuns
	}
	ctx, working := d.begin(ctx)
	d.runs.Add(1)
	d.mu.Unlock()
	defer d.runs.Done()
	return d.run(ctx, working, s)
}

// begin sets the fields of a running demonstration. ctx ends when no more orders are to be
// placed, working when all work is to stop. d.mu must be locked.
func (d *Demo) begin(parent context.Context) (ctx, working context.Context) {
	working, d.kill = context.WithCancel(context.WithoutCancel(parent))
	stopped, stop := context.WithCancel(parent)
	context.AfterFunc(working, stop)
	d.stop = stop
	d.board.change(func(s *State) { *s = State{Version: s.Version, Phase: Opening, Began: time.Now()} })
	return stopped, working
}

// run is one demonstration. Its name makes its idempotency keys unique.
type run struct {
	*people
	Options
	Settings
	*board
	name    string
	working context.Context // the context of all its work
	living  context.Context // the context of its orders
}

// finishWithin bounds the preparation of offers, and the audit.
const finishWithin = 5 * time.Minute

func (d *Demo) run(ctx, working context.Context, s Settings) (result Result, err error) {
	r := &run{
		people: newPeople(d.URL, d.Token), Options: d.Options, Settings: s, board: d.board,
		name: strconv.FormatInt(time.Now().UnixMilli(), 36), working: working,
	}
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.stop()
		d.kill()
		d.stop, d.kill = nil, nil
		result.At = time.Now()
		if err != nil {
			result.Failure = err.Error()
		}
		r.change(func(s *State) { s.Phase, s.Now, s.Result = Idle, nil, &result })
	}()
	acted := r.act(ctx) // the audit runs also after an error
	state, _ := r.now()
	r.say("%s placed, %d of them met a failure, and %d of those are where they belong. The audit looks at everything …", orders(state.Orders), state.Delayed, state.Recovered)
	r.change(func(s *State) { s.Phase = Auditing })
	auditing, cancel := context.WithTimeout(working, finishWithin)
	defer cancel()
	result.Says, result.Clean, err = r.Audit(auditing)
	err = errors.Join(acted, err, surprising(state))
	result.Clean = result.Clean && err == nil
	return result, err
}

// surprising is the error for orders that have not recovered or got an unexpected answer, nil if
// there are none.
func surprising(s State) error {
	if s.Surprises == 0 {
		return nil
	}
	return fmt.Errorf("%s did not come to where they belong, or were answered in a way that nobody expects", orders(s.Surprises))
}

// act adds the offers, places orders and makes services fail, until ctx ends or the
// duration has passed. Then it waits for the open orders.
func (r *run) act(ctx context.Context) error {
	all, today := offers(), todayIn(time.Now())
	opening, cancel := context.WithTimeout(ctx, finishWithin)
	defer cancel()
	if err := r.open(opening, today, all); err != nil {
		if ctx.Err() != nil {
			return nil // it was stopped before the first order
		}
		return err
	}
	if r.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.For)
		defer cancel()
	}
	var cancelOrders context.CancelFunc
	r.living, cancelOrders = context.WithCancel(r.working)
	defer cancelOrders()
	r.change(func(s *State) { s.Phase = Calm })
	r.say("People order, %d times a minute, from %d places, menus and drinks and %d cleaners (seed %d). Watch them: %s/demo", r.PerMinute, len(all), len(cleaners), r.Seed, r.URL)
	acting, ctx := errgroup.WithContext(ctx)
	acting.Go(func() error {
		err := r.failServices(ctx)
		if err != nil {
			cancelOrders() // orders that have met the outage may wait for ever
		}
		return err
	})
	acting.Go(func() error { r.order(ctx, newPlan(r.Seed, today, all)); return nil })
	return acting.Wait()
}

// order places orders at the set rate until ctx ends, and waits until all are finished.
func (r *run) order(ctx context.Context, p *plan) {
	var running sync.WaitGroup
	defer running.Wait()
	defer r.change(func(s *State) {
		if s.Phase == Calm {
			s.Phase = Ending
		}
	})
	ticks := time.NewTicker(time.Minute / time.Duration(r.PerMinute))
	defer ticks.Stop()
	for {
		l := p.next()
		running.Go(func() { r.runOrder(ctx, l) })
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// say prints a line about the progress, with the time.
func (r *run) say(format string, args ...any) {
	r.Say("%s  %s", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
