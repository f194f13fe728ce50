package orders_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// bulkRuns is one bulk action in memory.
type bulkRuns struct {
	mu      sync.Mutex
	run     booking.BulkRun
	named   []booking.BulkOrder
	leased  int
	earlier map[string]string // outcomes of a process that died, by order
	renews  int
	renewed func(n int) (ok bool) // answers the n-th renewal of the lease; nil for yes
}

func (b *bulkRuns) Plan(_ context.Context, run booking.BulkRun, named []booking.BulkOrder) error {
	b.run, b.named = run, named
	return nil
}

func (b *bulkRuns) Run(context.Context, string) (booking.BulkRun, error) { return b.run, nil }

func (b *bulkRuns) Begin(_ context.Context, _, by string, _ time.Time) error {
	b.run.State, b.run.By = booking.BulkRunning, by
	return nil
}

func (b *bulkRuns) Stop(context.Context, string, time.Time) (stopped bool, err error) {
	stopped = b.run.State == booking.BulkRunning
	b.run.State = booking.BulkStopped
	return stopped, nil
}

func (b *bulkRuns) Lease(context.Context, time.Time, time.Time) (orders.BulkLease, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leased++
	return orders.BulkLease{Run: b.run, Number: b.leased}, b.run.State == booking.BulkRunning, nil
}

func (b *bulkRuns) Renew(context.Context, orders.BulkLease, time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renews++
	return b.renewed == nil || b.renewed(b.renews), nil
}
func (b *bulkRuns) Release(context.Context, orders.BulkLease) error { return nil }
func (b *bulkRuns) Forget(context.Context, time.Time) error         { return nil }

func (b *bulkRuns) Next(_ context.Context, _ string, n int) (left []booking.BulkOrder, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.named {
		if o.Result == "" && len(left) < n {
			left = append(left, o)
		}
	}
	return left, nil
}

func (b *bulkRuns) Note(_ context.Context, _ string, o booking.BulkOrder) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.named[o.N-1] = o
	return nil
}

func (b *bulkRuns) Earlier(_ context.Context, _, orderID string) (string, bool, error) {
	outcome, known := b.earlier[orderID]
	return outcome, known, nil
}

func (b *bulkRuns) End(context.Context, orders.BulkLease, time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run.State = booking.BulkDone
	return true, nil
}

func (b *bulkRuns) done() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.run.State == booking.BulkDone
}

// settler refuses some orders.
type settler struct {
	mu      sync.Mutex
	settled []string
	no      map[string][]error // by order, one per call
	until   <-chan struct{}    // it answers when the channel is closed; nil: at once
}

