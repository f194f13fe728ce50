package store_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestAudit runs the lists for audits on both databases.
func TestAudit(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]newURL{"postgres": pgtest.New, "sqlite": sqliteURL} {
		for table, test := range map[string]func(*testing.T, newURL){
			"Payments":      listPayments,
			"SeveralPages":  listSeveralPages,
			"Sandbox":       listSandbox,
			"Days":          listDays,
			"ManyDays":      listManyDays,
			"Holds":         listHolds,
			"Jobs":          listJobs,
			"Crew":          listCrew,
			"Registrations": listRegistrations,
			"Messages":      listMessages,
			"Rows":          listRows,
			"Unreadable":    listUnreadable,
			"Failure":       listWithoutTables,
			"Break":         stopListing,
		} {
			run(t, name+"/"+table, func(t *testing.T) { test(t, fresh) })
		}
	}
}

// everything is the whole list, in its order.
func everything[T any](t *testing.T, list func(context.Context) iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for one, err := range list(t.Context()) {
		require.NoError(t, err)
		all = append(all, one)
	}
	return all
}

func listPayments(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))
	require.Empty(t, everything(t, payments.All))
	for _, order := range []string{"b", "a", ""} {
		_, err := payments.BeginCharge(t.Context(), newCharge(order))
		require.NoError(t, err)
	}
	charged, err := payments.EndCharge(t.Context(), "b", booking.Charged, "ch_1")
	require.NoError(t, err)
	pending, err := payments.Payment(t.Context(), "a")
	require.NoError(t, err)
	nameless, err := payments.Payment(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []booking.Payment{nameless, pending, charged}, everything(t, payments.All), "one of an order without an id, too")
}

// listSeveralPages: a list longer than a page has each row once.
func listSeveralPages(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))
	const orders = 2001
	together(t, 8, func(worker int) (struct{}, error) {
		for n := worker; n < orders; n += 8 {
			if _, err := payments.BeginCharge(t.Context(), newCharge(fmt.Sprintf("o%04d", n))); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	all := everything(t, payments.All)
	require.Len(t, all, orders)
	for n, p := range all {
		require.Equal(t, fmt.Sprintf("o%04d", n), p.OrderID)
	}
}

func listSandbox(t *testing.T, fresh newURL) {
	sandbox := store.NewSandbox(setup(t, fresh, "sandbox"))
	paidCharge, err := sandbox.Charge(t.Context(), newCharge("b"), payments.Record{Status: booking.Charged})
	require.NoError(t, err)
	_, err = sandbox.Charge(t.Context(), newCharge("c"), payments.Record{Status: booking.Declined})
	require.NoError(t, err)
	_, err = sandbox.Void(t.Context(), newCharge("a"))
	require.NoError(t, err)
	require.NoError(t, sandbox.Refund(t.Context(), "r1", paidCharge.Ref, won))
	require.Equal(t, []audit.ProviderCharge{
		{OrderID: newCharge("a").OrderID},
		{OrderID: newCharge("b").OrderID, Ref: paidCharge.Ref, Charged: won, Refunded: won.Amount},
		{OrderID: newCharge("c").OrderID},
	}, everything(t, sandbox.Charges), "nothing was charged of what was voided or declined")
}

func newDay(item string, n, capacity, remaining, held int) audit.StockDay {
	return audit.StockDay{ItemID: item, Held: held, StockDay: booking.StockDay{Date: day(n), Capacity: capacity, Remaining: remaining}}
}

// listDays: a hold counts from its first day to its last, until it is released.
func listDays(t *testing.T, fresh newURL) {
	inventory := store.NewInventory(setup(t, fresh, "inventory"))
	require.NoError(t, inventory.SetCapacity(t.Context(), "b", day(0), day(5), 3))
	require.NoError(t, inventory.SetCapacity(t.Context(), "a", day(1), day(2), 1))
	hold(t, inventory, newHold("b", "o1", 1, 4, 1), done)
	hold(t, inventory, newHold("b", "o2", 2, 3, 2), done)
	hold(t, inventory, newHold("b", "o3", 0, 3, 3), soldOut)
	released := newHold("b", "o4", 0, 2, 1)
	hold(t, inventory, released, done)
	release(t, inventory, released, true)
	require.Equal(t, []audit.StockDay{
		newDay("a", 1, 1, 1, 0),
		newDay("b", 0, 3, 3, 0), newDay("b", 1, 3, 2, 1), newDay("b", 2, 3, 0, 3), newDay("b", 3, 3, 2, 1), newDay("b", 4, 3, 3, 0),
	}, everything(t, inventory.AllDays))
	shorten(t, inventory, newHold("b", "o1", 1, 4, 1), 2, nights(2, 4))
	require.Equal(t, []audit.StockDay{
		newDay("a", 1, 1, 1, 0),
		newDay("b", 0, 3, 3, 0), newDay("b", 1, 3, 2, 1), newDay("b", 2, 3, 1, 2), newDay("b", 3, 3, 3, 0), newDay("b", 4, 3, 3, 0),
	}, everything(t, inventory.AllDays))
}

// listManyDays: a hold that spans the end of a page counts on both pages.
func listManyDays(t *testing.T, fresh newURL) {
	inventory := store.NewInventory(setup(t, fresh, "inventory"))
	const days = 2100
	for n := 0; n < days; n += 300 {
		require.NoError(t, inventory.SetCapacity(t.Context(), "a", day(n), day(n+300), 5))
	}
	hold(t, inventory, newHold("a", "o1", 990, 1010, 2), done)
	all := everything(t, inventory.AllDays)
	require.Len(t, all, days)
	for n, got := range all {
		held := 0
		if n >= 990 && n < 1010 {
			held = 2
		}
		require.Equal(t, newDay("a", n, 5, 5-held, held), got)
	}
}

func listHolds(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "inventory")
	inventory := store.NewInventory(db)
	require.NoError(t, inventory.SetCapacity(t.Context(), "a", day(0), day(4), 5))
	h := newHold("a", "o1", 1, 3, 2)
	hold(t, inventory, h, done)
	hold(t, inventory, newHold("a", "o2", 3, 5, 1), soldOut)
	release(t, inventory, newHold("a", "o3", 0, 1, 1), false)
	require.Equal(t, []audit.Hold{{Hold: h, Stocked: 2}}, everything(t, inventory.LiveHolds))

	exec(t, db, "DELETE FROM stock WHERE day = '"+day(2).String()+"'")
	require.Equal(t, []audit.Hold{{Hold: h, Stocked: 1}}, everything(t, inventory.LiveHolds))

	short := newHold("a", "o4", 0, 4, 1)
	require.NoError(t, inventory.SetCapacity(t.Context(), "a", day(2), day(3), 5))
	hold(t, inventory, short, done)
	shorten(t, inventory, short, 1, nights(1, 4))
	short.To = day(1)
	require.Contains(t, everything(t, inventory.LiveHolds), audit.Hold{Hold: short, Stocked: 1})
}

func listJobs(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "fulfilment")
	deliveries, productions := store.NewDeliveries(db), store.NewProductions(db)
	for _, order := range []string{"b", "a"} {
		_, err := deliveries.Start(t.Context(), booking.Job{OrderID: order, Quantity: 1})
		require.NoError(t, err)
	}
	_, err := deliveries.Finish(t.Context(), "a")
	require.NoError(t, err)
	_, err = productions.Cancel(t.Context(), booking.Job{OrderID: "c", Quantity: 1, Reason: booking.ByCustomer})
	require.NoError(t, err)
	at := func(jobs []booking.JobState) (all []string) {
		for _, j := range jobs {
			all = append(all, j.OrderID+" "+string(j.Status))
		}
		return all
	}
	require.Equal(t, []string{"a delivered", "b started"}, at(everything(t, deliveries.All)))
	require.Equal(t, []string{"c cancelled"}, at(everything(t, productions.All)), "also one that was never started")
}

