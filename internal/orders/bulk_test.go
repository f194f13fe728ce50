package orders_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
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
}

func (b *bulkRuns) Plan(_ context.Context, run booking.BulkRun, named []booking.BulkOrder) error {
	b.run, b.named = run, named
	return nil
}

func (b *bulkRuns) Run(context.Context, string) (booking.BulkRun, error) { return b.run, nil }

func (b *bulkRuns) Begin(context.Context, string, time.Time) error {
	b.run.State = booking.BulkRunning
	return nil
}

func (b *bulkRuns) Stop(context.Context, string, time.Time) error { return nil }

func (b *bulkRuns) Lease(context.Context, time.Time, time.Time) (orders.BulkLease, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leased++
	return orders.BulkLease{Run: b.run, Number: b.leased}, b.run.State == booking.BulkRunning, nil
}

func (b *bulkRuns) Renew(context.Context, orders.BulkLease, time.Time) (bool, error) {
	return true, nil
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

func (b *bulkRuns) End(context.Context, orders.BulkLease, time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run.State = booking.BulkDone
	return nil
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
	no      map[string][]error // by order, one at each time
}

func (s *settler) Settle(_ context.Context, _ orders.Warrant, orderID, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = append(s.settled, orderID+" by "+by)
	if no := s.no[orderID]; len(no) > 0 {
		s.no[orderID] = no[1:]
		return no[0]
	}
	return nil
}

// TestBulk_Runs: each order is acted on once and noted with what came of it, also what a
// process did that died over it; one that does not answer is tried again.
func TestBulk_Runs(t *testing.T) {
	t.Parallel()
	runs := &bulkRuns{earlier: map[string]string{"food-5": "accepted", "food-6": "", "food-7": ""}}
	runs.run = booking.BulkRun{ID: "run-1", State: booking.BulkRunning, Action: booking.SettleOrder, By: "1024", Reason: "terminated"}
	for n := range 7 {
		runs.named = append(runs.named, booking.BulkOrder{N: n + 1, OrderID: fmt.Sprintf("food-%d", n+1)})
	}
	unreachable := booking.Errorf(orders.Unreachable, "it does not answer")
	no := booking.Errorf(orders.NotLost, "it runs")
	settles := &settler{no: map[string][]error{
		"food-2": {no}, "food-3": {unreachable, unreachable, unreachable}, "food-4": {errors.New("a defect")}, "food-6": {no}, "food-7": {nil},
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
		booking.BulkDid, booking.BulkChanged, booking.BulkFailed, booking.BulkFailed, booking.BulkDid, booking.BulkDid, booking.BulkDid,
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

// TestBulk_Plans: a dry run names what the filter selects, as rows have it, and refuses to
// name everything.
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
	require.ErrorIs(t, plan(olga, booking.CancelOrder, booking.BulkFilter{ItemID: "x' OR 'a' = 'a"}, "fire"), invalid)

	var asked string
	b.engine.On("ListWorkflow", mock.Anything, mock.Anything).Run(func(args mock.Arguments) {
		asked = args.Get(1).(*workflowservice.ListWorkflowExecutionsRequest).GetQuery()
	}).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
	require.NoError(t, plan(olga, booking.CancelOrder, booking.BulkFilter{
		Kind: booking.Lodging, ItemID: "place-seaside", OwnerID: "olivia", PlacedBefore: today,
	}, "fire"))
	require.Equal(t, "OrderKind IS NOT NULL AND ExecutionStatus = 'Running' AND OrderKind = 'lodging' AND OwnerId = 'olivia' AND ItemId = 'place-seaside' "+
		"AND StartTime < '2026-11-20T16:00:00Z'", asked)
	require.Zero(t, runs.run.Orders)
	require.Equal(t, "1024", runs.run.By)

	runs.run.PlannedAt = today.Add(-2 * time.Hour)
	_, err := b.BeginBulk(t.Context(), olga, runs.run.ID)
	require.ErrorIs(t, err, &booking.Error{Code: orders.BulkOutdated})
	_, err = b.BeginBulk(t.Context(), alice, runs.run.ID)
	require.ErrorIs(t, err, notAllowed)
}
