package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// quote is the API's quote of a cancel.
type quote struct {
	Refund, Keep          booking.Money
	Tier, Quote, TimeZone string
	Until                 time.Time
	Later                 []struct {
		From         time.Time
		Refund, Keep booking.Money
		Tier         string
	}
}

// quoted quotes a cancel of the order at a path.
func (s *system) quoted(path string) (q quote) {
	s.Helper()
	s.get(path+"/cancellation").with(s, http.StatusOK).into(s, &q)
	return q
}

// Policies: a stay in ten days is refunded by half, food on its way not at all, and a
// drink in production by 80 percent, less a fee.
var (
	halfRefunded = object{"cancellation": object{
		"tiers": []object{{"before": "480h", "percent": 100}, {"before": "0s", "percent": 50}}, "fee": 1000,
	}}
	nothingRefunded = object{"cancellation": object{"tiers": []object{{"status": "paid", "percent": 100}}}}
	mostRefunded    = object{"cancellation": object{
		"tiers": []object{{"status": "paid", "percent": 100}, {"status": "in_production", "percent": 80}}, "fee": 100,
	}}
)

// onBoth runs a test on PostgreSQL and on SQLite.
func onBoth(t *testing.T, test func(t *testing.T, on func(*app.Options))) {
	for name, on := range map[string]func(*app.Options){"PostgreSQL": func(*app.Options) {}, "SQLite": onSQLite} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, on) })
	}
}

// TestPolicy_QuoteIsWhatHappens: a customer sees the quote of a cancel, and gets
// exactly that: at the provider, in the payment, in the order and in its events. A
// cancel with another quote changes nothing.
//
// Rows L11, F10, K7.
func TestPolicy_QuoteIsWhatHappens(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		stay := a.accepted(a.reserve(a.place(9, halfRefunded)))
		food := a.accepted(a.order(a.menu(nothingRefunded)))
		drink := a.accepted(a.orderCup(a.drink(9, mostRefunded)))
		a.becomes(food, booking.Delivering)
		a.becomes(drink, booking.InProduction)
		total := int64(0)
		for _, test := range []struct {
			path, order, quote string
			back, kept         int64
			payment            booking.PaymentStatus
			last               string
		}{
			{reservations, stay, "before:0s/49000", 49_000, 51_000, booking.Refunded, "ReservationCanceled"},
			{foodOrders, food, "none/0", 0, 18_000, booking.Retained, "OrderCanceled"},
			{cafeOrders, drink, "status:in_production/3500", 3_500, 1_000, booking.Refunded, "OrderCanceled"},
		} {
			path := test.path + "/" + test.order
			q := a.quoted(path)
			require.Equal(t, test.quote, q.Quote)
			require.Equal(t, []int64{test.back, test.kept}, []int64{q.Refund.Amount, q.Keep.Amount})

			stale := a.post(path+"/cancel", object{"expect": "all/100000"}).with(t, http.StatusConflict)
			require.Equal(t, "quote_changed", stale.body.Code)
			var problem struct{ Quote quote }
			require.NoError(t, json.Unmarshal(stale.raw, &problem))
			require.Equal(t, q.Quote, problem.Quote.Quote)
			status, _, _ := a.payment(test.order)
			require.Equal(t, string(booking.Charged), status, "nothing was done")
			require.Empty(t, a.page(test.order).Reason)

			done := a.post(path+"/cancel", object{"expect": q.Quote}).with(t, http.StatusOK)
			money := func(n int64) booking.Money { return booking.Money{Amount: n, Currency: "KRW"} }
			tier := booking.Settlement{Refunded: money(test.back), Kept: money(test.kept), Tier: q.Tier}
			require.Equal(t, &tier, done.body.FinalAmounts)
			status, _, refunded := a.payment(test.order)
			require.Equal(t, string(test.payment), status)
			require.Equal(t, test.back, refunded)
			total += test.back
			_, at := stripe.totals()
			require.Equal(t, total, at)
			a.awaitEvent(test.order, test.last)
			if test.back > 0 {
				require.Contains(t, a.events(test.order), "PaymentCancelApproved")
			} else {
				require.NotContains(t, a.events(test.order), "PaymentCancelApproved")
			}
			require.Equal(t, "already_cancelled", a.get(path+"/cancellation").with(t, http.StatusConflict).body.Code)
		}
		a.requireClean()
	})
}

