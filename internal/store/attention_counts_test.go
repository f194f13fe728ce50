package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

func testAttentionCounts(t *testing.T, mypage *store.Mypage) {
	none, err := mypage.AttentionCounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, none)

	begun := christmas.UTC().Truncate(time.Microsecond)
	undoing := func(id string, after time.Duration, needy bool) {
		v := newView(id, "c", 1, booking.Cancelling)
		v.NeedsAttention = needy
		v.History = append(v.History, contract.Entry{Status: booking.Cancelling, At: begun.Add(after)})
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: v}))
	}
	require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: newView("well", "c", 1, booking.Confirmed)}))
	undoing("late", 2*time.Hour, false)
	undoing("early", time.Hour, true)
	both := []store.AttentionCount{
		{Kind: booking.Lodging, Cancelling: 2, Since: begun.Add(time.Hour)},
		{Kind: booking.Lodging, NeedingAttention: 1},
	}
	got, err := mypage.AttentionCounts(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, both, got)

	for _, order := range []string{"late", "early"} {
		publishAgain(t, mypage, order, func(v *contract.View) { v.Status, v.NeedsAttention = booking.Cancelled, false })
	}
	got, err = mypage.AttentionCounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, got)
}
