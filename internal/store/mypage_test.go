package store_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

func newView(id, customer string, version int64, status booking.Status) contract.View {
	return contract.View{
		ID: id, Kind: booking.Lodging, CustomerID: customer, OwnerID: "owner of " + customer,
		Item: booking.Item{ID: "p1", Name: "Sea's \"view\"? \x00"}, Quantity: 2, Amount: won, Status: status,
		History: []contract.Entry{{Status: booking.Received, At: christmas.UTC(), Note: "조용한 방 \\"}},
		Version: version, Stay: &contract.Stay{CheckIn: "2026-12-24", CheckOut: "2026-12-26"},
	}
}

// publishAgain publishes a change of an existing order.
func publishAgain(t *testing.T, mypage *store.Mypage, id string, change func(*contract.View)) {
	t.Helper()
	p, err := mypage.Order(t.Context(), id)
	require.NoError(t, err)
	change(&p.View)
	p.View.Version++
	require.NoError(t, mypage.Publish(t.Context(), p))
}

func testMypage(t *testing.T, fresh newURL) {
	mypage := store.NewMypage(setup(t, fresh, "mypage"))
	t.Run("Publish", func(t *testing.T) { t.Parallel(); testPublish(t, mypage) })
	t.Run("Orders", func(t *testing.T) { t.Parallel(); testOrders(t, mypage) })
	t.Run("AttentionCounts", func(t *testing.T) { t.Parallel(); testAttentionCounts(t, store.NewMypage(setup(t, fresh, "mypage"))) })
	t.Run("Monitor", func(t *testing.T) { t.Parallel(); testMonitor(t, fresh) })
	t.Run("Repair", func(t *testing.T) { t.Parallel(); testRepair(t, mypage) })
	t.Run("Disputes", func(t *testing.T) { t.Parallel(); testDisputes(t, store.NewMypage(setup(t, fresh, "mypage"))) })
}

