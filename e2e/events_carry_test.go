package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// documented are the fields that docs/events.md lists under a heading, with their
// types, and those that are always there.
func documented(t testing.TB, heading string) (types map[string]string, always []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/events.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	types = map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\w+) \\| .* \\| ([^|]*) \\|$").FindAllStringSubmatch(section, -1) {
		types[row[1]] = row[2]
		if strings.HasPrefix(row[3], "always") {
			always = append(always, row[1])
		}
	}
	require.NotEmpty(t, always)
	return types, always
}

// leaves are the fields of data, those of nested objects by their paths, with
// docs/events.md's names of their types.
func leaves(t testing.TB, path string, data object) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, value := range data {
		name = path + name
		switch v := value.(type) {
		case map[string]any:
			maps.Copy(all, leaves(t, name+".", v))
		case []any:
			all[name] = "list"
			for _, one := range v {
				maps.Copy(all, leaves(t, name+"[].", one.(map[string]any)))
			}
		case string:
			all[name] = "text"
			if _, err := time.Parse(time.DateOnly, v); err == nil {
				all[name] = "date"
			} else if _, err := time.Parse(time.RFC3339, v); err == nil {
				all[name] = "instant"
			}
		case bool:
			all[name] = "truth"
		case float64:
			all[name] = "number"
		default:
			require.Failf(t, "no type has a name", "%s: %v", name, value)
		}
	}
	return all
}

// requireDocumented requires that each event of the feed has exactly the fields of
// docs/events.md.
func (s *system) requireDocumented() {
	s.Helper()
	ofOrders, alwaysOfOrders := documented(s, "The fields of an order's data")
	ofCatalogue, alwaysOfCatalogue := documented(s, "The fields of the catalogue's data")
	for _, e := range s.walkEvents() {
		types, always := ofOrders, alwaysOfOrders
		if e.data["status"] == nil {
			types, always = ofCatalogue, alwaysOfCatalogue
		}
		has := leaves(s, "", e.data)
		for name, typ := range has {
			require.Equal(s, types[name], typ, "%s of %s", name, e.Type)
		}
		require.Subset(s, slices.Collect(maps.Keys(has)), always, e.Type)
	}
}

// rawEvent is an event with its raw data.
type rawEvent struct {
	happened
	data object
}

// walkEvents are all events of the feed.
func (s *system) walkEvents() (all []rawEvent) {
	s.Helper()
	for after := ""; ; {
		a := s.get("/v1/events?limit=200&after="+after).with(s, http.StatusOK)
		for _, item := range a.body.Items {
			raw, err := json.Marshal(item)
			require.NoError(s, err)
			e := rawEvent{data: item["data"].(map[string]any)}
			require.NoError(s, json.Unmarshal(raw, &e.happened))
			all = append(all, e)
		}
		if after = a.body.Next; len(a.body.Items) == 0 {
			return all
		}
	}
}

// awaitEvents waits until the feed has so many events about a subject, requires these
// types, and returns their data.
func (s *system) awaitEvents(subject string, want ...string) []object {
	s.Helper()
	var types []string
	var data []object
	s.eventually(func() bool {
		types, data = nil, nil
		for _, e := range s.walkEvents() {
			if e.Subject == subject {
				types, data = append(types, e.Type), append(data, e.data)
			}
		}
		return len(types) >= len(want)
	})
	require.Equal(s, want, types)
	return data
}

func paid(status string, amount, refunded float64) object {
	won := func(n float64) object { return object{"amount": n, "currency": "KRW"} }
	return object{"status": status, "amount": won(amount), "refunded": won(refunded)}
}

// refundedNow is the payment in the event of a cancellation's refund.
func refundedNow(amount, refunded, part float64) object {
	payment := paid("refunded", amount, refunded)
	payment["part"] = object{"amount": part, "currency": "KRW"}
	return payment
}