func listCrew(t *testing.T, fresh newURL) {
	crew := store.NewCrew(setup(t, fresh, "fulfilment"))
	kim := booking.Cleaner{ID: "kim", Name: "Kim"}
	atWork, err := crew.AddCleaner(t.Context(), "1025", kim)
	require.NoError(t, err)
	require.Equal(t, booking.CleanerAtWork{Cleaner: kim}, atWork)
	for _, order := range []string{"o3", "o2", "o1"} {
		_, err := crew.Assign(t.Context(), booking.Call{OrderID: order})
		require.NoError(t, err)
	}
	_, err = crew.Finish(t.Context(), "o3")
	require.NoError(t, err)
	require.Equal(t, []booking.CleanerAtWork{{Cleaner: kim, OrderID: "o2"}}, everything(t, crew.AllCleaners))
	require.Equal(t, []audit.Call{
		{OrderID: "o1", State: audit.CallWaiting},
		{OrderID: "o2", State: audit.CallAssigned, CleanerID: "kim"},
		{OrderID: "o3", State: audit.CallDone, CleanerID: "kim", Signalled: true},
	}, everything(t, crew.Assignments))
}

func listRegistrations(t *testing.T, fresh newURL) {
	management := store.NewManagement(setup(t, fresh, "management"))
	for _, order := range []string{"o2", "o1", "o3"} {
		_, err := management.Register(t.Context(), booking.Call{OrderID: order})
		require.NoError(t, err)
	}
	_, err := management.Unregister(t.Context(), booking.Call{OrderID: "o2", Reason: booking.ByCustomer})
	require.NoError(t, err)
	require.Equal(t, []string{"o1", "o3"}, everything(t, management.Registered))
}