func testPublish(t *testing.T, mypage *store.Mypage) {
	publish := func(t *testing.T, p contract.Publication) {
		t.Helper()
		require.NoError(t, mypage.Publish(t.Context(), p))
	}
	order := func(t *testing.T) contract.Publication {
		t.Helper()
		p, err := mypage.Order(t.Context(), t.Name())
		require.NoError(t, err)
		view, err := mypage.View(t.Context(), t.Name())
		require.NoError(t, err)
		require.Equal(t, p.View, view)
		return p
	}

	run(t, "RoundTrip", func(t *testing.T) {
		view := newView(t.Name(), "c", 5, booking.Confirmed)
		p := contract.Publication{View: view, Decision: &view, RequestHash: "hash"}
		publish(t, p)
		require.Equal(t, p, order(t))
	})

	run(t, "Later", func(t *testing.T) {
		ended := newView(t.Name(), "c", 5, booking.Completed)
		publish(t, contract.Publication{View: ended, Decision: &ended, RequestHash: "hash"})
		minute := func(n int) time.Time { return ended.History[0].At.Add(time.Duration(n) * time.Minute) }
		paid := func(by string, n int) contract.Entry {
			amount := won
			return contract.Entry{Status: ended.Status, Decision: contract.ResolveUpdate, By: by, At: minute(n), Refund: &amount}
		}
		// Each of the two refunds knows the order as it was when both began.
		publishRefund := func(version int64, l contract.RefundAfterEnd, needsAttention bool, history int) contract.View {
			t.Helper()
			view := ended
			view.Version = version
			for range 2 { // in place, and then from the queue
				publish(t, contract.Publication{View: view, RefundAfterEnd: &l})
			}
			is := order(t)
			require.Equal(t, "hash", is.RequestHash)
			require.Equal(t, &ended, is.Decision)
			require.Equal(t, needsAttention, is.View.NeedsAttention)
			require.Len(t, is.View.History, len(ended.History)+history)
			require.GreaterOrEqual(t, is.View.Version, version)
			return is.View
		}
		publishRefund(20, contract.RefundAfterEnd{Refund: "a", Waits: true}, true, 0)
		publishRefund(30, contract.RefundAfterEnd{Refund: "b"}, true, 0)
		publishRefund(40, contract.RefundAfterEnd{Refund: "b", Waits: true}, true, 0)
		publishRefund(25, contract.RefundAfterEnd{Refund: "a", Added: []contract.Entry{paid("1", 2)}}, true, 1)
		last := publishRefund(50, contract.RefundAfterEnd{Refund: "b", Added: []contract.Entry{paid("2", 1)}}, false, 2)
		require.Equal(t, []string{"2", "1"}, []string{last.History[len(ended.History)].By, last.History[len(ended.History)+1].By})
		require.Greater(t, last.Version, int64(50), "each is news to the waiters for the order")
		publishRefund(40, contract.RefundAfterEnd{Refund: "b", Waits: true}, false, 2) // an attempt that is slower than all others
		publishRefund(60, contract.RefundAfterEnd{Refund: "b", Waits: true}, true, 2)
		publishRefund(50, contract.RefundAfterEnd{Refund: "b"}, true, 2)
		publishRefund(60, contract.RefundAfterEnd{Refund: "b"}, false, 2)
	})

	run(t, "LaterAtOnce", func(t *testing.T) {
		ended := newView(t.Name(), "c", 5, booking.Completed)
		publish(t, contract.Publication{View: ended})
		together(t, 8, func(n int) (any, error) {
			added := contract.Entry{Status: ended.Status, Decision: contract.ResolveUpdate, By: strconv.Itoa(n), At: ended.History[0].At}
			return nil, mypage.Publish(t.Context(), contract.Publication{
				View: ended, RefundAfterEnd: &contract.RefundAfterEnd{Refund: strconv.Itoa(n), Waits: n == 3, Added: []contract.Entry{added}},
			})
		})
		require.Len(t, order(t).View.History, len(ended.History)+8)
		require.True(t, order(t).View.NeedsAttention)
	})

	run(t, "NotFound", func(t *testing.T) {
		_, err := mypage.Order(t.Context(), t.Name())
		requireCode(t, booking.NotFound, err)
		_, err = mypage.View(t.Context(), t.Name())
		requireCode(t, booking.NotFound, err)
	})

	run(t, "Statuses", func(t *testing.T) {
		one, two := t.Name()+"/1", t.Name()+"/2"
		publish(t, contract.Publication{View: newView(one, "c", 1, booking.Paid)})
		publish(t, contract.Publication{View: newView(two, "c", 1, booking.Received)})
		publish(t, contract.Publication{View: newView(two, "c", 2, booking.Cancelled)})
		statuses, err := mypage.Statuses(t.Context(), []string{one, two, t.Name() + "/3"})
		require.NoError(t, err)
		require.Equal(t, map[string]booking.Status{one: booking.Paid, two: booking.Cancelled}, statuses)
		statuses, err = mypage.Statuses(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, statuses)
	})

	run(t, "NewestVersionStands", func(t *testing.T) {
		publish(t, contract.Publication{View: newView(t.Name(), "c", 2, booking.Paid)})
		publish(t, contract.Publication{View: newView(t.Name(), "c", 1, booking.Received)})
		require.Equal(t, booking.Paid, order(t).View.Status)
		publish(t, contract.Publication{View: newView(t.Name(), "c", 2, booking.Cancelled)})
		require.Equal(t, booking.Paid, order(t).View.Status, "same version: no change")
		publish(t, contract.Publication{View: newView(t.Name(), "c", 3, booking.Confirmed)})
		require.Equal(t, booking.Confirmed, order(t).View.Status)
	})

	run(t, "DecisionIsKeptAndMayComeLate", func(t *testing.T) {
		first, other := newView(t.Name(), "c", 1, booking.Confirmed), newView(t.Name(), "c", 9, booking.Cancelled)
		publish(t, contract.Publication{View: newView(t.Name(), "c", 3, booking.Completed)})
		publish(t, contract.Publication{View: first, Decision: &first, RequestHash: "hash"})
		got := order(t)
		require.Equal(t, booking.Completed, got.View.Status)
		require.Equal(t, &first, got.Decision)
		require.Equal(t, "hash", got.RequestHash)

		publish(t, contract.Publication{View: other, Decision: &other, RequestHash: "another"})
		got = order(t)
		require.Equal(t, booking.Cancelled, got.View.Status)
		require.Equal(t, &first, got.Decision)
		require.Equal(t, "hash", got.RequestHash)
		publish(t, contract.Publication{View: newView(t.Name(), "c", 10, booking.Cancelled)})
		require.Equal(t, &first, order(t).Decision)
	})

	run(t, "OutOfOrderAtOnce", func(t *testing.T) {
		decision := newView(t.Name(), "c", 4, booking.Confirmed)
		together(t, 20, func(i int) (struct{}, error) {
			p := contract.Publication{View: newView(t.Name(), "c", int64(i+1), booking.Confirmed)}
			if i == 3 {
				p.Decision = &decision
			}
			return struct{}{}, mypage.Publish(t.Context(), p)
		})
		got := order(t)
		require.EqualValues(t, 20, got.View.Version)
		require.Equal(t, &decision, got.Decision)
	})
}

