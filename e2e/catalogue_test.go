package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/audit"
)

func (s *system) change(path string, what object) answer {
	s.Helper()
	return s.request(http.MethodPatch, path, what)
}

// TestCatalogue_ChangedPriceCountsForTheNextOrder: a changed price applies to later
// orders of every kind.
func TestCatalogue_ChangedPriceCountsForTheNextOrder(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		place, menu, drink := s.place(3), s.menu(), s.drink(9)
		for path, order := range map[string]func() answer{
			"/v1/lodging/places/" + place: func() answer { return s.reserve(place) },
			menus + "/" + menu:            func() answer { return s.order(menu) },
			drinks + "/" + drink:          func() answer { return s.orderCup(drink) },
		} {
			before := order().with(t, http.StatusCreated).body
			changed := s.change(path, object{"name": "Other", "price": object{"amount": 997, "currency": "KRW"}}).with(t, http.StatusOK)
			require.JSONEq(t, string(changed.raw), string(s.get(path).with(t, http.StatusOK).raw))
			after := order().with(t, http.StatusCreated).body
			require.Zero(t, after.Amount.Amount%997)
			require.Less(t, after.Amount.Amount, before.Amount.Amount)
			require.Equal(t, "Other", after.Item.Name)
			s.requireCharged(after.ID, after.Amount.Amount)
			s.finished(before.ID)
			require.Equal(t, before.Amount, s.page(before.ID).Amount)
			require.Equal(t, before.Item, s.page(before.ID).Item)
			s.requireCharged(before.ID, before.Amount.Amount)
		}
	})
}

// TestCatalogue_WithdrawnTakesNoOrders: a withdrawn item takes no orders, and its
// orders are finished.
func TestCatalogue_WithdrawnTakesNoOrders(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		place, menu, drink := s.place(3), s.menu(), s.drink(9)
		for list, one := range map[string]struct {
			id    string
			order func(...string) answer
			ends  func(order string) answer
		}{
			"/v1/lodging/places": {
				place, func(headers ...string) answer { return s.post(reservations, reservation(place), headers...) },
				func(order string) answer { return s.decide(order, "cancel") },
			},
			menus: {
				menu, func(headers ...string) answer { return s.post(foodOrders, meal(menu), headers...) },
				func(order string) answer {
					s.becomes(order, booking.Delivering)
					return s.decideAt(deliveries+"/"+order, "complete")
				},
			},
			drinks: {
				drink, func(headers ...string) answer { return s.post(cafeOrders, cup(drink), headers...) },
				func(order string) answer {
					s.becomes(order, booking.InProduction)
					return s.decideAt(productions+"/"+order, "complete")
				},
			},
		} {
			path := list + "/" + one.id
			placed := one.order("Idempotency-Key", "before").with(t, http.StatusCreated)
			require.Equal(t, []string{one.id}, s.listed(list))
			s.change(path, object{"withdrawn": true}).with(t, http.StatusOK)
			require.Equal(t, "not_on_sale", one.order().with(t, http.StatusConflict).body.Code)
			require.Equal(t, "not_on_sale", one.order("Idempotency-Key", "new").with(t, http.StatusConflict).body.Code)
			require.Equal(t, placed.body.ID, one.order("Idempotency-Key", "before").with(t, http.StatusCreated).body.ID, "a repeat")
			require.Empty(t, s.listed(list))
			require.Equal(t, []string{one.id}, s.listed(list+"?withdrawn=true"))
			one.ends(placed.body.ID).with(t, http.StatusOK)

			s.change(path, object{"withdrawn": false}).with(t, http.StatusOK)
			require.Equal(t, []string{one.id}, s.listed(list))
			one.order("Idempotency-Key", "new").with(t, http.StatusCreated) // a refusal does not use up the key
		}
	})
}

