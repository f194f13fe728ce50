package orders

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Carrier delivers kept decisions to their orders, per order the oldest first. Each process
// may have one. Two may deliver the same decision: it has one id, so it is one update.
type Carrier struct {
	Decisions KeptDecisions
	Engine    *Engine
	Pages     Pages
	Ledger    Ledger
	// Messages notifies people of the result of their decision.
	Messages Messages
	Log      *zap.Logger
	// Count is called with the outcome of each delivery attempt; nil: outcomes are not
	// counted.
	Count func(outcome string)

	once sync.Once
	wake chan struct{}

	mu     sync.Mutex
	open   int
	keptAt time.Time // the last time this process kept one
}

// Messages sends messages to people.
type Messages interface {
	// Send stores the message under its key, once.
	Send(ctx context.Context, m booking.Message) (booking.Outcome, error)
}

func (c *Carrier) woken() chan struct{} {
	c.once.Do(func() { c.wake = make(chan struct{}, 1) })
	return c.wake
}

// put keeps a decision and wakes the carrier.
func (c *Carrier) put(ctx context.Context, k KeptDecision) error {
	if err := c.Decisions.Put(ctx, k); err != nil {
		return err
	}
	c.mu.Lock()
	c.keptAt = time.Now()
	c.mu.Unlock()
	select {
	case c.woken() <- struct{}{}:
	default: // a wake-up is pending
	}
	return nil
}

// someWait reports whether decisions wait, as far as this process knows. The last count may
// not include those that it has kept itself.
func (c *Carrier) someWait() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open > 0 || time.Since(c.keptAt) < 5*pollInterval
}

// Run delivers until ctx ends. It finishes deliveries that have begun.
func (c *Carrier) Run(ctx context.Context) {
	pause, tidied := time.Duration(0), time.Time{}
	for ctx.Err() == nil {
		if time.Since(tidied) >= tidyEvery {
			tidied = time.Now()
			c.tidy(ctx)
		}
		err := error(nil)
		if pause > 0 {
			err = c.Engine.answers(ctx)
		}
		tried := 0
		if err == nil {
			tried, err = c.round(ctx)
		}
		switch {
		case err != nil:
			pause = min(max(2*pause, firstWait), longestWait)
			c.Log.Debug("kept decisions wait", zap.Duration("for", pause), zap.Error(err))
			sleep(ctx, pause, nil)
		case tried == 0:
			pause = 0
			sleep(ctx, pollInterval, c.woken())
		default:
			pause = 0
		}
	}
}

// round delivers the decisions that can be delivered now. A returned error is one of the
// table or the engine, and all further decisions have to wait.
func (c *Carrier) round(ctx context.Context) (tried int, err error) {
	open, err := c.Decisions.Open(ctx)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	c.open = open.Decisions
	c.mu.Unlock()
	if open.Decisions == 0 {
		return 0, nil
	}
	now := time.Now()
	leased, err := c.Decisions.Lease(ctx, mostAtOnce, now, now.Add(leasedFor))
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(leased))
	var all sync.WaitGroup
	for n, k := range leased {
		all.Go(func() { errs[n] = c.deliver(ctx, k) })
	}
	all.Wait()
	for _, e := range errs {
		if e != nil {
			err = e
		}
	}
	return len(leased), err
}

// tidy deletes decisions that were finished long ago.
func (c *Carrier) tidy(ctx context.Context) {
	if _, err := c.Decisions.Forget(ctx, time.Now().Add(-forgetAfter)); err != nil && ctx.Err() == nil {
		c.Log.Debug("kept decisions not tidied", zap.Error(err))
	}
}

func (c *Carrier) count(outcome string) {
	if c.Count != nil {
		c.Count(outcome)
	}
}