func (s *settler) Settle(_ context.Context, _ orders.Warrant, orderID, by string) error {
	if s.until != nil {
		<-s.until
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = append(s.settled, orderID+" by "+by)
	if no := s.no[orderID]; len(no) > 0 {
		s.no[orderID] = no[1:]
		return no[0]
	}
	return nil
}

// TestBulk_Runs: each order is acted on once and its result stored, including the actions
// of a process that died before it stored them; an order that does not answer is retried.
func TestBulk_Runs(t *testing.T) {
	t.Parallel()
	runs := &bulkRuns{earlier: map[string]string{"food-5": "accepted", "food-6": "", "food-7": "", "food-8": ""}}
	runs.run = booking.BulkRun{ID: "run-1", State: booking.BulkRunning, Action: booking.SettleOrder, By: "1024", Reason: "terminated"}
	for n := range 8 {
		runs.named = append(runs.named, booking.BulkOrder{N: n + 1, OrderID: fmt.Sprintf("food-%d", n+1)})
	}
	unreachable := booking.Errorf(orders.Unreachable, "it does not answer")
	no := booking.Errorf(orders.NotLost, "it runs")
	settles := &settler{no: map[string][]error{
		"food-2": {no}, "food-3": {unreachable, unreachable, unreachable}, "food-4": {errors.New("a defect")}, "food-6": {no}, "food-7": {nil},
		"food-8": {booking.Errorf(booking.VersionChanged, "it has changed")}, // so the earlier attempt did not change it
	}}
	log := &actionLog{}
	b := newBundle(t, func(d *orders.Deps) { d.Bulk, d.Settler, d.Actions = runs, settles, log })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { b.RunBulk(ctx); close(ended) }()
	require.Eventually(t, runs.done, time.Minute, 10*time.Millisecond)
	cancel()
	<-ended
	var results []booking.BulkResult
	for _, o := range runs.named {
		results = append(results, o.Result)
	}
	require.Equal(t, []booking.BulkResult{
		booking.BulkDid, booking.BulkChanged, booking.BulkFailed, booking.BulkFailed, booking.BulkDid, booking.BulkDid, booking.BulkDid, booking.BulkChanged,
	}, results)
	times := func(order string) int {
		return len(slices.DeleteFunc(slices.Clone(settles.settled), func(s string) bool { return s != order+" by 1024" }))
	}
	require.Equal(t, 1, times("food-1"))
	require.Equal(t, 3, times("food-3"))
	require.Zero(t, times("food-5"), "it was done before")
	for _, line := range log.lines {
		require.Equal(t, "run-1", line.Bulk)
		require.Equal(t, booking.Personal("terminated"), line.Reason)
	}
}

// TestBulk_Plans: a dry run lists what the filter selects by the rows, and refuses to list
// too many orders.
func TestBulk_Plans(t *testing.T) {
	t.Parallel()
	runs := &bulkRuns{}
	b := newBundle(t, func(d *orders.Deps) { d.Bulk = runs })
	plan := func(caller booking.Caller, a booking.Action, f booking.BulkFilter, reason booking.Personal) error {
		_, err := b.PlanBulk(t.Context(), caller, a, f, reason)
		return err
	}
	some := booking.BulkFilter{ItemID: "place-seaside"}
	require.ErrorIs(t, plan(alice, booking.CancelOrder, some, "fire"), notAllowed)
	invalid := &booking.Error{Code: booking.Invalid}
	require.ErrorIs(t, plan(olga, booking.CancelOrder, booking.BulkFilter{}, "fire"), invalid)
	require.ErrorIs(t, plan(olga, booking.RefundOrder, some, "fire"), invalid)
	require.ErrorIs(t, plan(olga, booking.CancelOrder, some, ""), invalid)
	require.ErrorIs(t, plan(olga, booking.SettleOrder, some, "fire"), invalid)
	for _, f := range []booking.BulkFilter{
		{ItemID: "x' OR 'a' = 'a"}, {Kind: "x' OR 'a' = 'a"}, {Status: "x"}, {Problem: "x"},
		{PlacedBefore: time.Time{}.In(time.FixedZone("", 3600))},
		{PlacedBefore: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, {PlacedBefore: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		require.ErrorIs(t, plan(olga, booking.CancelOrder, f, "fire"), invalid, "%+v", f)
	}

	var query string
	b.engine.On("ListWorkflow", mock.Anything, mock.Anything).Run(func(args mock.Arguments) {
		query = args.Get(1).(*workflowservice.ListWorkflowExecutionsRequest).GetQuery()
	}).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
	require.NoError(t, plan(olga, booking.CancelOrder, booking.BulkFilter{
		Kind: booking.Lodging, ItemID: "place-seaside", OwnerID: "olivia", PlacedBefore: today,
	}, "fire"))
	require.Equal(t, "OrderKind IS NOT NULL AND ExecutionStatus = 'Running' AND OrderKind = 'lodging' AND OwnerId = 'olivia' AND ItemId = 'place-seaside' "+
		"AND StartTime < '2026-11-20T16:00:00Z'", query)
	require.Zero(t, runs.run.Orders)
	require.Equal(t, "1024", runs.run.By)
	for want, f := range map[string]booking.BulkFilter{
		"OrderKind IS NOT NULL AND ExecutionStatus = 'Running' AND NeedsAttention = true AND OrderStatus = 'confirmed'": {
			Problem: booking.NeedsAttention, Status: booking.Confirmed,
		},
		"OrderKind IS NOT NULL AND ExecutionStatus = 'Running'": {Problem: booking.UndoOwed, Status: booking.Cancelling}, // not in the list
	} {
		require.NoError(t, plan(olga, booking.CancelOrder, f, "fire"))
		require.Equal(t, want, query)
	}
	require.NoError(t, plan(olga, booking.SettleOrder, booking.BulkFilter{Problem: booking.Lost}, "fire"))
	require.Equal(t, "OrderKind IS NOT NULL AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')", query)

	runs.run.PlannedAt = today.Add(-2 * time.Hour)
	_, err := b.BeginBulk(t.Context(), olga, runs.run.ID)
	require.ErrorIs(t, err, &booking.Error{Code: orders.BulkOutdated})
	_, err = b.BeginBulk(t.Context(), alice, runs.run.ID)
	require.ErrorIs(t, err, notAllowed)
}

// TestBulk_Disputed: a dry run lists orders with a disputed payment, like the list of
// orders that need attention.
func TestBulk_Disputed(t *testing.T) {
	t.Parallel()
	runs := &bulkRuns{}
	b := newBundle(t, func(d *orders.Deps) { d.Bulk = runs })
	b.engine.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{
		Executions: []*workflowpb.WorkflowExecutionInfo{{Execution: &commonpb.WorkflowExecution{WorkflowId: "lodging-1"}}},
	}, nil)
	for _, disputed := range []bool{false, true} {
		row := cameTo(stayWith().View(), booking.Confirmed, "")
		row.View.Disputed = disputed
		b.store.put(row)
		_, err := b.PlanBulk(t.Context(), olga, booking.CancelOrder, booking.BulkFilter{Problem: booking.UnderReview}, "fire")
		require.NoError(t, err)
		require.Equal(t, disputed, runs.run.Orders == 1)
	}
}

// TestBulk_NamesTheOperator: a bulk action runs in the name of the operator that started it,
// and the log names the one that stopped it, once.
func TestBulk_NamesTheOperator(t *testing.T) {
	t.Parallel()
	runs, log := &bulkRuns{}, &actionLog{}
	runs.run = booking.BulkRun{ID: "run-1", State: booking.BulkPlanned, Action: booking.CancelOrder, By: "1024", PlannedAt: today}
	b := newBundle(t, func(d *orders.Deps) { d.Bulk, d.Actions = runs, log })
	run, err := b.BeginBulk(t.Context(), operator, "run-1")
	require.NoError(t, err)
	require.Equal(t, operator.ID, run.By)
	for range 2 {
		_, err = b.StopBulk(t.Context(), olga, "run-1")
		require.NoError(t, err)
	}
	require.Len(t, log.lines, 1)
	require.Equal(t, booking.OperatorAction{
		ID: log.lines[0].ID, At: today, By: olga.ID, Action: booking.ActInBulk, Bulk: "run-1", Outcome: booking.ActionStopped,
	}, log.lines[0])
}

// TestBulk_Renews: a lease is renewed while orders delay a batch, and no further order is
// acted on once that fails.
func TestBulk_Renews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost := make(chan struct{})
		runs := &bulkRuns{renewed: func(n int) bool {
			if n == 8 { // longer than a lease
				close(lost)
			}
			return n < 8
		}}
		runs.run = booking.BulkRun{ID: "run-1", State: booking.BulkRunning, Action: booking.SettleOrder, By: "1024", Reason: "terminated"}
		for n := range 20 {
			runs.named = append(runs.named, booking.BulkOrder{N: n + 1, OrderID: fmt.Sprintf("food-%d", n+1)})
		}
		answer := make(chan struct{})
		settles := &settler{until: answer}
		b := newBundle(t, func(d *orders.Deps) { d.Bulk, d.Settler, d.Actions = runs, settles, &actionLog{} })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.RunBulk(ctx); close(ended) }()
		<-lost
		runs.stop()
		synctest.Wait()
		close(answer)
		synctest.Wait()
		cancel()
		<-ended
		require.Len(t, settles.settled, 8, "one batch")
		require.Equal(t, booking.BulkStopped, runs.run.State)
		require.Equal(t, 8, runs.renews)
	})
}

func (b *bulkRuns) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run.State = booking.BulkStopped
}