// TestCatalogue_Lists: lists are ordered from new to old, drinks by the end of their day and
// from old to new, and paged, with filters and with what is left.
func TestCatalogue_Lists(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		for list, add := range map[string]func(owner string) string{
			"/v1/lodging/places": func(owner string) string { return s.place(1, object{"ownerId": owner}) },
			menus:                func(owner string) string { return s.menu(object{"ownerId": owner}) },
			drinks:               func(owner string) string { return s.drink(5, object{"ownerId": owner}) },
		} {
			var all, bobs []string
			for _, owner := range []string{"bob", "eve", "bob", "eve", "bob"} {
				id := add(owner)
				all = append([]string{id}, all...)
				if owner == "bob" {
					bobs = append([]string{id}, bobs...)
				}
			}
			if list == drinks {
				slices.Reverse(all)
				slices.Reverse(bobs)
			}
			require.Equal(t, all, each(s.walk(list+"?", 2), "id"))
			require.Equal(t, bobs, each(s.walk(list+"?ownerId=bob&", 2), "id"))
			require.Empty(t, s.listed(list+"?ownerId=nobody"))
			require.EqualValues(t, 3, s.get(list+"?ownerId=bob&limit=1&total=true").with(t, http.StatusOK).field("total"))
		}
		later := s.drink(8, object{"ownerId": "bob", "date": inDays(5)})
		sooner := s.drink(8, object{"ownerId": "bob", "date": inDays(3)})
		listed := s.listed(drinks)
		require.Equal(t, []string{sooner, later}, listed[len(listed)-2:], "after those of tomorrow")
		s.orderCup(later, object{"quantity": 3}).with(t, http.StatusCreated)
		onTheDay := s.get(drinks+"?date="+inDays(5).String()+"&ownerId=bob").with(t, http.StatusOK).body.Items
		require.Len(t, onTheDay, 1)
		require.Equal(t, later, onTheDay[0]["id"])
		require.EqualValues(t, 8, onTheDay[0]["count"])
		require.EqualValues(t, 5, onTheDay[0]["remaining"])
		require.NotContains(t, s.listed(drinks+"?date="+inDays(1).String()), later)
		s.get(drinks+"?date=soon").with(t, http.StatusUnprocessableEntity)
	})
}

// TestCatalogue_DrinkStock: the stock changes with what is held, and cannot be set
// below it.
func TestCatalogue_DrinkStock(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		drink := s.drink(5)
		stock := func(count int) answer {
			return s.request(http.MethodPut, drinks+"/"+drink+"/stock", object{"count": count})
		}
		s.orderCup(drink, object{"quantity": 3}).with(t, http.StatusCreated)
		require.Equal(t, "stock_below_held", stock(2).with(t, http.StatusConflict).body.Code)
		require.Equal(t, 2, s.cups(drink), "nothing was changed")
		stock(3).with(t, http.StatusOK)
		require.Equal(t, "sold_out", s.orderCup(drink).with(t, http.StatusConflict).body.Code)
		stock(10).with(t, http.StatusOK)
		require.Equal(t, 7, s.cups(drink))
		s.remove(drink)
		s.removed(drink)
		require.Equal(t, "menu_deleted", stock(9).with(t, http.StatusConflict).body.Code)
		require.Equal(t, "menu_deleted", s.change(drinks+"/"+drink, object{"withdrawn": false}).with(t, http.StatusConflict).body.Code)
	})
}

// TestInput_AsPeopleWriteIt: names with joiners, addresses and reasons of two lines, and telephone
// numbers in any form are accepted.
func TestInput_AsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	for _, name := range []string{"مهمان\u200cخانه", "ශ්\u200dරී ලංකා", "Lunch by 👩\u200d🍳"} {
		menu := s.menu(object{"name": name})
		require.Equal(t, name, s.order(menu, object{"address": "12 Sejong-daero\nSeoul"}).with(t, http.StatusCreated).body.Item.Name)
	}
	for _, tel := range []string{"02.123.4567", "02/123/4567", "02-123-4567 ext. 5", "０２－１２３－４５６７"} {
		order := s.call(object{"tel": tel, "location": "12 Sejong-daero\n3rd floor"}).with(t, http.StatusCreated).body.ID
		contact := string(s.get(calls+"/"+order+"/contact").with(t, http.StatusOK).raw)
		require.Contains(t, contact, "+8221234567", tel)
		require.Contains(t, contact, `12 Sejong-daero\n3rd floor`)
		s.post(calls+"/"+order+"/cancel", object{"reason": "They moved.\nSorry."}).with(t, http.StatusOK)
	}
	hidden := s.post(menus, object{"name": "Soup\u202e", "ownerId": "bora", "price": object{"amount": 8000, "currency": "KRW"}})
	require.Equal(t, "name", hidden.with(t, http.StatusUnprocessableEntity).body.Errors[0].Field)
}

