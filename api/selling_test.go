package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// thing is something of the catalogue that can be changed and withdrawn.
type thing struct {
	path     string
	business int    // index of the business of its orders
	change   string // which applies to later orders only
	price    int64  // each, after the change
}

// sold are the names of things and what is sold of them.
type sold struct {
	name      string
	price     int64
	withdrawn bool
}

func (m *memory) sold() map[string]sold {
	place, menu, drink := m.places["place-seaside"], m.menus["menu-bibimbap"], m.drinks["drink-latte"]
	return map[string]sold{
		"Place": {place.Name, place.Price.Amount, place.Withdrawn}, "Menu": {menu.Name, menu.Price.Amount, menu.Withdrawn},
		"Drink": {drink.Name, drink.Price.Amount, drink.Withdrawn},
	}
}

var things = map[string]thing{
	"Place": {placesPath + "/place-seaside", 0, `{"name":"Harbour Inn","price":{"amount":60000,"currency":"KRW"}}`, 60000},
	"Menu":  {menusPath + "/menu-bibimbap", 1, `{"name":"Dolsot","price":{"amount":10000,"currency":"KRW"},"ownerId":"sora"}`, 10000},
	"Drink": {drinksPath + "/drink-latte", 2, `{"name":"Flat White","price":{"amount":5000,"currency":"KRW"}}`, 5000},
}

func TestChange_CountsForTheNextOrder(t *testing.T) {
	t.Parallel()
	for name, thing := range things {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			changed := b.do("PATCH", thing.path, thing.change)
			require.Equal(t, http.StatusOK, changed.StatusCode, changed.text)
			require.Contains(t, changed.text, `"withdrawn":false`)
			require.JSONEq(t, changed.text, b.do("GET", thing.path, "").text)
			require.JSONEq(t, changed.text, b.do("PATCH", thing.path, thing.change).text, "again")
			require.JSONEq(t, changed.text, b.do("PATCH", thing.path, `{}`).text)
			kept := b.store.sold()[name]
			require.Equal(t, thing.price, kept.price)
			require.Contains(t, thing.change, `"`+kept.name+`"`)
		})
	}
}

func TestWithdrawn_AcceptsNoOrders(t *testing.T) {
	t.Parallel()
	for name, thing := range things {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			business := businesses()[thing.business]
			a := b.do("PATCH", thing.path, `{"withdrawn":true}`)
			require.Equal(t, http.StatusOK, a.StatusCode, a.text)
			require.Contains(t, a.text, `"withdrawn":true`)
			require.JSONEq(t, a.text, b.do("GET", thing.path, "").text, "it can still be read")
			require.True(t, b.store.sold()[name].withdrawn)
			b.notPlaced(&booking.Error{Code: booking.NotOnSale})
			b.problem(b.do("POST", business.orders, business.body), 409, booking.NotOnSale)

			require.Equal(t, http.StatusOK, b.do("PATCH", thing.path, `{"withdrawn":false}`).StatusCode)
			require.False(t, b.store.sold()[name].withdrawn)
		})
	}
}

func TestChange_Invalid(t *testing.T) {
	t.Parallel()
	paths := map[string]string{"Cleaner": cleanersPath + "/cleaner-min"}
	for name, thing := range things {
		paths[name] = thing.path
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store.cleaners = []booking.CleanerAtWork{{Cleaner: booking.Cleaner{ID: "cleaner-min", Name: "Min"}}}
			before := b.do("GET", path, "").text
			for body, field := range map[string]string{
				`{"name":" "}`: "name", `{"name":"So\u200bup"}`: "name", `{"name":""}`: "name", `{"id":"other"}`: "id", `{"withdrawn":"yes"}`: "withdrawn",
				`{"withdrawn":null}`: "withdrawn", `{"name":null}`: "name",
			} {
				a := b.do("PATCH", path, body)
				if strings.Contains(body, "null") && a.StatusCode == http.StatusOK {
					continue // left out
				}
				require.Equal(t, []string{field}, fields(b.problem(a, 422, booking.Invalid)), body)
			}
			if name != "Cleaner" {
				for body, field := range map[string]string{
					`{"price":{"amount":-1,"currency":"KRW"}}`: "price.amount", `{"price":{"amount":1,"currency":"won"}}`: "price.currency",
				} {
					require.Equal(t, []string{field}, fields(b.problem(b.do("PATCH", path, body), 422, booking.Invalid)), body)
				}
			}
			require.JSONEq(t, before, b.do("GET", path, "").text, "nothing was changed")
			at := strings.LastIndex(path, "/")
			b.problem(b.do("PATCH", path[:at]+"/thing-none", `{"name":"x"}`), 404, booking.NotFound)
			b.problem(b.do("PATCH", path[:at]+"/%00", `{"name":"x"}`), 404, booking.NotFound)
			b.store.fail(context.DeadlineExceeded)
			b.problem(b.do("PATCH", path, `{"name":"x"}`), 503, booking.Unavailable)
		})
	}
}

