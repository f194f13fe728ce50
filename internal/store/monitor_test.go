package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// fillWithCauses fills a read model with orders of each cause, and some that need no attention.
func fillWithCauses(t *testing.T, mypage *store.Mypage) {
	t.Helper()
	put := func(id string, status booking.Status, minute int, change func(*contract.View)) {
		v := newView(id, "alice", int64(minute+1), status)
		v.History = []contract.Entry{{Status: status, At: christmas.Add(time.Duration(minute) * time.Minute)}}
		if change != nil {
			change(&v)
		}
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: v}))
	}
	put("well", booking.Confirmed, 0, nil)
	put("ended", booking.Cancelled, 1, nil)
	put("owed", booking.Cancelling, 2, nil)
	put("marked", booking.Confirmed, 3, func(v *contract.View) {
		v.NeedsAttention, v.AttentionCause = true, &contract.AttentionCause{Text: "to release stock keeps failing", Since: christmas.UTC()}
	})
	put("both", booking.Cancelling, 4, func(v *contract.View) { v.NeedsAttention = true })
	put("lost", booking.Confirmed, 5, nil)
	put("lost and owed", booking.Cancelling, 6, nil)
}

func testMonitor(t *testing.T, fresh newURL) {
	db := open(t, fresh(t))
	_, err := store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	mypage := store.NewMypage(db)
	fillWithCauses(t, mypage)
	audits := store.NewAudits(db)
	_, _, err = audits.Request(t.Context(), "olga", christmas)
	require.NoError(t, err)
	run_, _, err := audits.Lease(t.Context(), christmas, christmas)
	require.NoError(t, err)
	require.NoError(t, audits.Done(t.Context(), run_, audit.Report{Findings: []audit.Finding{
		{Kind: audit.Abandoned, OrderID: "lost", Says: "its workflow was terminated", Remedy: "yeyak settle lost"},
		{Kind: audit.Abandoned, OrderID: "lost and owed", Says: "its workflow was terminated"},
		{Kind: audit.Money, OrderID: "well", Says: "nothing of this list"},
	}}, christmas))

	causes := func(f orders.AttentionFilter, limit int) (all []string) {
		page := booking.Page{Limit: limit}
		for {
			found, next, err := mypage.NeedingAttention(t.Context(), f, page)
			require.NoError(t, err)
			require.LessOrEqual(t, len(found), limit)
			for _, n := range found {
				all = append(all, n.Order.ID+" "+string(n.Cause))
			}
			if page.Cursor = next; next == "" {
				return all
			}
		}
	}
	run(t, "AbandonedFirstThenNewest", func(t *testing.T) {
		for _, limit := range []int{1, 2, 3, 50} {
			all := causes(orders.AttentionFilter{}, limit)
			require.ElementsMatch(t, []string{"lost abandoned", "lost and owed abandoned"}, all[:2])
			require.Equal(t, []string{"both marked", "marked marked", "owed undo_owed"}, all[2:])
		}
	})
	run(t, "Filters", func(t *testing.T) {
		require.Equal(t, []string{"both marked", "marked marked"}, causes(orders.AttentionFilter{Cause: orders.Marked}, 1))
		require.Equal(t, []string{"owed undo_owed"}, causes(orders.AttentionFilter{Cause: orders.UndoOwed}, 9))
		require.Len(t, causes(orders.AttentionFilter{Cause: orders.Abandoned}, 1), 2)
		require.Empty(t, causes(orders.AttentionFilter{Cause: orders.Disputed}, 9))
		require.Empty(t, causes(orders.AttentionFilter{Kind: booking.Food}, 9))
		require.Len(t, causes(orders.AttentionFilter{Kind: booking.Lodging}, 9), 5)
	})
	run(t, "Words", func(t *testing.T) {
		found, _, err := mypage.NeedingAttention(t.Context(), orders.AttentionFilter{Cause: orders.Marked}, booking.Page{})
		require.NoError(t, err)
		require.Equal(t, "to release stock keeps failing", found[1].Says)
		require.Equal(t, christmas.UTC(), found[1].Since)
		found, _, err = mypage.NeedingAttention(t.Context(), orders.AttentionFilter{Cause: orders.Abandoned}, booking.Page{})
		require.NoError(t, err)
		require.Equal(t, "its workflow was terminated", found[0].Says)
	})
	run(t, "BadCursor", func(t *testing.T) {
		for _, cursor := range []string{"x", "WyJvcmRlcnMiLCIiLCIiXQ"} {
			_, _, err := mypage.NeedingAttention(t.Context(), orders.AttentionFilter{}, booking.Page{Cursor: cursor})
			require.ErrorIs(t, err, &booking.Error{Code: booking.InvalidCursor})
		}
	})
	run(t, "OpenOrders", func(t *testing.T) {
		open, err := mypage.OpenOrders(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, []orders.OpenCount{
			{Kind: booking.Lodging, Status: booking.Confirmed, Orders: 3}, {Kind: booking.Lodging, Status: booking.Cancelling, Orders: 3},
		}, open)
		for _, s := range booking.Statuses() {
			var counted bool
			require.NoError(t, db.SQL().QueryRowContext(t.Context(), "SELECT '"+string(s)+"' NOT IN ('delivered', 'completed', 'cancelled')").Scan(&counted))
			require.Equal(t, !s.Final(), counted, "the index of open orders has to know which are: %s", s)
		}
	})
	run(t, "Owed", func(t *testing.T) {
		owed, err := mypage.Owed(t.Context())
		require.NoError(t, err)
		require.Equal(t, []orders.Owed{{Kind: booking.Lodging, Undos: 3, Since: christmas.Add(2 * time.Minute).UTC(), NeedingAttention: 2}}, owed)
	})
}