// TestCleaning_Telephone: management reads it, and the cleaner while the call is under
// way.
//
// Rows C1, C2.
func TestCleaning_Telephone(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		cleaner := s.cleaner("Min-jun")
		order := s.call().with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.Assigned)
		assignments := func() []map[string]any {
			return s.get(cleaners+"/"+cleaner+"/assignments").with(t, http.StatusOK).body.Items
		}
		require.Len(t, assignments(), 1)
		mine := assignments()[0]
		require.Equal(t, []any{order, "+8221234567", "12 Sejong-daero, Seoul", "alice"},
			[]any{mine["orderId"], mine["tel"], mine["location"], mine["customerId"]})
		inManagement := func(status, label string) {
			items := s.get(calls, "Accept-Language", "ko").with(t, http.StatusOK).body.Items
			require.Len(t, items, 1)
			require.Equal(t, []any{order, status, label}, []any{items[0]["orderId"], items[0]["status"], items[0]["statusLabel"]})
			require.JSONEq(t, `{"orderId": "`+order+`", "customerId": "alice", "tel": "+8221234567", "location": "12 Sejong-daero, Seoul"}`,
				string(s.get(calls+"/"+order+"/contact").with(t, http.StatusOK).raw))
		}
		inManagement("assigned", "호출확정")
		for _, path := range []string{calls, calls + "/" + order, "/v1/mypages?customerId=alice", "/v1/orders?ownerId=cleaning", cleaners, "/v1/events", "/v1/messages?recipientId=" + cleaner} {
			require.NotContains(t, string(s.get(path).with(t, http.StatusOK).raw), "123-4567", path)
		}
		s.decideAt(calls+"/"+order, "cancel").with(t, http.StatusOK)
		s.becomes(order, booking.Cancelled)
		require.Empty(t, assignments(), "it is over")
		inManagement("cancelled", "호출취소")
	})
}

// TestCleaning_WithdrawnCleaner: a withdrawn cleaner finishes the current call, gets no
// new ones and, when brought back, is assigned to the oldest waiting call.
//
// Row C3.
func TestCleaning_WithdrawnCleaner(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		cleaner := s.cleaner("Min-jun")
		path := cleaners + "/" + cleaner
		first := s.call().with(t, http.StatusCreated).body.ID
		s.becomes(first, booking.Assigned)
		a := s.change(path, object{"withdrawn": true}).with(t, http.StatusOK)
		require.Equal(t, "busy", a.field("status"))
		second := s.call().with(t, http.StatusCreated).body.ID
		s.finished(second) // it has its place in the queue
		s.decideAt(calls+"/"+first, "complete").with(t, http.StatusOK)
		require.Equal(t, "withdrawn", s.get(path).with(t, http.StatusOK).field("status"))
		require.Equal(t, booking.Calling, s.page(second).Status)
		require.Empty(t, s.listed(cleaners))
		require.Equal(t, []string{cleaner}, s.listed(cleaners+"?withdrawn=true"))
		s.change(path, object{"withdrawn": false, "name": "Min"}).with(t, http.StatusOK)
		require.Equal(t, "Min", s.becomes(second, booking.Assigned).Cleaning.Cleaner.Name)
	})
}