func TestDrinkStock(t *testing.T) {
	t.Parallel()
	const path = drinksPath + "/drink-latte"
	b := setup(t)
	a := b.do("PUT", path+"/stock", `{"count":7}`)
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Contains(t, a.text, `"count":7,"remaining":7`)
	require.JSONEq(t, a.text, b.do("GET", path, "").text)
	require.Equal(t, map[booking.Date]int{latte().Date: 7}, b.store.capacity)

	b.problem(b.do("PUT", path+"/stock", `{"count":1}`), 409, booking.StockBelowHeld)
	for _, body := range []string{`{"count":-1}`, `{"count":1000001}`, `{"count":0.5}`, `{}`} {
		require.Equal(t, []string{"count"}, fields(b.problem(b.do("PUT", path+"/stock", body), 422, booking.Invalid)), body)
	}
	require.Equal(t, map[booking.Date]int{latte().Date: 7}, b.store.capacity)
	b.problem(b.do("PUT", drinksPath+"/drink-none/stock", `{"count":7}`), 404, booking.NotFound)
}

func TestDrink_BeingDeletedIsNotChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.deletions["drink-latte"] = &booking.DrinkDeletion{}
	b.problem(b.do("PATCH", drinksPath+"/drink-latte", `{"withdrawn":false}`), 409, orders.CodeOf(booking.MenuDeleted))
	b.problem(b.do("PUT", drinksPath+"/drink-latte/stock", `{"count":7}`), 409, orders.CodeOf(booking.MenuDeleted))
	require.Empty(t, b.store.capacity)
}

func TestCleaner_WithdrawnAndRestored(t *testing.T) {
	t.Parallel()
	signals := 0
	b := setup(t, func(d *testDeps) { d.SignalAssignments = func(context.Context) error { signals++; return nil } })
	b.store.cleaners = []booking.CleanerAtWork{{Cleaner: booking.Cleaner{ID: "cleaner-min", Name: "Min"}}}
	const path = cleanersPath + "/cleaner-min"
	require.JSONEq(t, `{"id":"cleaner-min","name":"Min","status":"free","statusLabel":"대기중","withdrawn":false}`,
		b.do("GET", path, "", "Accept-Language", "ko").text)
	require.JSONEq(t, `{"id":"cleaner-min","name":"Min-jun","status":"withdrawn","statusLabel":"withdrawn","withdrawn":true}`,
		b.do("PATCH", path, `{"name":"Min-jun","withdrawn":true}`).text)
	require.Zero(t, signals)
	b.store.waits = "cleaning-1"
	require.Contains(t, b.do("PATCH", path, `{"withdrawn":false}`).text, `"orderId":"cleaning-1"`)
	require.Equal(t, 1, signals, "the waiting call is signalled")
	b.problem(b.do("GET", cleanersPath+"/cleaner-none", ""), 404, booking.NotFound)
	b.do("GET", cleanersPath+"?withdrawn=true", "")
	require.True(t, b.store.selected.Withdrawn)
}

// TestTelephone_IsReadByThoseWhoNeedIt: only the assigned cleaner sees the telephone
// number.
func TestTelephone_IsReadByThoseWhoNeedIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	call := booking.Call{OrderID: "cleaning-1", CustomerID: "alice", Tel: "+82 2-123-4567", Location: "12 Sejong-daero"}
	b.store.cleaners = []booking.CleanerAtWork{{Cleaner: booking.Cleaner{ID: "cleaner-min", Name: "Min"}, OrderID: "cleaning-1"}}
	b.store.onIt = []booking.Assignment{{Call: call, At: today}}
	require.JSONEq(t, `{"items":[{"orderId":"cleaning-1","customerId":"alice","tel":"+82 2-123-4567","location":"12 Sejong-daero",
		"at":"2026-11-20T16:00:00Z"}]}`, b.do("GET", cleanersPath+"/cleaner-min/assignments", "").text)
	b.problem(b.do("GET", cleanersPath+"/cleaner-none/assignments", ""), 404, booking.NotFound)

	business := businesses()[3]
	b.store.put(business.in(booking.Assigned, ""))
	for _, path := range []string{
		callsPath + "/cleaning-1", "/v1/mypages/cleaning-1", "/v1/mypages?customerId=alice", "/v1/orders?ownerId=cleaning",
		cleanersPath, cleanersPath + "/cleaner-min", "/v1/messages?recipientId=cleaner-min", "/v1/events",
	} {
		a := b.do("GET", path, "")
		require.Equal(t, http.StatusOK, a.StatusCode, "%s: %s", path, a.text)
		require.NotContains(t, a.text, "123-4567", path)
	}
}

