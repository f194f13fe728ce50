package orders

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// BulkRuns stores bulk actions. Its methods return NotFound if there is none with that id.
type BulkRuns interface {
	// Plan stores a dry run with the orders that it lists.
	Plan(ctx context.Context, run booking.BulkRun, orders []booking.BulkOrder) error
	// Run is a bulk action with its results so far.
	Run(ctx context.Context, id string) (booking.BulkRun, error)
	// Begin starts a planned one, in the name of the caller by. Returns BulkNotPlanned if it
	// was started or stopped before.
	Begin(ctx context.Context, id, by string, at time.Time) error
	// Stop ends one before all its orders are done; false if it has ended.
	Stop(ctx context.Context, id string, at time.Time) (stopped bool, err error)

	// Lease leases the oldest running one until a moment, unless another process has it.
	Lease(ctx context.Context, now, until time.Time) (lease BulkLease, ok bool, err error)
	// Renew extends a lease; false if another process has it, or it no longer runs.
	Renew(ctx context.Context, lease BulkLease, until time.Time) (ok bool, err error)
	// Release ends a lease early.
	Release(ctx context.Context, lease BulkLease) error
	// Next returns up to n orders that are not done.
	Next(ctx context.Context, id string, n int) ([]booking.BulkOrder, error)
	// Note stores the result of an order, unless another process has stored one before.
	Note(ctx context.Context, id string, o booking.BulkOrder) error
	// Earlier is the outcome of the bulk action's earlier attempt on an order, from the
	// log, "" while it is not known; known is false if there was no attempt.
	Earlier(ctx context.Context, id, orderID string) (outcome string, known bool, err error)
	// End ends one whose orders are all done. Returns false if another process has it, or it
	// no longer runs.
	End(ctx context.Context, lease BulkLease, at time.Time) (ended bool, err error)
	// Forget deletes those that were planned before a moment and do not run, a few at a
	// time.
	Forget(ctx context.Context, before time.Time) error
}

// BulkLease is a bulk action that a process runs.
type BulkLease struct {
	Run    booking.BulkRun
	Number int // distinguishes successive leases
}

// Codes of bulk actions.
const (
	// BulkNotPlanned: it was run or stopped before.
	BulkNotPlanned = booking.Code("bulk_not_planned")
	// BulkOutdated: the dry run is too old.
	BulkOutdated = booking.Code("bulk_outdated")
)

// BulkPlanCodes lists the codes that PlanBulk may return.
func BulkPlanCodes() []booking.Code {
	return []booking.Code{booking.Invalid, TemporalUnavailable, booking.Unavailable}
}

// BulkCodes lists the codes that BeginBulk and StopBulk may return.
func BulkCodes() []booking.Code {
	return []booking.Code{BulkNotPlanned, BulkOutdated, booking.NotFound, booking.Unavailable}
}

// bulkGoodFor is how long after its dry run a bulk action may be started.
const bulkGoodFor = time.Hour

// PlanBulk makes a dry run: it lists the orders on which the action would be done, and
// changes nothing.
func (o *Orders) PlanBulk(ctx context.Context, caller booking.Caller, a booking.Action, f booking.BulkFilter, reason booking.Personal) (booking.BulkRun, error) {
	run := booking.BulkRun{
		ID: strings.ToLower(rand.Text()), State: booking.BulkPlanned, Action: a, Filter: f, Reason: reason, By: caller.ID, PlannedAt: o.Now(),
	}
	if err := mayInBulk(caller, a); err != nil {
		return run, err
	}
	if faults := checkBulk(a, f, reason); len(faults) > 0 {
		return run, booking.Faulty(faults)
	}
	found, more, err := o.selected(ctx, a, f)
	if err != nil {
		return run, o.explained(ctx, run.ID, err)
	}
	run.Orders, run.More = len(found), more
	return run, o.Bulk.Plan(ctx, run, found)
}

