package orders

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	// mostAtOnce is how many orders of the inbox a process starts at the same time while
	// there are no failures.
	mostAtOnce = 16
	// leasedFor is how long a process leases an order of the inbox: longer than it waits
	// for a turn and for the engine.
	leasedFor = 30 * time.Second
	// startWithin bounds one start or one decision.
	startWithin = 5 * time.Second
	// pollInterval is how often an inbox that seems empty is read: another process may have
	// died with an order.
	pollInterval = time.Second
	// tidyEvery is how often the inbox is searched for orders that are not to be started
	// any more, or that can be deleted.
	tidyEvery = 5 * time.Second
	// forgetAfter is how long the outcome of an order of the inbox is stored.
	forgetAfter = 7 * 24 * time.Hour
	// Pauses after a failure of the engine; each is twice as long as the one before.
	firstWait, longestWait = 250 * time.Millisecond, 5 * time.Second
	// oddPause is the pause after an unexpected failure with an order.
	oddPause = time.Minute
)

// Outcomes of orders in the inbox.
const (
	dispatchStarted = "started" // its saga was started
	dispatchFound   = "found"   // it had been started before
	dispatchClosed  = "closed"  // it was withdrawn, and the engine has recorded that
	dispatchFailed  = "failed"  // it will be retried
)

// Outcomes lists the outcomes of dispatching an order.
func Outcomes() []string {
	return []string{dispatchStarted, dispatchFound, dispatchClosed, dispatchFailed}
}

// Dispatcher starts the sagas of the orders in the inbox, oldest first, as fast as the
// engine takes them. Each process may have one. Two may start the same order: its id lets
// one win, and both count as success.
type Dispatcher struct {
	Inbox  Inbox
	Engine *Engine
	// Starts are the turns for starting an order, shared with requests.
	Starts Turns
	// Within is how long an order may wait in the inbox.
	Within time.Duration
	Eager  func() bool
	Log    *zap.Logger
	// Count is called with the outcome of each dispatched order; nil: outcomes are not
	// counted.
	Count func(outcome string)

	once sync.Once
	wake chan struct{}
	line inboxQueue

	mu        sync.Mutex
	unwritten []unwrittenOrder
}

func (d *Dispatcher) woken() chan struct{} {
	d.once.Do(func() { d.wake = make(chan struct{}, 1) })
	return d.wake
}

// Wake makes the dispatcher read the inbox at once.
func (d *Dispatcher) Wake() {
	select {
	case d.woken() <- struct{}{}:
	default: // a wake-up is pending
	}
}

// put adds an order to the inbox and wakes the dispatcher.
func (d *Dispatcher) put(ctx context.Context, k Kept, p contract.Publication) (requestHash string, err error) {
	requestHash, err = d.Inbox.Put(ctx, k, p)
	if err == nil {
		d.line.joined()
		d.Wake()
	}
	return requestHash, err
}

// estimate is how long an order that joins the inbox now has to wait, as far as can be
// known, and whether that is longer than allowed.
func (d *Dispatcher) estimate() (wait time.Duration, tooLong bool) {
	wait, known := d.line.wait()
	return soon(min(wait, d.Within)), known && wait > d.Within
}

// Run dispatches until ctx ends. It finishes starts that have begun.
func (d *Dispatcher) Run(ctx context.Context) {
	width, pause, tidied := 1, time.Duration(0), time.Time{}
	var owing sync.WaitGroup
	owing.Go(func() { d.writeUntilStopped(ctx) })
	defer owing.Wait()
	for ctx.Err() == nil {
		if time.Since(tidied) >= tidyEvery {
			tidied = time.Now()
			d.tidy(ctx)
		}
		begun, dispatched, err := time.Now(), 0, error(nil)
		if pause > 0 { // an order that was never tried certainly was not started
			err = d.Engine.answers(ctx)
		}
		if err == nil {
			dispatched, err = d.round(ctx, width)
		}
		switch {
		case err != nil:
			d.line.markStopped()
			width, pause = 1, min(max(2*pause, firstWait), longestWait)
			d.Log.Debug("inbox waits", zap.Duration("for", pause), zap.Error(err))
			sleep(ctx, pause, nil)
		case dispatched == 0:
			width, pause = 1, 0
			sleep(ctx, pollInterval, d.woken())
		default:
			d.line.dispatchedIn(dispatched, time.Since(begun))
			width, pause = min(2*width, mostAtOnce), 0
		}
	}
}

// sleep waits until d has passed, it is woken, or ctx ends.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// round leases up to width orders and starts their sagas. A returned error is one of the inbox or
// the engine, and all further orders have to wait.
func (d *Dispatcher) round(ctx context.Context, width int) (dispatched int, err error) {
	now := time.Now()
	leased, err := d.Inbox.Lease(ctx, width, now, now.Add(leasedFor))
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(leased))
	var all sync.WaitGroup
	for n, k := range leased {
		all.Go(func() { errs[n] = d.dispatch(ctx, k) })
	}
	all.Wait()
	for _, e := range errs {
		if e != nil {
			err = e
		}
	}
	return len(leased), err
}

// tidy withdraws orders that are not to be started any more, deletes those that were
// finished long ago, and counts the rest.
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
	d.line.setLength(open.Orders)
}