// TestEvents_RefundsAreReportedOnce: the event of a cancellation's refund, and the message
// about it, do not count what staff refunded before.
func TestEvents_RefundsAreReportedOnce(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite)
	order := s.accepted(s.reserve(s.place(2)))
	s.becomes(order, booking.Confirmed)
	require.Less(t, s.refundByStaff(order, "1", 30000).status, 300)
	s.awaitEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged", "PaymentRefunded")
	s.decide(order, "cancel").with(t, http.StatusOK)
	all := s.awaitEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged", "PaymentRefunded",
		"ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled")
	require.Equal(t, refundedNow(100000, 100000, 70000), all[6]["payment"])
	require.Equal(t, paid("refunded", 100000, 100000), all[7]["payment"])

	messages := python(t, "messages.py", "--once", "--state", filepath.Join(t.TempDir(), "cursor"))
	messages.Env = append(messages.Env, "YEYAK_FEED_URL="+s.url, "YEYAK_API_KEY="+s.reader())
	sent, err := messages.Output()
	require.NoError(t, err)
	require.Contains(t, string(sent), `"30,000 KRW of what you paid for Seaside Inn has been refunded."`)
	require.Contains(t, string(sent), `"70,000 KRW of the 100,000 KRW that you paid for Seaside Inn has been refunded."`)
}

// TestEvents_CarryTheirData: stay dates, what is left, what was paid and refunded,
// statuses of deliveries and productions.
//
// Rows L2, L4, O13.
func TestEvents_CarryTheirData(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		place := s.place(2)
		order := s.reserve(place).with(t, http.StatusCreated).body.ID
		second := s.reserve(place).with(t, http.StatusCreated).body.ID
		soldOut := s.reserve(place, object{"customerId": "late"}).with(t, http.StatusConflict)
		s.decide(order, "cancel").with(t, http.StatusOK)
		all := s.awaitEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged",
			"ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled")
		self := s.get("/v1/self").with(t, http.StatusOK).body.ID
		for i, data := range all {
			require.Equal(t, []any{nil, nil, nil, nil, self, self, self}[i], data["by"], "its step, or the caller that cancelled it")
			require.Equal(t, []any{inDays(10).String(), inDays(12).String()}, []any{data["checkIn"], data["checkOut"]})
			require.Equal(t, []any{
				nil, paid("charged", 100000, 0), paid("charged", 100000, 0), paid("charged", 100000, 0),
				paid("charged", 100000, 0), refundedNow(100000, 100000, 100000), paid("refunded", 100000, 100000),
			}[i], data["payment"])
			require.Equal(t, []any{nil, nil, 1.0, nil, 1.0, nil, nil}[i], data["remaining"])
		}
		require.InDelta(t, 0, s.awaitEvents(second, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed",
			"ReservationStatusChanged")[2]["remaining"], 0, "none is left")
		require.Equal(t, "sold_out", soldOut.body.Code)
		refused := soldOut.body.Order.ID
		s.eventually(func() bool { return slices.Equal([]string{refused}, s.listed("/v1/mypages?customerId=late")) })
		all = s.awaitEvents(refused, "ReservationPlaced", "PaymentApproved", "ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled")
		require.InDelta(t, 0, all[2]["remaining"], 0)
		require.Equal(t, refundedNow(100000, 100000, 100000), all[3]["payment"])

		meal := s.order(s.menu()).with(t, http.StatusCreated).body.ID
		s.becomes(meal, booking.Delivering)
		s.decideAt(foodOrders+"/"+meal, "cancel").with(t, http.StatusOK)
		all = s.awaitEvents(meal, "OrderPlaced", "PaymentApproved", "DeliveryStarted", "DeliveryCanceled", "PaymentCancelApproved", "OrderCanceled")
		for i, status := range []string{"waiting", "waiting", "started", "cancelled", "cancelled", "cancelled"} {
			require.Equal(t, object{"status": status}, all[i]["delivery"])
		}

		cups := s.orderCup(s.drink(5), object{"quantity": 2}).with(t, http.StatusCreated).body.ID
		s.becomes(cups, booking.InProduction)
		s.decideAt(cafeOrders+"/"+cups, "cancel").with(t, http.StatusOK)
		all = s.awaitEvents(cups, "OrderPlaced", "PaymentApproved", "ProductionStarted", "ProductionCanceled", "PaymentCancelApproved", "OrderCanceled")
		require.InDelta(t, 3, all[0]["remaining"], 0)
		require.InDelta(t, 5, all[3]["remaining"], 0)
		require.Equal(t, object{"status": "started", "date": inDays(1).String()}, all[2]["production"])

		declined := s.order(s.menu(), object{"customerId": "poor", "paymentMethod": "pm_card_chargeDeclined"}).with(t, http.StatusPaymentRequired)
		require.Equal(t, "payment_declined", declined.body.Code)
		s.eventually(func() bool {
			return slices.ContainsFunc(s.walkEvents(), func(e rawEvent) bool {
				return e.Type == "PaymentDeclined" && e.data["customerId"] == "poor"
			})
		})
		for _, e := range s.walkEvents() {
			if e.Type == "PaymentDeclined" {
				require.Equal(t, paid("declined", 18000, 0), e.data["payment"])
			}
		}

		cleaner := s.cleaner("Min-jun")
		call := s.call().with(t, http.StatusCreated).body.ID
		all = s.awaitEvents(call, "CallPlaced", "PaymentApproved", "CleanerAssigned")
		require.Equal(t, object{"id": cleaner, "name": "Min-jun"}, all[2]["cleaner"])
		s.requireDocumented()
	})
}