// mayInBulk refuses a caller that may not do the action on every order.
func mayInBulk(caller booking.Caller, a booking.Action) error {
	if err := caller.Authorize(booking.ActInBulk, booking.Thing{}); err != nil {
		return err
	}
	return caller.Authorize(a, booking.Thing{})
}

func checkBulk(a booking.Action, f booking.BulkFilter, reason booking.Personal) (faults []booking.Fault) {
	add := func(field, words string) { faults = append(faults, booking.Fault{Field: field, Words: words}) }
	isName := func(field, id string) {
		if id != "" && !booking.IsName(id) {
			add(field, "cannot be an id")
		}
	}
	if !slices.Contains(booking.BulkActions(), a) {
		add("action", "cannot be done in bulk")
	}
	switch {
	case f.IsEmpty():
		add("filter", "must select some orders: all of them are too many")
	case (f.Problem == booking.Lost) != (a == booking.SettleOrder):
		add("filter.trouble", "must be lost for settle, and for nothing else")
	}
	if f.Kind != "" && !slices.Contains(booking.Kinds(), f.Kind) {
		add("filter.kind", "is no kind of orders")
	}
	if f.Status != "" && !slices.Contains(booking.Statuses(), f.Status) {
		add("filter.status", "is no status of orders")
	}
	if f.Problem != "" && !slices.Contains(booking.Problems(), f.Problem) {
		add("filter.trouble", "is no problem of orders")
	}
	if fault := booking.InstantFault(f.PlacedBefore); fault != "" && !f.PlacedBefore.IsZero() {
		add("filter.placedBefore", fault)
	}
	isName("filter.ownerId", f.OwnerID)
	isName("filter.itemId", f.ItemID)
	if reason == "" {
		add("reason", "must say why")
	} else if fault := booking.LinesFault(string(reason)); fault != "" {
		add("reason", fault)
	}
	return faults
}

// BeginBulk starts a bulk action on the orders of its dry run.
func (o *Orders) BeginBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error) {
	run, err := o.Bulk.Run(ctx, id)
	if err != nil {
		return run, err
	}
	if err := mayInBulk(caller, run.Action); err != nil {
		return run, err
	}
	if run.State == booking.BulkPlanned && o.Now().Sub(run.PlannedAt) > bulkGoodFor {
		return run, booking.Errorf(BulkOutdated, "the dry run is older than an hour: make another one")
	}
	if err := o.Bulk.Begin(ctx, id, caller.ID, o.Now()); err != nil {
		return run, err
	}
	select {
	case o.bulkBegun <- struct{}{}:
	default: // a wake-up is pending
	}
	return o.Bulk.Run(ctx, id)
}

// StopBulk ends a bulk action before all its orders are done. It undoes nothing. The log
// names the caller; if the log cannot be written, the bulk action is stopped all the same.
func (o *Orders) StopBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error) {
	if err := caller.Authorize(booking.ActInBulk, booking.Thing{}); err != nil {
		return booking.BulkRun{}, err
	}
	stopped, err := o.Bulk.Stop(ctx, id, o.Now())
	if err != nil {
		return booking.BulkRun{}, err
	}
	if stopped {
		line := booking.OperatorAction{ID: rand.Text(), At: o.Now(), By: caller.ID, Action: booking.ActInBulk, Bulk: id, Outcome: booking.ActionStopped}
		_ = o.note(ctx, line, nil, notedWithin) // the process's log has it otherwise
	}
	return o.Bulk.Run(ctx, id)
}

// selected lists the orders that the filter selects and the action fits, from the engine's
// list, which may lag by some seconds.
func (o *Orders) selected(ctx context.Context, a booking.Action, f booking.BulkFilter) (found []booking.BulkOrder, more bool, err error) {
	seen := map[string]bool{}
	for page, again := []byte(nil), true; again; again = page != nil {
		var sagas []Saga
		if sagas, page, err = o.Engine.List(ctx, bulkQuery(f), listedAtOnce, page); err != nil {
			return nil, false, marked(err)
		}
		sagas = slices.DeleteFunc(sagas, func(s Saga) bool {
			known := seen[s.OrderID]
			seen[s.OrderID] = true
			return known
		})
		fitting, err := o.fitting(ctx, a, f, sagas)
		if err != nil {
			return nil, false, err
		}
		if found = append(found, fitting...); len(found) > booking.MostInBulk {
			found, more = found[:booking.MostInBulk], true
			break
		}
	}
	for n := range found {
		found[n].N = n + 1
	}
	return found, more, nil
}

