package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

func testRepair(t *testing.T, mypage *store.Mypage) {
	order := func(t *testing.T) contract.Publication {
		t.Helper()
		p, err := mypage.Order(t.Context(), t.Name())
		require.NoError(t, err)
		return p
	}

	run(t, "States", func(t *testing.T) {
		a, b := newView(t.Name()+"a", "c", 5, booking.Paid), newView(t.Name()+"b", "c", 7, booking.Cancelling)
		b.NeedsAttention = true
		for _, v := range []contract.View{a, b} {
			require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: v}))
		}
		got, err := mypage.States(t.Context(), []string{a.ID, b.ID, "none", a.ID})
		require.NoError(t, err)
		require.Equal(t, map[string]contract.RowState{
			a.ID: {Status: booking.Paid, Version: 5},
			b.ID: {Status: booking.Cancelling, NeedsAttention: true, Version: 7},
		}, got)

		publishAgain(t, mypage, b.ID, func(v *contract.View) { v.NeedsAttention = false })
		got, err = mypage.States(t.Context(), []string{b.ID})
		require.NoError(t, err)
		require.Equal(t, map[string]contract.RowState{b.ID: {Status: booking.Cancelling, Version: 8}}, got)
		got, err = mypage.States(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, got)
	})

	run(t, "ReplaceWhateverIsThere", func(t *testing.T) {
		first := newView(t.Name(), "c", 5, booking.Confirmed)
		require.NoError(t, mypage.Replace(t.Context(), contract.Publication{View: first}), "or nothing is")
		require.Equal(t, contract.Publication{View: first}, order(t))

		newer := newView(t.Name(), "c", 9, booking.Completed)
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: newer, Decision: &newer, RequestHash: "hash"}))
		require.NoError(t, mypage.Replace(t.Context(), contract.Publication{View: first}))
		require.Equal(t, contract.Publication{View: first, Decision: &newer, RequestHash: "hash"}, order(t),
			"a decision and a hash are kept")

		right := contract.Publication{View: first, Decision: &first, RequestHash: "right"}
		require.NoError(t, mypage.Replace(t.Context(), right))
		require.Equal(t, contract.Publication{View: first, Decision: &newer, RequestHash: "hash"}, order(t), "what was answered once stays the answer")
	})

	run(t, "ReplaceKeepsWhatWasPaidForInTheLists", func(t *testing.T) {
		view := newView(t.Name(), t.Name(), 5, booking.Confirmed)
		view.Placed = true
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: view}))
		view.Placed, view.Status = false, booking.Cancelled
		require.NoError(t, mypage.Replace(t.Context(), contract.Publication{View: view}))
		for _, f := range []booking.OrderFilter{{CustomerID: t.Name()}, {OwnerID: "owner of " + t.Name()}} {
			views, _, err := mypage.Orders(t.Context(), f, booking.Page{})
			require.NoError(t, err)
			require.Len(t, views, 1)
		}
	})
}

func testAppendEvents(t *testing.T, fresh newURL) {
	run(t, "OnceAndWithoutARow", func(t *testing.T) {
		reader := follower{m: store.NewMypage(setup(t, fresh, "mypage"))}
		add := func(from, to int) {
			t.Helper()
			var events []booking.Event
			for n := from; n <= to; n++ {
				events = append(events, newEvent("o1", n))
			}
			require.NoError(t, reader.m.AppendEvents(t.Context(), "o1", events))
		}
		add(1, 3)
		add(2, 4)
		add(5, 4) // none
		reader.followUntil(t, 4)
		reader.requireInOrder(t)
		_, err := reader.m.Order(t.Context(), "o1")
		requireCode(t, booking.NotFound, err)
	})

	run(t, "InTurnWithPublications", func(t *testing.T) {
		reader := follower{m: store.NewMypage(setup(t, fresh, "mypage"))}
		const orders, depth = 10, 6
		together(t, orders*depth, func(i int) (struct{}, error) {
			order, to := key("o", i%orders), i/orders+1
			if to%2 == 0 {
				return struct{}{}, publishEvents(t.Context(), reader.m, order, 1, to)
			}
			var events []booking.Event
			for n := 1; n <= to; n++ {
				events = append(events, newEvent(order, n))
			}
			return struct{}{}, reader.m.AppendEvents(t.Context(), order, events)
		})
		reader.followUntil(t, orders*depth)
		reader.requireInOrder(t)
	})
}