// TestPolicy_Times: the quote says when it changes, in the time zone of the place.
func TestPolicy_Times(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite)
	place := s.place(9, object{"timeZone": "America/St_Johns", "cancellation": object{
		"tiers": []object{{"before": "48h", "percent": 100}, {"before": "24h", "percent": 50}},
	}})
	order := s.accepted(s.reserve(place))
	s.becomes(order, booking.Confirmed)
	zone, err := booking.Zone("America/St_Johns")
	require.NoError(t, err)
	checkIn := inDays(10).At(booking.Clock{Hour: 15}, zone)
	q := s.quoted(reservations + "/" + order)
	require.Equal(t, "America/St_Johns", q.TimeZone)
	require.True(t, q.Until.Equal(checkIn.Add(-48*time.Hour)))
	_, offset := checkIn.Add(-48 * time.Hour).Zone()
	_, shown := q.Until.Zone()
	require.Equal(t, offset, shown)
	require.Len(t, q.Later, 2)
	require.True(t, q.Later[0].From.Equal(q.Until))
	require.EqualValues(t, 50_000, q.Later[0].Refund.Amount)
	require.True(t, q.Later[1].From.Equal(checkIn.Add(-24*time.Hour)))
	require.EqualValues(t, 100_000, q.Later[1].Keep.Amount)

	plain := s.accepted(s.reserve(s.place(9)))
	q = s.quoted(reservations + "/" + plain)
	require.Equal(t, "all/100000", q.Quote)
	require.Equal(t, "Asia/Seoul", q.TimeZone)
	require.Empty(t, q.Later)
}

// TestPolicy_OfWhenItWasPlaced: an order keeps the policy of its time. A cancellation
// that is not the customer's refunds everything.
func TestPolicy_OfWhenItWasPlaced(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		none := object{"cancellation": object{"tiers": []object{{"before": "0s", "percent": 0}}}}
		place := a.place(9, byOwner, none)
		rejected, forced := a.accepted(a.reserve(place)), a.accepted(a.reserve(place))
		drink := a.drink(9, object{"cancellation": object{"tiers": []object{{"status": "paid", "percent": 0}}}})
		deleted := a.accepted(a.orderCup(drink))
		a.request(http.MethodPatch, "/v1/lodging/places/"+place, object{"confirmation": "auto", "cancellation": object{}}).with(t, http.StatusOK)
		later := a.accepted(a.reserve(place))

		require.Equal(t, "unconfirmed/100000", a.quoted(reservations+"/"+rejected).Quote)
		a.decide(rejected, "reject").with(t, http.StatusOK)
		a.decide(forced, "confirm").with(t, http.StatusOK)
		a.becomes(forced, booking.Confirmed)
		require.Equal(t, "before:0s/0", a.quoted(reservations+"/"+forced).Quote)
		require.NoError(t, a.temporal.CancelWorkflow(t.Context(), forced, ""))
		a.request(http.MethodDelete, drinks+"/"+drink, nil).with(t, http.StatusAccepted)
		require.Equal(t, "all/100000", a.quoted(reservations+"/"+later).Quote)
		a.decide(later, "cancel").with(t, http.StatusOK)
		for _, order := range []string{rejected, forced, deleted, later} {
			a.becomes(order, booking.Cancelled)
			status, amount, refunded := a.payment(order)
			require.Equal(t, []any{string(booking.Refunded), amount}, []any{status, refunded}, order)
		}
		a.requireClean()
	})
}

const callPolicy = "/v1/cleaning/cancellation"

// ofCalls sets the policy of calls.
func (s *system) ofCalls(tiers ...object) answer {
	s.Helper()
	return s.request(http.MethodPut, callPolicy, object{"tiers": append([]object{}, tiers...)})
}

