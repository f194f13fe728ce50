package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// The order is placed as it was parsed.
func TestPlaceOrder_AsParsed(t *testing.T) {
	t.Parallel()
	wanted := map[booking.Kind]orders.Wanted{
		booking.Lodging: orders.Stay{
			PlaceID: "place-seaside", CheckIn: booking.Date{Year: 2026, Month: 12, Day: 24},
			CheckOut: booking.Date{Year: 2026, Month: 12, Day: 26}, Rooms: 1,
		},
		booking.Food:     orders.Meal{MenuID: "menu-bibimbap", Quantity: 2, Address: "12 Sejong-daero"},
		booking.Cafe:     orders.Cups{MenuID: "drink-latte", Quantity: 3},
		booking.Cleaning: orders.Call{Tel: "+8221234567", Location: "12 Sejong-daero", Price: booking.Money{Amount: 30000, Currency: "KRW"}},
	}
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.decides(booking.Cancelled, booking.ByCustomer)
			b.problem(b.do("POST", business.orders, business.body), 409, orders.CancelledByCustomer)
			require.Equal(t, orders.Placement{
				Wanted: wanted[business.kind], CustomerID: "alice", PaymentMethod: "pm_card_visa", Host: "example.com",
			}, b.placed())
		})
	}
}

func TestPlaceOrder_Accepted(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		for _, status := range reached(business.kind) {
			if !business.kind.Decides(status) || status == booking.Cancelled {
				continue
			}
			t.Run(string(business.kind)+"/"+string(status), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.decides(status, "")
				a := b.do("POST", business.orders, business.body, "Accept-Language", "ko")
				require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
				v := decode[orderView](t, a)
				require.Equal(t, business.orders+"/"+v.ID, a.Header.Get("Location"))
				require.Equal(t, status.Label(business.kind, booking.Korean), v.StatusLabel)
				require.NotContains(t, a.text, "4567", "the telephone number is shown to none")
			})
		}
	}
}

func TestPlaceOrder_Refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		business booking.Kind
		reason   booking.Reason
		status   booking.Status
		answer   int
	}{
		"FoodDeclined":      {booking.Food, booking.PaymentDeclined, booking.Cancelled, 402},
		"DrinkSoldOut":      {booking.Cafe, booking.SoldOut, booking.Cancelled, 409},
		"DrinkDeleted":      {booking.Cafe, booking.MenuDeleted, booking.Cancelled, 409},
		"DrinkTooLate":      {booking.Cafe, booking.TooLate, booking.Cancelled, 409},
		"CafeAway":          {booking.Cafe, booking.CafeUnavailable, booking.Cancelled, 503},
		"CafeAwayUndoing":   {booking.Cafe, booking.CafeUnavailable, booking.Cancelling, 503},
		"NotRegistered":     {booking.Cleaning, booking.NotRegistered, booking.Cancelled, 503},
		"ManagementUndoing": {booking.Cleaning, booking.NotRegistered, booking.Cancelling, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.decides(test.status, test.reason)
			for _, business := range businesses() {
				if business.kind != test.business {
					continue
				}
				a := b.do("POST", business.orders, business.body)
				p := b.problem(a, test.answer, orders.CodeOf(test.reason))
				require.Equal(t, test.status, p.Order.Status)
				require.Equal(t, test.reason.Label(booking.English), p.Order.ReasonLabel)
				require.Equal(t, business.orders+"/"+p.Order.ID, a.Header.Get("Location"))
				require.Equal(t, test.answer == 503, a.Header.Get("Retry-After") != "")
			}
		})
	}
	t.Run("StartedEarlier", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, earlier := range []bool{true, false} {
			var order string
			b.book.places = func(id string, _ orders.Placement) (orders.Outcome, error) {
				order = id
				return orders.Outcome{OrderID: id, Earlier: earlier}, booking.Errorf(orders.TemporalUnavailable, "away")
			}
			for _, business := range businesses() {
				a := b.do("POST", business.orders, business.body)
				require.Nil(t, b.problem(a, 503, orders.TemporalUnavailable).Order)
				where := ""
				if earlier {
					where = business.orders + "/" + order
				}
				require.Equal(t, where, a.Header.Get("Location"))
			}
		}
	})
	t.Run("Fallback", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.decides(booking.Cancelled, booking.NotRegistered)
		detail := b.problem(b.do("POST", callsPath, call), 503, orders.CodeOf(booking.NotRegistered)).Detail
		for _, words := range []string{"Management cannot take the call right now", "Nothing was charged", "call again in a moment"} {
			require.Contains(t, detail, words)
		}
	})
}

