package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

var (
	received = christmas.UTC().Truncate(time.Microsecond)
	byHer    = contract.Withdrawal{Reason: booking.ByCustomer, Note: "changed my mind", By: "1024"}
)

// keptOrder is an order for the inbox, received `after` the first.
func keptOrder(id string, after time.Duration) (orders.Kept, contract.Publication) {
	v := newView(id, "alice", orders.KeptVersion, booking.Received)
	k := orders.Kept{
		OrderID: id, Kind: booking.Lodging, CustomerID: "alice", PlacedBy: "1025", Input: []byte(`{"orderId":"` + id + `"}`), Summary: "2 rooms",
		RequestHash: "hash", ReceivedAt: received.Add(after), StartBy: received.Add(after + time.Hour),
	}
	return k, contract.Publication{View: v, RequestHash: "hash"}
}

// inboxOf is the inbox of one test, with its read model.
type inboxOf struct {
	*testing.T
	*store.Inbox
	pages *store.Mypage
	db    *store.DB
}

func newInbox(t *testing.T, fresh newURL) inboxOf {
	t.Helper()
	db := setup(t, fresh, "mypage")
	return inboxOf{t, store.NewInbox(db), store.NewMypage(db), db}
}

func (i inboxOf) put(id string, after time.Duration) orders.Kept {
	i.Helper()
	k, p := keptOrder(id, after)
	hash, err := i.Put(i.Context(), k, p)
	require.NoError(i, err)
	require.Equal(i, "hash", hash)
	return k
}

// lease leases up to n orders at a time, for a minute, and returns their ids.
func (i inboxOf) lease(n int, at time.Time) []string {
	i.Helper()
	leased, err := i.Lease(i.Context(), n, at, at.Add(time.Minute))
	require.NoError(i, err)
	ids := []string{}
	for _, k := range leased {
		ids = append(ids, k.OrderID)
	}
	return ids
}

func (i inboxOf) open() orders.OpenInbox {
	i.Helper()
	open, err := i.Open(i.Context())
	require.NoError(i, err)
	for customer, want := range map[string]int{"alice": open.Orders, "bob": 0} {
		got, err := i.OpenOf(i.Context(), customer)
		require.NoError(i, err)
		require.Equal(i, want, got, customer)
	}
	for caller, want := range map[string]int{"1025": open.Orders, "1026": 0} {
		got, err := i.OpenBy(i.Context(), caller)
		require.NoError(i, err)
		require.Equal(i, want, got, caller)
	}
	return open
}

func (i inboxOf) row(id string) contract.Publication {
	i.Helper()
	p, err := i.pages.Order(i.Context(), id)
	require.NoError(i, err)
	return p
}

func (i inboxOf) all() (ids []string) {
	i.Helper()
	for k, err := range i.All(i.Context()) {
		require.NoError(i, err)
		ids = append(ids, k.OrderID)
	}
	return ids
}

func testInbox(t *testing.T, fresh newURL) {
	for name, test := range map[string]func(inboxOf){
		"Put": testInboxPut, "Lease": testInboxLease, "Started": testInboxStarted, "Withdraw": testInboxWithdraw,
		"Expire": testInboxExpire, "Forget": testInboxForget,
	} {
		run(t, name, func(t *testing.T) { test(newInbox(t, fresh)) })
	}
}