// TestPolicy_OfCalls: an operator sets the refund of cancelled calls by the time since
// they were placed. An earlier call has no policy, and gets none. A cancel quoted by a
// tier that has ended changes nothing.
//
// Row C8.
func TestPolicy_OfCalls(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		set := func(tiers ...object) {
			t.Helper()
			for range 2 {
				a.ofCalls(tiers...).with(t, http.StatusOK)
			}
			want, err := json.Marshal(object{"tiers": append([]object{}, tiers...)})
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(a.get(callPolicy).with(t, http.StatusOK).raw))
		}
		before := a.accepted(a.call())
		// A tier of zero seconds has ended when a call is accepted.
		set(object{"within": "0s", "percent": 100}, object{"within": "1h", "percent": 60}, object{"within": "2h", "percent": 20})
		order := a.accepted(a.call())
		set(object{"within": "0s", "percent": 100})
		late := a.accepted(a.call())
		set()
		after := a.accepted(a.call())

		q := a.quoted(calls + "/" + order)
		require.Equal(t, "within:1h/18000", q.Quote)
		placedAt := a.page(order).PlacedAt()
		require.WithinDuration(t, placedAt.Add(time.Hour), q.Until, 0)
		require.Len(t, q.Later, 2)
		require.EqualValues(t, 6_000, q.Later[0].Refund.Amount)
		require.EqualValues(t, 30_000, q.Later[1].Keep.Amount)
		ended := a.post(calls+"/"+order+"/cancel", object{"expect": "within:0s/30000"}).with(t, http.StatusConflict)
		require.Equal(t, "quote_changed", ended.body.Code)
		var problem struct{ Quote quote }
		require.NoError(t, json.Unmarshal(ended.raw, &problem))
		require.Equal(t, q.Quote, problem.Quote.Quote)
		status, _, _ := a.payment(order)
		require.Equal(t, string(booking.Charged), status, "nothing was done")

		for _, test := range []struct {
			order, quote string
			back         int64
			payment      booking.PaymentStatus
		}{
			{before, "all/30000", 30_000, booking.Refunded}, {order, "within:1h/18000", 18_000, booking.Refunded},
			{late, "none/0", 0, booking.Retained}, {after, "all/30000", 30_000, booking.Refunded},
		} {
			require.Equal(t, test.quote, a.quoted(calls+"/"+test.order).Quote)
			a.post(calls+"/"+test.order+"/cancel", object{"expect": test.quote}).with(t, http.StatusOK)
			status, _, refunded := a.payment(test.order)
			require.Equal(t, string(test.payment), status)
			require.Equal(t, test.back, refunded)
		}
		a.ofCalls(object{"within": "soon", "percent": 5}).with(t, http.StatusUnprocessableEntity)
		a.requireClean()
	})
}

// TestPolicy_TemporalAway: a cancel can be quoted while Temporal is away, and a kept
// cancel uses that quote. One with another quote is refused later, and its customer is
// notified.
func TestPolicy_TemporalAway(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	place := c.system.place(9, halfRefunded)
	order, other := c.accepted(c.reserve(place)), c.accepted(c.reserve(place))
	c.becomes(order, booking.Confirmed)
	c.becomes(other, booking.Confirmed)
	c.wire.cut()
	q := c.quoted(reservations + "/" + order)
	c.requireKept(order, c.post(reservations+"/"+order+"/cancel", object{"expect": q.Quote}))
	c.requireKept(other, c.post(reservations+"/"+other+"/cancel", object{"expect": "before:480h/99000"}))
	c.wire.resume()
	c.delivered()
	require.EqualValues(t, 51_000, c.becomes(order, booking.Cancelled).FinalAmounts.Kept.Amount)
	running := c.becomes(other, booking.Confirmed)
	last := running.History[len(running.History)-1]
	require.Equal(t, booking.QuoteChanged, last.Refused)
	require.Equal(t, contract.CancelUpdate, last.Decision)
	c.requireClean()
}

// TestPrice_AsShown: an order whose price differs from the shown one is not placed, and
// a repeat of a placed one gets the first answer.
func TestPrice_AsShown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		s := boot(t, on)
		place, menu, drink := s.place(9), s.menu(), s.drink(9)
		for path, test := range map[string]struct {
			thing string
			body  object
			price int64
		}{
			reservations: {"/v1/lodging/places/" + place, reservation(place), 100_000},
			foodOrders:   {menus + "/" + menu, meal(menu), 18_000}, cafeOrders: {drinks + "/" + drink, cup(drink), 4_500},
		} {
			shown := func(amount int64) []object {
				return []object{{"price": object{"amount": amount, "currency": "KRW"}}}
			}
			refused := s.post(path, with(test.body, shown(1000)), "Idempotency-Key", "k-"+path).with(t, http.StatusConflict)
			require.Equal(t, "price_changed", refused.body.Code)
			var problem struct{ Price booking.Money }
			require.NoError(t, json.Unmarshal(refused.raw, &problem))
			require.Equal(t, booking.Money{Amount: test.price, Currency: "KRW"}, problem.Price)
			charged, _ := s.atProvider()
			first := s.post(path, with(test.body, shown(test.price)), "Idempotency-Key", "k-"+path)
			order := s.accepted(first)
			after, _ := s.atProvider()
			require.Equal(t, charged+test.price, after)
			s.request(http.MethodPatch, test.thing, object{"price": object{"amount": 7000, "currency": "KRW"}}).with(t, http.StatusOK)
			again := s.post(path, test.body, "Idempotency-Key", "k-"+path)
			require.Equal(t, order, again.body.ID)
			require.Equal(t, first.status, again.status)
		}
	})
}
