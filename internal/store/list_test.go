package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestLists_HoldUpNothingElse: lists that hang use half of the connections; reads by
// key use the others.
func TestLists_HoldUpNothingElse(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	db, err := store.Open(t.Context(), url, store.Options{MaxOpen: 4, Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, service := range []string{"fulfilment", "mypage"} {
		_, err := store.Migrate(t.Context(), db, service)
		require.NoError(t, err)
	}
	mypage := store.NewMypage(db)
	require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: newView("o1", "c", 1, booking.Paid)}))

	watch := open(t, url)
	lock, err := watch.SQL().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = lock.Rollback() }()
	_, err = lock.ExecContext(t.Context(), "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)

	const hanging = 10
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	defer leave()
	lists := make(chan error, hanging)
	for range hanging {
		go func() {
			_, _, err := store.NewDeliveries(db).List(ctx, booking.JobFilter{}, booking.Page{})
			lists <- err
		}()
	}
	waiting := func() (n int) {
		require.NoError(t, watch.SQL().QueryRowContext(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return waiting() == 2 }, time.Minute, 10*time.Millisecond)
	// Lists that get no turn in time return Unavailable, while the others still hang.
	for range hanging - 2 {
		require.ErrorIs(t, <-lists, context.DeadlineExceeded)
	}
	require.Equal(t, 2, waiting())
	view, err := mypage.View(t.Context(), "o1")
	require.NoError(t, err)
	require.Equal(t, "o1", view.ID)

	require.NoError(t, lock.Rollback())
	for range 2 {
		require.NoError(t, <-lists)
	}
}
