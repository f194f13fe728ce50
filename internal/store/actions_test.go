package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// testActions: the lines before and after an action are one action, newest first; and
// the database refuses to change or remove a line.
func testActions(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	log := store.NewActions(db)
	cancel := booking.OperatorAction{ID: "x", At: noon, By: "1024", Action: booking.CancelOrder, OrderID: "food-1", Reason: "the shop burns\x00"}
	require.NoError(t, log.Append(t.Context(), cancel, nil))
	list := func(orderID string) []booking.OperatorAction {
		actions, next, err := log.Actions(t.Context(), orderID, booking.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		for i := range actions {
			require.Positive(t, actions[i].Seq)
			actions[i].Seq = 0
		}
		return actions
	}
	shown := cancel
	shown.Reason = "the shop burns\uFFFD"
	require.Equal(t, []booking.OperatorAction{shown}, list(""), "its outcome is not known")
	cancel.Outcome, shown.Outcome = booking.ActionDone, booking.ActionDone
	require.NoError(t, log.Append(t.Context(), cancel, nil))
	require.NoError(t, log.Append(t.Context(), cancel, nil))
	refund := booking.OperatorAction{ID: "a", At: noon.Add(time.Hour), By: "1025", Action: booking.RefundOrder, OrderID: "food-2", Outcome: "pending"}
	require.NoError(t, log.Append(t.Context(), refund, nil), "its first line could not be written")
	require.Equal(t, []booking.OperatorAction{refund, shown}, list(""))
	require.Equal(t, []booking.OperatorAction{shown}, list("food-1"))
	require.Empty(t, list("food-3"))

	first, next, err := log.Actions(t.Context(), "", booking.Page{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, refund.ID, first[0].ID)
	require.Len(t, first, 1)
	second, next, err := log.Actions(t.Context(), "", booking.Page{Limit: 1, Cursor: next})
	require.NoError(t, err)
	require.Equal(t, shown.ID, second[0].ID)
	require.Len(t, second, 1)
	require.Empty(t, next)

	for _, statement := range []string{
		"UPDATE operator_actions SET by_id = '1'", "DELETE FROM operator_actions WHERE order_id = 'food-1'", "DELETE FROM operator_actions",
	} {
		_, err := db.SQL().ExecContext(t.Context(), statement)
		require.ErrorContains(t, err, "operator_actions is only ever appended to", statement)
	}
	require.Len(t, list(""), 2)
}

// testActionsSeen: a caller that has not seen another operator's action on the order is
// refused; of two concurrent callers one is. The caller's own actions and those on
// other orders do not count.
func testActionsSeen(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	log := store.NewActions(db)
	line := func(id, by, order string) booking.OperatorAction {
		return booking.OperatorAction{ID: id, At: noon, By: by, Action: booking.RefundOrder, OrderID: order}
	}
	seen := func(order string) *int64 {
		newest, err := log.Newest(t.Context(), order, 1)
		require.NoError(t, err)
		if len(newest) == 0 {
			return new(int64)
		}
		return &newest[0].Seq
	}
	before := seen("food-1")
	require.NoError(t, log.Append(t.Context(), line("a", "1", "food-1"), before))
	require.NoError(t, log.Append(t.Context(), line("b", "1", "food-1"), before), "it is the caller's own")
	require.NoError(t, log.Append(t.Context(), line("c", "2", "food-2"), before), "it is another order's")
	err := log.Append(t.Context(), line("d", "2", "food-1"), before)
	require.ErrorIs(t, err, &booking.Error{Code: orders.ActedMeanwhile})
	require.ErrorContains(t, err, "another operator has acted on the order since")
	require.NotContains(t, err.Error(), "refund", "the log is not for every caller that may act")
	require.NoError(t, log.Append(t.Context(), line("d", "2", "food-1"), seen("food-1")))

	before = seen("food-3")
	refused := together(t, 8, func(n int) (bool, error) {
		err := log.Append(t.Context(), line("at once "+string(rune('a'+n)), string(rune('a'+n)), "food-3"), before)
		if errors.Is(err, &booking.Error{Code: orders.ActedMeanwhile}) {
			return true, nil
		}
		return false, err
	})
	require.Equal(t, 7, count(refused, true))
}
