package orders

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	// bulkPerSecond is how many orders all bulk actions together act on per second: a small
	// part of the service's capacity, so that customers do not notice.
	bulkPerSecond = 10
	// bulkAtOnce is how many orders they act on at the same time: an action may wait for a
	// service for some seconds.
	bulkAtOnce = 8
	bulkLease  = 30 * time.Second
	bulkRenew  = 5 * time.Second
	bulkPoll   = 2 * time.Second
	bulkPause  = 2 * time.Second // after a failure of the engine or a database
	bulkTries  = 3               // for an order that does not answer
	// bulkKeptFor is how long bulk actions are stored; their actions stay in the log.
	bulkKeptFor = 90 * 24 * time.Hour
)

// RunBulk runs the started bulk actions, one at a time, until ctx ends. Any number of
// processes may run it: each bulk action is leased by one.
func (o *Orders) RunBulk(ctx context.Context) {
	tidied := time.Time{}
	for ctx.Err() == nil {
		if time.Since(tidied) >= tidyEvery {
			tidied = time.Now()
			if err := o.Bulk.Forget(ctx, tidied.Add(-bulkKeptFor)); err != nil && ctx.Err() == nil {
				o.Log.Debug("bulk actions not tidied", zap.Error(err))
			}
		}
		ran, err := o.runNextBulk(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			o.Log.Warn("bulk action waits", zap.Error(err))
			sleep(ctx, bulkPause, nil)
		case !ran:
			sleep(ctx, bulkPoll, o.bulkBegun)
		}
	}
}

// runNextBulk runs the oldest bulk action that no process has, to its end or until it cannot
// continue.
func (o *Orders) runNextBulk(ctx context.Context) (ran bool, err error) {
	now := time.Now()
	lease, ok, err := o.Bulk.Lease(ctx, now, now.Add(bulkLease))
	if err != nil || !ok {
		return false, err
	}
	o.Log.Info("bulk action runs", zap.String("bulk", lease.Run.ID), zap.String("by", lease.Run.By), zap.Int("orders", lease.Run.Orders))
	b := bulkRunner{Orders: o, lease: lease, limit: rate.NewLimiter(bulkPerSecond, 1), tries: map[string]int{}}
	err = b.whileLeased(ctx, now.Add(bulkLease))
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), notedWithin)
	defer cancel()
	return true, errors.Join(err, o.Bulk.Release(ending, lease))
}

// bulkRunner runs one bulk action.
type bulkRunner struct {
	*Orders
	lease BulkLease
	limit *rate.Limiter

	mu    sync.Mutex
	tries map[string]int // of orders that did not answer
}

// errBulkLost: the bulk action was stopped, or another process has its lease.
var errBulkLost = errors.New("bulk action was stopped, or is another process's")

// whileLeased runs the bulk action while this process has the lease, at first until a
// moment. It renews the lease meanwhile: a batch of orders may take longer than a lease.
func (b *bulkRunner) whileLeased(ctx context.Context, until time.Time) error {
	running, lose := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { b.renew(running, lose, until) })
	err := b.run(running)
	lose(nil)
	renewing.Wait()
	if errors.Is(err, errBulkLost) || err != nil && errors.Is(context.Cause(running), errBulkLost) {
		b.Log.Info("bulk action was stopped, or another process has it", zap.String("bulk", b.lease.Run.ID))
		return nil
	}
	return err
}

// renew extends the lease until ctx ends. A lease that is not extended in time may be taken
// by another process.
func (b *bulkRunner) renew(ctx context.Context, lose context.CancelCauseFunc, until time.Time) {
	for sleep(ctx, bulkRenew, nil); ctx.Err() == nil; sleep(ctx, bulkRenew, nil) {
		next := time.Now().Add(bulkLease)
		ok, err := b.Bulk.Renew(ctx, b.lease, next)
		switch {
		case err == nil && ok:
			until = next
		case err == nil, time.Now().After(until):
			lose(errBulkLost)
		}
	}
}

// run acts on one batch of orders after another.
func (b *bulkRunner) run(ctx context.Context) error {
	for {
		orders, err := b.Bulk.Next(ctx, b.lease.Run.ID, bulkAtOnce)
		if err != nil {
			return err
		}
		if len(orders) == 0 {
			return b.end(ctx)
		}
		if err := b.batch(ctx, orders); err != nil {
			if ctx.Err() != nil {
				return err
			}
			b.Log.Warn("bulk action waits", zap.String("bulk", b.lease.Run.ID), zap.Error(err))
			sleep(ctx, bulkPause, nil)
		}
	}
}