func listRows(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	mypage := store.NewMypage(db)
	view := func(id string) contract.View {
		return contract.View{
			ID: id, Kind: booking.Lodging, CustomerID: "alice", Item: booking.Item{ID: "p1"}, Quantity: 2, Amount: won,
			Status: booking.Confirmed, Version: 7, History: []contract.Entry{{Status: booking.Received, At: christmas.UTC()}},
			Stay: &contract.Stay{CheckIn: "2026-12-24", CheckOut: "2026-12-26"},
		}
	}
	for _, id := range []string{"b", "a"} {
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: view(id)}))
	}
	exec(t, db, "UPDATE orders SET status = 'cancelled', version = 8 WHERE id = 'b'")
	require.Equal(t, []audit.Row{
		{ID: "a", Status: booking.Confirmed, Version: 7, View: view("a")},
		{ID: "b", Status: booking.Cancelled, Version: 8, View: view("b")},
	}, everything(t, mypage.All))
}

// listUnreadable: an item that cannot be read is named, and the list continues after it.
func listUnreadable(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "mypage")
	mypage := store.NewMypage(db)
	for _, id := range []string{"", "a", "b", "c"} {
		require.NoError(t, mypage.Publish(t.Context(), contract.Publication{View: contract.View{ID: id, Version: 1, Status: booking.Paid}}))
	}
	exec(t, db, "UPDATE orders SET view = '{\"quantity\":\"two\"}' WHERE id = 'b'")
	readable, unreadable := apart(t, mypage.All)
	require.Len(t, readable, 3)
	require.Equal(t, []string{"", "a", "c"}, []string{readable[0].ID, readable[1].ID, readable[2].ID}, "one without an id is listed, too")
	require.Len(t, unreadable, 1)
	require.Equal(t, "b", unreadable[0].OrderID)
	require.ErrorContains(t, unreadable[0], "view of order b: ")

	db = setup(t, fresh, "inventory")
	inventory := store.NewInventory(db)
	require.NoError(t, inventory.SetCapacity(t.Context(), "a", day(0), day(4), 5))
	hold(t, inventory, newHold("a", "o1", 1, 3, 2), done)
	hold(t, inventory, newHold("a", "o2", 1, 3, 2), done)
	exec(t, db, "UPDATE holds SET to_day = 'never' WHERE order_id = 'a/o1'")
	holds, unreadable := apart(t, inventory.LiveHolds)
	require.Len(t, holds, 1)
	require.Equal(t, []string{"a/o1", "a"}, []string{unreadable[0].OrderID, unreadable[0].Item})
	exec(t, db, "UPDATE stock SET day = 'soon' WHERE day = '"+day(0).String()+"'")
	days, unreadable := apart(t, inventory.AllDays)
	require.Len(t, days, 3)
	require.Equal(t, []string{"", "a"}, []string{unreadable[0].OrderID, unreadable[0].Item})
}

// apart returns the items of a list that can be read, and those that cannot.
func apart[T any](t *testing.T, list func(context.Context) iter.Seq2[T, error]) (readable []T, unreadable []*store.Unreadable) {
	t.Helper()
	for one, err := range list(t.Context()) {
		if err == nil {
			readable = append(readable, one)
			continue
		}
		var u *store.Unreadable
		require.ErrorAs(t, err, &u)
		unreadable = append(unreadable, u)
	}
	return readable, unreadable
}

// listWithoutTables: an error is returned once, and ends the list.
func listWithoutTables(t *testing.T, fresh newURL) {
	db := open(t, fresh(t))
	for _, list := range []func(context.Context) error{
		first(store.NewPayments(db).All), first(store.NewInventory(db).LiveHolds), first(store.NewManagement(db).Registered),
	} {
		require.Error(t, list(t.Context()))
	}
}

// first is the first error of a list, which must be its last item.
func first[T any](list func(context.Context) iter.Seq2[T, error]) func(context.Context) error {
	return func(ctx context.Context) (found error) {
		n := 0
		for _, err := range list(ctx) {
			found = err
			n++
		}
		if n != 1 {
			return nil
		}
		return found
	}
}

func stopListing(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))
	for _, order := range []string{"a", "b", "c"} {
		_, err := payments.BeginCharge(t.Context(), newCharge(order))
		require.NoError(t, err)
	}
	var seen []string
	for p, err := range payments.All(t.Context()) {
		require.NoError(t, err)
		if seen = append(seen, p.OrderID); len(seen) == 2 {
			break
		}
	}
	require.Equal(t, []string{"a", "b"}, seen)
}

// exec breaks something.
func exec(t *testing.T, db *store.DB, statement string) {
	t.Helper()
	_, err := db.SQL().ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func listMessages(t *testing.T, fresh newURL) {
	outbox := store.NewNotifications(setup(t, fresh, "notifications"))
	b, a := newMessage("r", "b", christmas.UTC()), newMessage("r", "a", christmas.UTC())
	for _, m := range []booking.Message{b, a} {
		_, err := outbox.Send(t.Context(), m)
		require.NoError(t, err)
	}
	off := newMessage("r", "a/withdrawal", christmas.UTC())
	for _, key := range []string{a.Key, "r/never"} {
		_, err := outbox.Withdraw(t.Context(), key, off, booking.ByCustomer)
		require.NoError(t, err)
	}
	require.Equal(t, []booking.Message{off, b}, everything(t, outbox.NotWithdrawn))
}