// testInboxPut: an order gets into the inbox and the read model at once, and only once.
func testInboxPut(i inboxOf) {
	require.Equal(i, orders.OpenInbox{}, i.open())
	k := i.put("b", time.Minute)
	i.put("a", 0)
	require.Equal(i, orders.OpenInbox{Orders: 2, Oldest: received}, i.open())
	require.Equal(i, []string{"a", "b"}, i.all(), "the oldest first")
	_, p := keptOrder("b", time.Minute)
	require.Equal(i, p, i.row("b"))
	listed, _, err := i.pages.Orders(i.Context(), booking.OrderFilter{CustomerID: "alice"}, booking.Page{})
	require.NoError(i, err)
	require.Len(i, listed, 2)

	leased, err := i.Lease(i.Context(), 2, received, received.Add(time.Minute))
	require.NoError(i, err)
	k.Tries, k.LeasedUntil = 1, received.Add(time.Minute)
	require.Equal(i, k, leased[1])

	other, p := keptOrder("b", 0)
	other.RequestHash, p.RequestHash, p.View.Quantity = "another hash", "another hash", 9
	hash, err := i.Put(i.Context(), other, p)
	require.NoError(i, err)
	require.Equal(i, "hash", hash, "the first one counts")
	require.Equal(i, 2, i.row("b").View.Quantity)
	require.Equal(i, 2, i.open().Orders)

	// Its saga has published before: the row stays.
	require.NoError(i, i.pages.Publish(i.Context(), contract.Publication{View: newView("c", "alice", 1_000_000, booking.Confirmed)}))
	i.put("c", 0)
	require.Equal(i, booking.Confirmed, i.row("c").View.Status)
	_, ok, err := i.Withdraw(i.Context(), "c", byHer, false)
	require.NoError(i, err)
	require.False(i, ok, "it is not in the inbox alone")
}

// testInboxLease: one process has an order; it is leased again when the process has failed
// or died.
func testInboxLease(i inboxOf) {
	at := received.Add(time.Hour)
	for n, id := range []string{"a", "b", "c"} {
		i.put(id, time.Duration(n)*time.Second)
	}
	require.Equal(i, []string{"a", "b"}, i.lease(2, at))
	require.Equal(i, []string{"c"}, i.lease(2, at))
	require.Empty(i, i.lease(2, at))
	require.NoError(i, i.Failed(i.Context(), orders.Failure{OrderID: "b", Sent: true, Again: at.Add(time.Second), Cause: "away"}))
	require.Empty(i, i.lease(2, at))
	require.Equal(i, []string{"b"}, i.lease(2, at.Add(time.Second)))
	require.Equal(i, []string{"a", "c"}, i.lease(3, at.Add(time.Minute)), "the process that had them has died")

	got := together(i.T, 8, func(int) ([]string, error) {
		leased, err := i.Lease(i.Context(), 1, at.Add(time.Hour), at.Add(2*time.Hour))
		var ids []string
		for _, k := range leased {
			require.True(i, k.Sent, "an earlier lease may have sent it")
			ids = append(ids, k.OrderID)
		}
		return ids, err
	})
	all := slices.Concat(got...)
	slices.Sort(all)
	require.LessOrEqual(i, len(all), 3)
	require.Equal(i, slices.Compact(slices.Clone(all)), all, "none twice")
}

// testInboxStarted: a started order is finished, and stays so.
func testInboxStarted(i inboxOf) {
	i.put("a", 0)
	i.put("b", 0)
	require.NoError(i, i.Started(i.Context(), "a", ""))
	require.NoError(i, i.Started(i.Context(), "b", "another hash"))
	require.Zero(i, i.open().Orders)
	require.Empty(i, i.lease(2, received))
	require.Equal(i, "hash", i.row("a").RequestHash)
	require.Equal(i, "another hash", i.row("b").RequestHash, "repeats are of the order that was started")
	_, ok, err := i.Withdraw(i.Context(), "a", byHer, false)
	require.NoError(i, err)
	require.False(i, ok)
	require.NoError(i, i.Closed(i.Context(), "a", "late"))
	require.NoError(i, i.Failed(i.Context(), orders.Failure{OrderID: "a"}))
	require.Equal(i, "hash", i.put("a", 0).RequestHash)
	require.Zero(i, i.open().Orders, "it is not leased again")
}

