package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// testBulk: a dry run is stored with its orders and run once, by one process at a time;
// another process continues where the first has stopped.
func testBulk(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	bulk, ctx := store.NewBulk(db), t.Context()
	named := make([]booking.BulkOrder, 501)
	for n := range named {
		named[n] = booking.BulkOrder{N: n + 1, OrderID: fmt.Sprintf("food-%d", n+1), Status: booking.Delivering, Version: int64(n)}
	}
	run := booking.BulkRun{
		ID: "run-1", State: booking.BulkPlanned, Action: booking.CancelOrder, Reason: "the shop burns", By: "1024", PlannedAt: noon, Orders: 501,
		Filter: booking.BulkFilter{OwnerID: "sara", PlacedBefore: noon}, Results: map[booking.BulkResult]int{},
	}
	require.NoError(t, bulk.Plan(ctx, run, named))
	got, err := bulk.Run(ctx, "run-1")
	require.NoError(t, err)
	require.Equal(t, run, got)
	_, err = bulk.Run(ctx, "run-2")
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	var all []booking.BulkOrder
	for cursor := ""; ; {
		some, next, err := bulk.Orders(ctx, "run-1", false, booking.Page{Limit: 200, Cursor: cursor})
		require.NoError(t, err)
		all = append(all, some...)
		if cursor = next; next == "" {
			break
		}
	}
	require.Equal(t, named, all)

	_, ok, err := bulk.Lease(ctx, noon, noon.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, ok, "a dry run does nothing")
	require.NoError(t, bulk.Begin(ctx, "run-1", "1027", noon))
	require.ErrorIs(t, bulk.Begin(ctx, "run-1", "1024", noon), &booking.Error{Code: orders.BulkNotPlanned})
	got, err = bulk.Run(ctx, "run-1")
	require.NoError(t, err)
	require.Equal(t, "1027", got.By, "it runs in the name of the operator that has begun it")
	leases := together(t, 4, func(int) (bool, error) {
		_, ok, err := bulk.Lease(ctx, noon, noon.Add(time.Minute))
		return ok, err
	})
	require.Equal(t, 1, count(leases, true))
	lost := orders.BulkLease{Run: run, Number: 1}
	ok, err = bulk.Renew(ctx, lost, noon.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, ok)

	some, err := bulk.Next(ctx, "run-1", 2)
	require.NoError(t, err)
	require.Equal(t, named[:2], some)
	some[0].Result, some[0].Outcome, some[0].DoneAt = booking.BulkDid, "done", noon
	require.NoError(t, bulk.Note(ctx, "run-1", some[0]))
	some[1].Result, some[1].Outcome, some[1].DoneAt = booking.BulkChanged, "already_cancelled", noon
	require.NoError(t, bulk.Note(ctx, "run-1", some[1]))
	late := some[1]
	late.Result, late.Outcome = booking.BulkDid, "done"
	require.NoError(t, bulk.Note(ctx, "run-1", late), "another process has noted it before")
	left, _, err := bulk.Orders(ctx, "run-1", true, booking.Page{})
	require.NoError(t, err)
	require.Equal(t, some[1:], left)

	second, ok, err := bulk.Lease(ctx, noon.Add(2*time.Minute), noon.Add(3*time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = bulk.Renew(ctx, lost, noon.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, ok)
	ended, err := bulk.End(ctx, lost, noon)
	require.NoError(t, err)
	require.False(t, ended, "it has it no longer")
	require.NoError(t, bulk.Release(ctx, second))
	third, ok, err := bulk.Lease(ctx, noon.Add(2*time.Minute), noon.Add(3*time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	some, err = bulk.Next(ctx, "run-1", 1)
	require.NoError(t, err)
	require.Equal(t, named[2:3], some)
	got, err = bulk.Run(ctx, "run-1")
	require.NoError(t, err)
	require.Equal(t, map[booking.BulkResult]int{booking.BulkDid: 1, booking.BulkChanged: 1}, got.Results)
	require.Equal(t, 2, got.Acted())
	other := booking.BulkRun{ID: "run-2", State: booking.BulkPlanned, Action: booking.RetryOrder, PlannedAt: noon, Orders: 1}
	require.NoError(t, bulk.Plan(ctx, other, []booking.BulkOrder{{N: 1, OrderID: "food-1"}}))
	results, err := bulk.Results(ctx, []string{"run-1", "run-2", "run-3"})
	require.NoError(t, err)
	require.Equal(t, map[booking.BulkResult]int{booking.BulkDid: 1, booking.BulkChanged: 1, booking.BulkRefused: 0, booking.BulkFailed: 0}, results["run-1"])
	require.Equal(t, map[booking.BulkResult]int{booking.BulkDid: 0, booking.BulkChanged: 0, booking.BulkRefused: 0, booking.BulkFailed: 0}, results["run-2"])
	results, err = bulk.Results(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, results)
	require.NoError(t, bulk.Forget(ctx, noon.Add(time.Hour)), "it runs")
	ended, err = bulk.End(ctx, third, noon.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, ended)
	some, err = bulk.Next(ctx, "run-1", 1)
	require.NoError(t, err)
	require.Empty(t, some, "it has ended")
	runs, _, err := bulk.Runs(ctx, booking.Page{})
	require.NoError(t, err)
	require.Equal(t, booking.BulkDone, runs[0].State)
	stopped, err := bulk.Stop(ctx, "run-1", noon)
	require.NoError(t, err)
	require.False(t, stopped, "it has ended")

	log := store.NewActions(db)
	_, known, err := bulk.Earlier(ctx, "run-1", "food-3")
	require.NoError(t, err)
	require.False(t, known)
	line := booking.OperatorAction{ID: "x", At: noon, By: "1024", Action: booking.CancelOrder, OrderID: "food-3", Bulk: "run-1"}
	for _, line.Outcome = range []string{"", "done"} {
		require.NoError(t, log.Append(ctx, line, nil))
		outcome, known, err := bulk.Earlier(ctx, "run-1", "food-3")
		require.NoError(t, err)
		require.True(t, known)
		require.Equal(t, line.Outcome, outcome)
	}
	require.NoError(t, bulk.Forget(ctx, noon.Add(time.Hour)))
	_, err = bulk.Run(ctx, "run-1")
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
}

// testBulkStopped: a stopped run is not continued.
func testBulkStopped(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	bulk, ctx := store.NewBulk(db), t.Context()
	run := booking.BulkRun{ID: "run-1", State: booking.BulkPlanned, Action: booking.RetryOrder, PlannedAt: noon, Orders: 1}
	require.NoError(t, bulk.Plan(ctx, run, []booking.BulkOrder{{N: 1, OrderID: "food-1"}}))
	require.NoError(t, bulk.Begin(ctx, "run-1", "1024", noon))
	lease, ok, err := bulk.Lease(ctx, noon, noon.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	stopped, err := bulk.Stop(ctx, "run-1", noon)
	require.NoError(t, err)
	require.True(t, stopped)
	ok, err = bulk.Renew(ctx, lease, noon.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, ok)
	some, err := bulk.Next(ctx, "run-1", 1)
	require.NoError(t, err)
	require.Empty(t, some)
	got, err := bulk.Run(ctx, "run-1")
	require.NoError(t, err)
	require.Equal(t, booking.BulkStopped, got.State)
	require.ErrorIs(t, bulk.Begin(ctx, "run-1", "1024", noon), &booking.Error{Code: orders.BulkNotPlanned})
}