const (
	listedAtOnce    = 200
	bulkReadsAtOnce = 8 // orders, at the same time
	lostWorkflows   = "ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')"
)

// bulkQuery is the filter in the engine's query language, as far as that can express it: a
// row is read for each order that it lists.
func bulkQuery(f booking.BulkFilter) string {
	conditions := []string{All}
	is := func(attribute, value string) {
		if value != "" {
			conditions = append(conditions, fmt.Sprintf("%s = '%s'", attribute, value))
		}
	}
	if f.Problem == booking.Lost {
		conditions = append(conditions, lostWorkflows)
	} else {
		conditions = append(conditions, "ExecutionStatus = 'Running'")
	}
	if f.Problem == booking.NeedsAttention {
		conditions = append(conditions, contract.NeedsAttentionAttribute.GetName()+" = true")
	}
	if isStable(f.Status) {
		is(contract.StatusAttribute.GetName(), string(f.Status))
	}
	is(contract.KindAttribute.GetName(), string(f.Kind))
	is(contract.OwnerAttribute.GetName(), f.OwnerID)
	is(contract.ItemAttribute.GetName(), f.ItemID)
	if !f.PlacedBefore.IsZero() {
		conditions = append(conditions, fmt.Sprintf("StartTime < '%s'", f.PlacedBefore.UTC().Format(time.RFC3339)))
	}
	return strings.Join(conditions, " AND ")
}

// fitting filters the orders by their rows, which are newer than the engine's list.
func (o *Orders) fitting(ctx context.Context, a booking.Action, f booking.BulkFilter, sagas []Saga) ([]booking.BulkOrder, error) {
	fits := make([]*booking.BulkOrder, len(sagas))
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(bulkReadsAtOnce)
	for n, s := range sagas {
		reads.Go(func() error {
			view, err := o.Pages.View(ctx, s.OrderID)
			if isNotFound(err) {
				return nil // it has just started
			}
			if err != nil || !selects(f, view) {
				return err
			}
			ok, err := o.fitsInBulk(ctx, a, view)
			if ok {
				fits[n] = &booking.BulkOrder{OrderID: view.ID, Status: view.Status, Version: view.Version}
			}
			return err
		})
	}
	err := reads.Wait()
	var found []booking.BulkOrder
	for _, b := range fits {
		if b != nil {
			found = append(found, *b)
		}
	}
	return found, err
}

// selects applies the parts of the filter that the engine's list cannot decide.
func selects(f booking.BulkFilter, v contract.View) bool {
	switch {
	case v.Status.Final(), f.Status != "" && v.Status != f.Status:
		return false
	case f.Problem == booking.NeedsAttention:
		return v.NeedsAttention
	case f.Problem == booking.UndoOwed:
		return v.Status == booking.Cancelling
	case f.Problem == booking.UnderReview:
		return v.Disputed
	default:
		return true
	}
}

// fitsInBulk reports whether the action can be done on the order, as far as is known.
func (o *Orders) fitsInBulk(ctx context.Context, a booking.Action, v contract.View) (bool, error) {
	switch a {
	case booking.RetryOrder:
		steps, err := o.waitingSteps(ctx, v.ID)
		if errors.Is(err, &booking.Error{Code: NotRunning}) {
			err = nil
		}
		return slices.ContainsFunc(steps, func(s WaitingStep) bool { return !s.Paused }), err
	case booking.SettleOrder:
		return o.IsLost(ctx, v)
	default:
		return v.Status != booking.Cancelling && booking.MayCancel(v.Status) == nil, nil
	}
}
