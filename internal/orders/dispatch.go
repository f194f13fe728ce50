package orders

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	// mostAtOnce is how many orders of the inbox are started at the same time by a
	// process, while all goes well.
	mostAtOnce = 16
	// leasedFor is for how long an order of the inbox is a process's own: longer
	// than it waits for a turn and for the engine.
	leasedFor = 30 * time.Second
	// startWithin bounds one start, or one decision.
	startWithin = 5 * time.Second
	// lookEvery is how often the inbox is looked at that seems to be empty: another
	// process may have died over an order.
	lookEvery = time.Second
	// tidyEvery is how often orders are looked for that are not to be started any
	// more, or that can be forgotten.
	tidyEvery = 5 * time.Second
	// forgetAfter is how long what became of an order of the inbox is kept.
	forgetAfter = 7 * 24 * time.Hour
	// Pauses after a failure of the engine's, each twice as long as the last one.
	firstWait, longestWait = 250 * time.Millisecond, 5 * time.Second
	// oddPause is how long an order is left alone with which something is wrong.
	oddPause = time.Minute
)

// Outcomes of orders in the inbox.
const (
	dispatchStarted = "started" // its saga was started
	dispatchFound   = "found"   // it had been
	dispatchClosed  = "closed"  // it was withdrawn, and the engine knows
	dispatchFailed  = "failed"  // it is tried again
)

// Outcomes lists what may become of an order that is dispatched.
func Outcomes() []string {
	return []string{dispatchStarted, dispatchFound, dispatchClosed, dispatchFailed}
}

// Dispatcher starts the sagas of the orders in the inbox, the oldest first, as fast
// as the engine takes them. Each process may have one. Two may start the same order:
// its id lets one win, and that is success for both.
type Dispatcher struct {
	Inbox  Inbox
	Engine *Engine
	// Starts are the turns of starting an order, those of requests too.
	Starts Turns
	// Within is how long an order may wait in the inbox.
	Within time.Duration
	Eager  func() bool
	Log    *zap.Logger
	// Count is told what became of each order that was dispatched; nil: nothing is.
	Count func(outcome string)

	once sync.Once
	wake chan struct{}
	line line

	mu   sync.Mutex
	owed []owed
}

func (d *Dispatcher) woken() chan struct{} {
	d.once.Do(func() { d.wake = make(chan struct{}, 1) })
	return d.wake
}

// Wake lets the inbox be looked at, at once.
func (d *Dispatcher) Wake() {
	select {
	case d.woken() <- struct{}{}:
	default: // it has been woken already
	}
}

// put keeps an order, and wakes.
func (d *Dispatcher) put(ctx context.Context, k Kept, p contract.Publication) (requestHash string, err error) {
	requestHash, err = d.Inbox.Put(ctx, k, p)
	if err == nil {
		d.line.joined()
		d.Wake()
	}
	return requestHash, err
}

// estimate is how long an order that joins the inbox now has to wait, as far as
// that can be told, and whether that is longer than any may.
func (d *Dispatcher) estimate() (wait time.Duration, tooLong bool) {
	wait, known := d.line.wait()
	return soon(min(wait, d.Within)), known && wait > d.Within
}

// Run dispatches until ctx ends. What is under way then is finished.
func (d *Dispatcher) Run(ctx context.Context) {
	width, pause, tidied := 1, time.Duration(0), time.Time{}
	var owing sync.WaitGroup
	owing.Go(func() { d.payOwed(ctx) })
	defer owing.Wait()
	for ctx.Err() == nil {
		if time.Since(tidied) >= tidyEvery {
			tidied = time.Now()
			d.tidy(ctx)
		}
		begun, taken, err := time.Now(), 0, error(nil)
		if pause > 0 { // what was never tried is certain not to have been started
			err = d.Engine.answers(ctx)
		}
		if err == nil {
			taken, err = d.round(ctx, width)
		}
		switch {
		case err != nil:
			d.line.stops()
			width, pause = 1, min(max(2*pause, firstWait), longestWait)
			d.Log.Debug("inbox waits", zap.Duration("for", pause), zap.Error(err))
			sleep(ctx, pause, nil)
		case taken == 0:
			width, pause = 1, 0
			sleep(ctx, lookEvery, d.woken())
		default:
			d.line.moves(taken, time.Since(begun))
			width, pause = min(2*width, mostAtOnce), 0
		}
	}
}

// sleep waits for a while, or until it is woken or ctx ends.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// round leases up to width orders and settles them. An error is one of the inbox or
// of the engine, after which all have to wait.
func (d *Dispatcher) round(ctx context.Context, width int) (taken int, err error) {
	now := time.Now()
	leased, err := d.Inbox.Lease(ctx, width, now, now.Add(leasedFor))
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(leased))
	var all sync.WaitGroup
	for n, k := range leased {
		all.Go(func() { errs[n] = d.settle(ctx, k) })
	}
	all.Wait()
	for _, e := range errs {
		if e != nil {
			err = e
		}
	}
	return len(leased), err
}

// tidy gives up what is not to be started any more, forgets what was settled long
// ago, and notes how much is left.
func (d *Dispatcher) tidy(ctx context.Context) {
	now := time.Now()
	expired, err := d.Inbox.Expire(ctx, now)
	if err == nil && expired > 0 {
		d.Log.Warn("orders of the inbox were not started in time, and are cancelled", zap.Int("orders", expired))
	}
	if err == nil {
		_, err = d.Inbox.Forget(ctx, now.Add(-forgetAfter))
	}
	var open OpenInbox
	if err == nil {
		open, err = d.Inbox.Open(ctx)
	}
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Debug("inbox not tidied", zap.Error(err))
		}
		return
	}
	d.line.holds(open.Orders)
}