func TestCalls_OfManagement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	call := func(id string, off bool) booking.RegisteredCall {
		return booking.RegisteredCall{
			Call: booking.Call{OrderID: id, CustomerID: "alice", Tel: "+82 2-123-4567", Location: "12 Sejong-daero"}, At: today, StruckOff: off,
		}
	}
	b.store.calls = []booking.RegisteredCall{call("cleaning-3", true), call("cleaning-2", false), call("cleaning-1", false)}
	b.store.put(businesses()[3].in(booking.Assigned, ""))
	require.JSONEq(t, `{"orderId":"cleaning-1","customerId":"alice","tel":"+82 2-123-4567","location":"12 Sejong-daero"}`,
		b.do("GET", callsPath+"/cleaning-1/contact", "").text)
	for _, id := range []string{"cleaning-9", "food-1", "cleaning-%00"} {
		b.problem(b.do("GET", callsPath+"/"+id+"/contact", ""), 404, booking.NotFound)
	}
	a := b.do("GET", callsPath+"?limit=3&cursor=c", "", "Accept-Language", "ko")
	require.Equal(t, "ko", a.Header.Get("Content-Language"))
	require.Contains(t, a.text, `{"orderId":"cleaning-1","customerId":"alice",`+
		`"status":"assigned","statusLabel":"호출확정","at":"2026-11-20T16:00:00Z"}`)
	require.Equal(t, []string{"호출취소", "호출", "호출확정"}, each(decode[part[callView]](t, a).Items, func(c callView) string { return c.StatusLabel }))
	require.Equal(t, booking.Page{Limit: 3, Cursor: "c"}, b.store.page)

	pagesAway := newMemory()
	pagesAway.fail(errors.New("no such column: secret"))
	b = setup(t, func(d *testDeps) { d.ReadModel = pagesAway })
	b.store.calls = []booking.RegisteredCall{call("cleaning-2", true), call("cleaning-1", false)}
	shown := decode[part[callView]](t, b.do("GET", callsPath, "")).Items
	require.Equal(t, booking.Cancelled, shown[0].Status, "that much management knows by itself")
	require.Empty(t, shown[1].Status)
	b.store.fail(context.DeadlineExceeded)
	b.problem(b.do("GET", callsPath, ""), 503, booking.Unavailable)
	b.problem(b.do("GET", callsPath+"/cleaning-1/contact", ""), 503, booking.Unavailable)
}

// TestLabels_BesideEveryStatus: every status in an answer has its words beside it.
func TestLabels_BesideEveryStatus(t *testing.T) {
	t.Parallel()
	document := decode[struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Enum []any
				}
			}
		}
	}](t, setup(t).do("GET", "/openapi.json", ""))
	found := 0
	for name, schema := range document.Components.Schemas {
		status, has := schema.Properties["status"]
		if !has || strings.HasPrefix(name, "Event") || strings.HasPrefix(name, "Bulk") || name == "Readiness" || name == "Liveness" || len(status.Enum) == 0 { // these are for programs
			continue
		}
		found++
		require.Contains(t, schema.Properties, "statusLabel", name)
	}
	require.GreaterOrEqual(t, found, 9)
}

// TestLists_CountTheirItems: lists count their items if the request asks for it.
func TestLists_CountTheirItems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(businesses()[1].in(booking.Paid, ""))
	b.store.deliveries.all["food-1"] = delivery(booking.JobStarted)
	for _, path := range []string{
		placesPath + "?", menusPath + "?", drinksPath + "?", deliveriesPath + "?", "/v1/mypages?customerId=alice&", "/v1/orders?ownerId=sara&",
	} {
		require.NotContains(t, b.do("GET", path, "").text, "total", path)
		require.Contains(t, b.do("GET", path+"total=true", "").text, `"total":1`, path)
		require.Equal(t, []string{"total"}, fields(b.problem(b.do("GET", path+"total=many", ""), 422, booking.Invalid)), path)
	}
	require.Contains(t, b.do("GET", productionsPath+"?total=true&status=started", "").text, `"total":0`)
	require.Equal(t, booking.JobStarted, b.store.productions.filter.Status)
}