// end ends the bulk action if none of its orders is left. A stopped one has none left,
// either.
func (b *bulkRunner) end(ctx context.Context) error {
	ended, err := b.Bulk.End(ctx, b.lease, b.Now())
	switch {
	case err != nil:
		return err
	case !ended:
		return errBulkLost
	}
	b.Log.Info("bulk action is done", zap.String("bulk", b.lease.Run.ID))
	return nil
}

// batch acts on some orders at the same time. It finishes what it has begun, even if the
// process is stopping. A returned error stops all further orders.
func (b *bulkRunner) batch(ctx context.Context, orders []booking.BulkOrder) error {
	errs := make([]error, len(orders))
	var all sync.WaitGroup
	for n, order := range orders {
		if err := b.limit.Wait(ctx); err != nil {
			errs[n] = err
			break
		}
		all.Go(func() { errs[n] = b.one(context.WithoutCancel(ctx), order) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// one acts on an order and stores the result.
func (b *bulkRunner) one(ctx context.Context, order booking.BulkOrder) error {
	run := b.lease.Run
	outcome, known, err := b.Bulk.Earlier(ctx, run.ID, order.OrderID)
	if err != nil {
		return err
	}
	order.Outcome, order.Result = outcome, bulkResultOf(outcome)
	if order.Result != booking.BulkDid { // else a process died before it stored the result
		var no error
		if order.Outcome, no = b.act(inBulk(ctx, run.ID), order); b.again(order, no) {
			return no
		}
		order.Result = bulkResultOf(order.Outcome)
	}
	open := known && (outcome == "" || outcome == string(Unreachable))
	if open && slices.Contains(doneCodes, booking.Code(order.Outcome)) {
		order.Result = booking.BulkDid // by the earlier attempt, whose outcome is unknown
	}
	order.DoneAt = b.Now()
	return b.Bulk.Note(ctx, run.ID, order)
}

// again reports whether an order is to be retried because it or the engine did not answer.
func (b *bulkRunner) again(order booking.BulkOrder, err error) bool {
	no, coded := errors.AsType[*booking.Error](err)
	switch {
	case err == nil || !coded:
		return false
	case no.Code == TemporalUnavailable || no.Code == booking.Unavailable:
		return true
	case no.Code != Unreachable && no.Code != booking.DecisionPending:
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries[order.OrderID]++
	return b.tries[order.OrderID] < bulkTries
}

// act does the action on an order, by its use case. The outcome is the log's.
func (b *bulkRunner) act(ctx context.Context, order booking.BulkOrder) (outcome string, err error) {
	run := b.lease.Run
	caller := booking.Caller{ID: run.By, Roles: []booking.Role{booking.OperatorRole}} // as the caller that started it was
	came := booking.ActionAccepted
	switch run.Action {
	case booking.RetryOrder:
		_, err = b.Retry(ctx, caller, order.OrderID, run.Reason)
	case booking.SettleOrder:
		err = b.Settle(ctx, caller, order.OrderID, run.Reason)
	default:
		var out Outcome
		out, err = b.Decide(ctx, caller, Decision{
			OrderID: order.OrderID, Kind: booking.KindOf(order.OrderID), Update: contract.CancelUpdate, Note: run.Reason, Version: order.Version,
		})
		came = out.outcome()
	}
	return outcomeOf(came, err), err
}

// doneCodes are the refusals of orders on which the action was done before. VersionChanged
// is not among them: an order that is being cancelled answers BeingCancelled, whatever its
// version.
var doneCodes = []booking.Code{booking.AlreadyCancelled, booking.BeingCancelled, booking.Superseded, NothingToRetry, NotLost}

// changedCodes are the refusals of orders that have changed since the dry run.
var changedCodes = []booking.Code{
	booking.VersionChanged, booking.AlreadyCancelled, booking.BeingCancelled, booking.AlreadyCompleted, booking.AlreadyDelivered, booking.Superseded,
	NotRunning, NothingToRetry, NotLost,
}

func bulkResultOf(outcome string) booking.BulkResult {
	switch {
	case outcome == booking.ActionDone, outcome == booking.ActionAccepted:
		return booking.BulkDid
	case outcome == booking.ActionFailed, outcome == string(Unreachable):
		return booking.BulkFailed
	case slices.Contains(changedCodes, booking.Code(outcome)):
		return booking.BulkChanged
	default:
		return booking.BulkRefused
	}
}