func testOrders(t *testing.T, mypage *store.Mypage) {
	place := func(t *testing.T, id string, at time.Time, change func(*contract.View)) {
		t.Helper()
		view := newView(t.Name()+id, t.Name(), 1, booking.Paid)
		view.History[0].At = at
		if change != nil {
			change(&view)
		}
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: view}))
	}
	list := func(t *testing.T, f booking.OrderFilter, limit int) (ids []string) {
		t.Helper()
		page := booking.Page{Limit: limit}
		for {
			views, next, err := mypage.Orders(t.Context(), f, page)
			require.NoError(t, err)
			for _, v := range views {
				ids = append(ids, v.ID[len(t.Name()):])
			}
			if page.Cursor = next; next == "" {
				return ids
			}
			require.Len(t, views, limit)
		}
	}

	run(t, "NewestFirstInParts", func(t *testing.T) {
		for i := range 6 {
			// Two of each instant, and instants that differ only in fractions of a
			// second.
			place(t, key(i), christmas.Add(time.Duration(i/2)*50*time.Millisecond), nil)
		}
		for _, limit := range []int{1, 2, 3, 4, 6, 7} {
			require.Equal(t, []string{"5", "4", "3", "2", "1", "0"}, list(t, booking.OrderFilter{CustomerID: t.Name()}, limit))
		}
	})

	run(t, "PlacedBefore", func(t *testing.T) {
		for i := range 6 {
			place(t, key(i), christmas.Add(time.Duration(i)*time.Minute), func(v *contract.View) { v.Placed = true })
		}
		f := booking.OrderFilter{OwnerID: "owner of " + t.Name(), PlacedBefore: christmas.Add(3 * time.Minute)}
		for _, limit := range []int{1, 2, 9} {
			require.Equal(t, []string{"2", "1", "0"}, list(t, f, limit))
		}
		n, err := mypage.CountOrders(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, 3, n)
	})

	run(t, "Filters", func(t *testing.T) {
		place(t, "a", christmas, nil)
		place(t, "b", christmas, func(v *contract.View) { v.Status = booking.AwaitingOwner })
		place(t, "c", christmas, func(v *contract.View) { v.CustomerID = "another customer of " + t.Name() })
		place(t, "d", christmas, func(v *contract.View) { v.Kind = "food" })
		place(t, "e", christmas, func(v *contract.View) { v.Status, v.Reason = booking.Cancelled, booking.PaymentDeclined })
		paid := func(v *contract.View) { v.Placed = true }
		for _, id := range []string{"b", "c", "d"} {
			publishAgain(t, mypage, t.Name()+id, paid)
		}
		customer, owner := t.Name(), "owner of "+t.Name()
		require.Equal(t, []string{"d", "b", "a"}, list(t, booking.OrderFilter{CustomerID: customer}, 9))
		require.Equal(t, []string{"d", "c", "b"}, list(t, booking.OrderFilter{OwnerID: owner}, 9), "an owner sees what was paid for")
		require.Equal(t, []string{"b"}, list(t, booking.OrderFilter{OwnerID: owner, Status: booking.AwaitingOwner}, 9))
		require.Equal(t, []string{"b", "a"}, list(t, booking.OrderFilter{CustomerID: customer, Kind: booking.Lodging}, 9))
		require.Empty(t, list(t, booking.OrderFilter{CustomerID: "unknown"}, 9))
		for _, tt := range []struct {
			filter booking.OrderFilter
			want   int
		}{{booking.OrderFilter{CustomerID: customer}, 3}, {booking.OrderFilter{OwnerID: owner, Status: booking.AwaitingOwner}, 1}} {
			n, err := mypage.CountOrders(t.Context(), tt.filter)
			require.NoError(t, err)
			require.Equal(t, tt.want, n)
		}

		declined, err := mypage.Order(t.Context(), t.Name()+"e")
		require.NoError(t, err, "not listed, but there")
		require.Equal(t, booking.Cancelled, declined.View.Status)
	})

	run(t, "KindsAndStatusesAreMerged", func(t *testing.T) {
		statuses := map[string]booking.Status{"a": booking.Confirmed, "b": booking.Delivering, "c": booking.Completed, "d": booking.Paid, "e": booking.Completed}
		for i, id := range []string{"a", "b", "c", "d", "e"} {
			place(t, id, christmas.Add(time.Duration(i)*time.Second), func(v *contract.View) {
				v.Status, v.Placed = statuses[id], true
				if id == "b" || id == "d" {
					v.Kind = booking.Food
				}
				if id == "e" {
					v.Kind = booking.Cafe
				}
			})
		}
		for limit := 1; limit <= 6; limit++ {
			require.Equal(t, []string{"e", "c"}, list(t, booking.OrderFilter{CustomerID: t.Name(), Status: booking.Completed}, limit))
			require.Equal(t, []string{"d", "b"}, list(t, booking.OrderFilter{CustomerID: t.Name(), Kind: booking.Food}, limit))
			require.Equal(t, []string{"c", "a"}, list(t, booking.OrderFilter{CustomerID: t.Name(), Kind: booking.Lodging}, limit))
			require.Empty(t, list(t, booking.OrderFilter{CustomerID: t.Name(), Kind: booking.Food, Status: booking.Completed}, limit))
		}
	})

	run(t, "OfOneAskerOnly", func(t *testing.T) {
		for _, f := range []booking.OrderFilter{{}, {Status: booking.Confirmed}, {CustomerID: "a", OwnerID: "b"}, {CustomerID: "a", ItemID: "b"}, {OwnerID: "a", ItemID: "b", Kind: booking.Food}} {
			_, _, err := mypage.Orders(t.Context(), f, booking.Page{})
			require.ErrorContains(t, err, "one customer or for one owner")
		}
	})

	run(t, "BadCursor", func(t *testing.T) {
		place(t, "a", christmas, nil)
		place(t, "b", christmas, nil)
		_, next, err := mypage.Orders(t.Context(), booking.OrderFilter{CustomerID: t.Name()}, booking.Page{Limit: 1})
		require.NoError(t, err)
		_, _, err = mypage.Events(t.Context(), next, 1)
		requireCode(t, booking.InvalidCursor, err)
		for _, cursor := range []string{"bad", "!", "W10", next[1:]} {
			_, _, err = mypage.Orders(t.Context(), booking.OrderFilter{CustomerID: t.Name()}, booking.Page{Cursor: cursor})
			requireCode(t, booking.InvalidCursor, err)
		}
	})
}