func TestPlaceCall_Price(t *testing.T) {
	t.Parallel()
	for price, want := range map[string]booking.Money{
		`{"amount":30000,"currency":"KRW"}`: {Amount: 30000, Currency: "KRW"},
		`{"amount":0,"currency":"EUR"}`:     {Currency: "EUR"},
		"":                                  {},
	} {
		b := setup(t)
		b.decides(booking.Calling, "")
		body := strings.Replace(call, `,"price":{"amount":30000,"currency":"KRW"}`, "", 1)
		if price != "" {
			body = strings.Replace(call, `{"amount":30000,"currency":"KRW"}`, price, 1)
		}
		require.Equal(t, http.StatusCreated, b.do("POST", callsPath, body).StatusCode)
		require.Equal(t, want, b.placed().Wanted.(orders.Call).Price)
	}
}

// The telephone number is in the placed order and nowhere else.
func TestPlaceCall_TelephoneStaysInside(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	b := setup(t, func(d *testDeps) { d.Logger = zap.New(core) })
	b.notPlaced(booking.Errorf(orders.TemporalUnavailable, "orders cannot be worked on at the moment"))
	a := b.do("POST", callsPath, call)
	b.problem(a, 503, orders.TemporalUnavailable)
	require.NotContains(t, a.text, "4567")
	require.EqualValues(t, "+8221234567", b.placed().Wanted.(orders.Call).Tel)
	b.problem(b.do("POST", callsPath, strings.Replace(call, "4567", "4567890123", 1)), 422, booking.Invalid)
	require.NotEmpty(t, logs.All())
	for _, line := range logs.All() {
		require.NotContains(t, line.Message, "4567")
		for _, value := range line.ContextMap() {
			require.NotContains(t, fmt.Sprint(value), "4567")
		}
	}
}

func TestPlaceCafeOrder_NotOnSale(t *testing.T) {
	t.Parallel()
	t.Run("Deleted", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.notPlaced(&booking.Error{Code: orders.CodeOf(booking.MenuDeleted)})
		for _, progress := range []booking.DrinkDeletion{{}, {Orders: 1}, {Done: true}} {
			b.store.deletions["drink-latte"] = &progress
			p := b.problem(b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1"), 409, orders.CodeOf(booking.MenuDeleted))
			require.Nil(t, p.Order)
		}
		p := b.problem(b.do("POST", cafeOrdersPath, strings.Replace(cups, "3", "0", 1)), 422, booking.Invalid)
		require.Equal(t, []string{"quantity"}, fields(p))
	})
	t.Run("DayOver", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		yesterday := latte()
		yesterday.Date = booking.Date{Year: 2026, Month: 11, Day: 20} // today in UTC, yesterday in Seoul
		b.store.drinks["drink-latte"] = yesterday
		p := b.problem(b.do("POST", cafeOrdersPath, strings.Replace(cups, "3", "0", 1)), 422, booking.Invalid)
		require.Equal(t, []string{"menuId", "quantity"}, fields(p))
	})
	t.Run("DayBegun", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.decides(booking.InProduction, "")
		drink := latte()
		drink.Date = booking.Date{Year: 2026, Month: 11, Day: 21}
		b.store.drinks["drink-latte"] = drink
		require.Equal(t, http.StatusCreated, b.do("POST", cafeOrdersPath, cups).StatusCode)
	})
}