// TestMessages_CafesAndCleanersAreNotified: they get messages like other owners: about new
// orders, and about cancelled ones.
func TestMessages_CafesAndCleanersAreNotified(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		s.messageStore.away.Store(true)
		order := s.orderCup(s.drink(9)).with(t, http.StatusCreated).body.ID
		s.becomes(order, booking.InProduction) // the kitchen does not wait for a message
		require.Empty(t, s.messagesAbout(order))
		s.messageStore.away.Store(false)
		s.eventually(func() bool { return slices.Equal([]string{"order_placed"}, s.messagesAbout(order)) })
		s.decideAt(cafeOrders+"/"+order, "cancel").with(t, http.StatusOK)
		require.Equal(t, []string{"order_placed", "order_cancelled"}, s.messagesAbout(order))

		cleaner := s.cleaner("Min-jun")
		call := s.call().with(t, http.StatusCreated).body.ID
		s.eventually(func() bool { return len(s.messagesTo(cleaner, call)) > 0 })
		s.decideAt(calls+"/"+call, "cancel").with(t, http.StatusOK)
		const what = "cleaning, for alice"
		require.Equal(t, []string{"New call: " + what, "Cancelled (at the customer's wish): " + what}, s.messagesTo(cleaner, call))
		require.Equal(t, []string{
			"새 호출: 청소, alice 님", "호출이 취소되었습니다(고객취소): 청소, alice 님",
		}, s.messagesTo(cleaner, call, "Accept-Language", "ko"))
	})
}

// TestLabels_InKorean: payments, deliveries and productions are labelled, too.
func TestLabels_InKorean(t *testing.T) {
	t.Parallel()
	s := boot(t, withCouriers)
	label := func(path string) string {
		a := s.get(path, "Accept-Language", "ko").with(t, http.StatusOK)
		require.Equal(t, "ko", a.header.Get("Content-Language"))
		return a.body.StatusLabel
	}
	order := s.order(s.menu()).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.Delivering)
	require.Equal(t, "결제완료", label("/v1/payments/"+order))
	require.Equal(t, "배달시작", label(deliveries+"/"+order))
	s.decideAt(foodOrders+"/"+order, "cancel").with(t, http.StatusOK)
	require.Equal(t, "결제취소", label("/v1/payments/"+order))
	require.Equal(t, "배달취소", label(deliveries+"/"+order))
	order = s.orderCup(s.drink(1)).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.InProduction)
	require.Equal(t, "제조중", label(productions+"/"+order))
}

// TestCatalogue_ZoneThatIsRefusedNow: a place or drink that an earlier build has stored
// with a time zone that no longer exists is not sold by another zone's time. The audit
// reports it, with the remedy.
func TestCatalogue_ZoneThatIsRefusedNow(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place, drink := s.place(3), s.drink(9)
	s.alter(`UPDATE places SET doc = replace(doc::text, 'Asia/Seoul', 'Factory')::json WHERE id = ?`, place)
	s.alter(`UPDATE drinks SET doc = replace(doc::text, 'Asia/Seoul', 'Factory')::json WHERE id = ?`, drink)
	require.Equal(t, "not_on_sale", s.reserve(place).with(t, http.StatusConflict).body.Code)
	require.Equal(t, "not_on_sale", s.orderCup(drink).with(t, http.StatusConflict).body.Code)
	var shown struct{ Status string }
	s.get(drinks+"/"+drink).with(t, http.StatusOK).into(t, &shown)
	require.Equal(t, "withdrawn", shown.Status)

	report, err := app.Audit(t.Context(), s.options, time.Second)
	require.NoError(t, err)
	var found []string
	for _, f := range report.Findings {
		require.Equal(t, audit.Catalogue, f.Kind, f.Says)
		found = append(found, f.Item+": "+f.Says)
	}
	require.Equal(t, []string{
		drink + `: it takes no orders: its time zone "Factory" is none that there is`,
		place + `: it takes no orders: its time zone "Factory" is none that there is`,
	}, found)

	// The remedies of the finding.
	s.change("/v1/lodging/places/"+place, object{"timeZone": "Asia/Seoul", "confirmation": "auto"}).with(t, http.StatusOK)
	s.reserve(place).with(t, http.StatusCreated)
	s.remove(drink)
	s.removed(drink)
	s.eventually(func() bool {
		report, err = app.Audit(t.Context(), s.options, time.Second)
		require.NoError(t, err)
		return len(report.Findings) == 0
	})
}