// testInboxWithdraw: a withdrawn order is shown as such at once, and waits until the
// engine knows.
func testInboxWithdraw(i inboxOf) {
	_, ok, err := i.Withdraw(i.Context(), "unknown", byHer, false)
	require.NoError(i, err)
	require.False(i, ok)

	i.put("a", 0)
	require.Equal(i, []string{"a"}, i.lease(1, received))
	_, ok, err = i.Withdraw(i.Context(), "a", byHer, true)
	require.NoError(i, err)
	require.False(i, ok, "its start may have been sent")
	require.Equal(i, booking.Received, i.row("a").View.Status)
	require.NoError(i, i.Failed(i.Context(), orders.Failure{OrderID: "a", Again: received, Cause: "connection refused"}))

	view, ok, err := i.Withdraw(i.Context(), "a", byHer, true)
	require.NoError(i, err)
	require.True(i, ok)
	require.Equal(i, booking.Cancelling, view.Status)
	require.Equal(i, view, i.row("a").View)
	require.EqualValues(i, "changed my mind", view.History[1].Note)
	require.Equal(i, "1024", view.By())
	again, ok, err := i.Withdraw(i.Context(), "a", contract.Withdrawal{Reason: booking.NotProcessed}, true)
	require.NoError(i, err)
	require.True(i, ok)
	require.Equal(i, view, again, "as it was first")

	require.NoError(i, i.Started(i.Context(), "a", ""))
	leased, err := i.Lease(i.Context(), 1, received, received.Add(time.Minute))
	require.NoError(i, err)
	require.Equal(i, &byHer, leased[0].Withdrawal, "the engine has to know")
	require.NoError(i, i.Closed(i.Context(), "a", "never begun"))
	require.Zero(i, i.open().Orders)

	// Its row in the read model was lost: it is written again.
	_, err = i.db.SQL().ExecContext(i.Context(), "DELETE FROM orders")
	require.NoError(i, err)
	i.put("c", 0)
	_, err = i.db.SQL().ExecContext(i.Context(), "DELETE FROM orders")
	require.NoError(i, err)
	_, ok, err = i.Withdraw(i.Context(), "c", byHer, true)
	require.NoError(i, err)
	require.True(i, ok)
	require.Equal(i, booking.Cancelling, i.row("c").View.Status)
	require.NoError(i, i.Closed(i.Context(), "c", ""))

	i.put("b", 0)
	i.lease(1, received)
	_, ok, err = i.Withdraw(i.Context(), "b", byHer, false)
	require.NoError(i, err)
	require.True(i, ok)
	require.Equal(i, []string{"b"}, i.lease(1, received), "at once, whichever process has it")
}

// testInboxExpire: orders that were never sent to the engine and can no longer be
// started are withdrawn. Only the engine knows about the others.
func testInboxExpire(i inboxOf) {
	for _, id := range []string{"expired", "sent"} {
		i.put(id, 0)
	}
	i.put("young", time.Minute)
	k, p := keptOrder("sent", 0)
	k.Sent = true
	_, err := i.Put(i.Context(), k, p)
	require.NoError(i, err)
	at := received.Add(time.Hour + time.Second)
	for _, want := range []int{1, 0} {
		n, err := i.Expire(i.Context(), at)
		require.NoError(i, err)
		require.Equal(i, want, n)
	}
	require.Equal(i, booking.NotProcessed, i.row("expired").View.Reason)
	require.Equal(i, booking.Received, i.row("sent").View.Status)
	require.Equal(i, booking.Received, i.row("young").View.Status)
	require.Equal(i, 3, i.open().Orders)
}

// testInboxForget: finished orders are deleted after a while, open ones never.
func testInboxForget(i inboxOf) {
	i.put("a", 0)
	i.put("b", 0)
	require.NoError(i, i.Started(i.Context(), "a", ""))
	for want, before := range []time.Time{time.Now().Add(-time.Hour), time.Now().Add(time.Hour)} {
		n, err := i.Forget(i.Context(), before)
		require.NoError(i, err)
		require.Equal(i, want, n)
	}
	require.Equal(i, 1, i.open().Orders)
	require.Equal(i, []string{"b"}, i.all())
}
