package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// testDisputes: an open dispute marks the order's row in all reads, and no publication
// or replacement of the row removes the mark.
func testDisputes(t *testing.T, mypage *store.Mypage) {
	open := []booking.Dispute{{ID: "du_1", Amount: won, State: booking.DisputeOpen, EvidenceDueBy: time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC)}}
	_, err := mypage.NoteDisputes(t.Context(), "disputed", open)
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	for _, id := range []string{"disputed", "quiet"} {
		v := newView(id, "c", 1, booking.Confirmed)
		v.Placed = true
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: v}))
	}
	is := func(disputed bool, status booking.Status) {
		t.Helper()
		view, err := mypage.View(t.Context(), "disputed")
		require.NoError(t, err)
		p, err := mypage.Order(t.Context(), "disputed")
		require.NoError(t, err)
		require.Equal(t, p.View, view)
		require.Equal(t, disputed, view.Disputed)
		require.Equal(t, status, view.Status)
		require.False(t, view.NeedsAttention, "its saga does not say so")
		listed, _, err := mypage.Orders(t.Context(), booking.OrderFilter{CustomerID: "c"}, booking.Page{})
		require.NoError(t, err)
		require.Len(t, listed, 2)
		for _, v := range listed {
			require.Equal(t, disputed && v.ID == "disputed", v.Disputed)
		}
		for row, err := range mypage.All(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, disputed && row.ID == "disputed", row.View.Disputed)
		}
		counts, err := mypage.AttentionCounts(t.Context())
		require.NoError(t, err)
		if disputed {
			require.Equal(t, []store.AttentionCount{{Kind: booking.Lodging, NeedingAttention: 1}}, counts)
		} else {
			require.Empty(t, counts)
		}
	}
	is(false, booking.Confirmed)
	for range 2 { // the second time it is stored already
		view, err := mypage.NoteDisputes(t.Context(), "disputed", open)
		require.NoError(t, err)
		require.Equal(t, "owner of c", view.OwnerID)
		is(true, booking.Confirmed)
	}
	publishAgain(t, mypage, "disputed", func(v *contract.View) { v.Status = booking.Completed })
	is(true, booking.Completed)
	p, err := mypage.Order(t.Context(), "disputed")
	require.NoError(t, err)
	require.NoError(t, mypage.Replace(t.Context(), p))
	is(true, booking.Completed)

	publishAgain(t, mypage, "disputed", func(v *contract.View) { v.NeedsAttention = true })
	counts, err := mypage.AttentionCounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.AttentionCount{{Kind: booking.Lodging, NeedingAttention: 1}}, counts, "it is counted once")
	publishAgain(t, mypage, "disputed", func(v *contract.View) { v.NeedsAttention = false })

	_, err = mypage.NoteDisputes(t.Context(), "disputed", nil)
	require.NoError(t, err)
	is(false, booking.Completed)
}
