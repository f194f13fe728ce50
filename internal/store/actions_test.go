package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testActions: a line before an action and one after it are one action, newest first; and
// the database lets nobody change or remove a line.
func testActions(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	log := store.NewActions(db)
	cancel := booking.OperatorAction{ID: "x", At: noon, By: "1024", Action: booking.CancelOrder, OrderID: "food-1", Reason: "the shop burns\x00"}
	require.NoError(t, log.Append(t.Context(), cancel))
	list := func(orderID string) []booking.OperatorAction {
		actions, next, err := log.Actions(t.Context(), orderID, booking.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		return actions
	}
	shown := cancel
	shown.Reason = "the shop burns\uFFFD"
	require.Equal(t, []booking.OperatorAction{shown}, list(""), "its outcome is not known")
	cancel.Outcome, shown.Outcome = booking.ActionDone, booking.ActionDone
	require.NoError(t, log.Append(t.Context(), cancel))
	require.NoError(t, log.Append(t.Context(), cancel))
	refund := booking.OperatorAction{ID: "a", At: noon.Add(time.Hour), By: "1025", Action: booking.RefundOrder, OrderID: "food-2", Outcome: "pending"}
	require.NoError(t, log.Append(t.Context(), refund), "its first line could not be written")
	require.Equal(t, []booking.OperatorAction{refund, shown}, list(""))
	require.Equal(t, []booking.OperatorAction{shown}, list("food-1"))
	require.Empty(t, list("food-3"))

	first, next, err := log.Actions(t.Context(), "", booking.Page{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []booking.OperatorAction{refund}, first)
	second, next, err := log.Actions(t.Context(), "", booking.Page{Limit: 1, Cursor: next})
	require.NoError(t, err)
	require.Equal(t, []booking.OperatorAction{shown}, second)
	require.Empty(t, next)

	for _, statement := range []string{
		"UPDATE operator_actions SET by_id = '1'", "DELETE FROM operator_actions WHERE order_id = 'food-1'", "DELETE FROM operator_actions",
	} {
		_, err := db.SQL().ExecContext(t.Context(), statement)
		require.ErrorContains(t, err, "operator_actions is only ever appended to", statement)
	}
	require.Len(t, list(""), 2)
}