// TestEvents_OfTheCatalogue: things that are registered, changed, withdrawn, brought
// back and deleted, and owners' stock, have events in the same feed.
func TestEvents_OfTheCatalogue(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place, menu, drink, cleaner := s.place(3), s.menu(), s.drink(7), s.cleaner("Min-jun")
		for path := range map[string]bool{"/v1/lodging/places/" + place: true, menus + "/" + menu: true, drinks + "/" + drink: true, cleaners + "/" + cleaner: true} {
			s.change(path, object{"name": "Other"}).with(t, http.StatusOK)
			s.change(path, object{"name": "Other"}).with(t, http.StatusOK) // changes nothing
			s.change(path, object{"withdrawn": true}).with(t, http.StatusOK)
			s.change(path, object{"withdrawn": false}).with(t, http.StatusOK)
		}
		s.request(http.MethodPut, drinks+"/"+drink+"/stock", object{"count": 6}).with(t, http.StatusOK)
		s.remove(drink)
		all := s.awaitEvents(menu, "MenuRegistered", "MenuChanged", "MenuWithdrawn", "MenuBroughtBack")
		require.Equal(t, object{
			"kind": "food", "ownerId": "bora", "by": s.get("/v1/self").with(t, http.StatusOK).body.ID,
			"item": object{"id": menu, "name": "Other"}, "withdrawn": true,
			"price": object{"amount": 9000.0, "currency": "KRW"},
		}, all[2])
		s.awaitEvents(cleaner, "CleanerRegistered", "CleanerChanged", "CleanerWithdrawn", "CleanerBroughtBack")

		// The stock of a place or a drink is in another database.
		ofPlace, ofDrink := []string{}, []string{}
		var stock []any
		s.eventually(func() bool {
			ofPlace, ofDrink, stock = nil, nil, nil
			for _, e := range s.walkEvents() {
				switch {
				case e.Type == "StockChanged":
					stock = append(stock, e.data["stock"])
				case e.Subject == place:
					ofPlace = append(ofPlace, e.Type)
				case e.Subject == drink:
					ofDrink = append(ofDrink, e.Type)
				}
			}
			return len(ofPlace) >= 4 && len(ofDrink) >= 5 && len(stock) >= 2
		})
		require.Equal(t, []string{"PlaceRegistered", "PlaceChanged", "PlaceWithdrawn", "PlaceBroughtBack"}, ofPlace)
		require.Equal(t, []string{"DrinkRegistered", "DrinkChanged", "DrinkWithdrawn", "DrinkBroughtBack", "DrinkDeleted"}, ofDrink)
		require.Equal(t, []any{
			object{"from": inDays(-1).String(), "to": inDays(60).String(), "capacity": 3.0, "remaining": 3.0},
			object{"from": inDays(1).String(), "to": inDays(2).String(), "capacity": 6.0, "remaining": 6.0},
		}, stock)
		for _, e := range s.walkEvents() {
			require.NotEmpty(t, e.data["by"], e.Type)
		}
		s.requireDocumented()
	})
}
