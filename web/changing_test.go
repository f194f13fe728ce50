package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// quotes is the price of changing a stay at a place with an unchanged price.
func (s *site) quotes(view contract.View, c orders.Change) (q orders.ChangeQuote, err error) {
	q.Wants = contract.StayChange{CheckIn: c.CheckIn, CheckOut: c.CheckOut, Rooms: c.Rooms, Price: ours}
	if q.ChangeQuote, err = view.QuoteChange(q.Wants, now, now.AddDate(0, 0, 9)); err != nil {
		return q, err
	}
	has, err := view.DailyQuantity()
	q.More, q.OwnerConfirms = q.Wants.DailyQuantity().Beyond(has), true
	return q, err
}

// TestChange: the price of a change is shown first, and binding.
func TestChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.quote = s.quotes
	b := s.as("alice", booking.English)
	path := "/orders/" + stayID + "/change"
	require.Contains(t, b.get("/orders/"+stayID).text, `href="`+path+`"`)
	form := b.get(path)
	require.Equal(t, arrival.String(), field(t, form.text, "checkIn"))
	require.NotContains(t, form.words(), "Change it", "without a price")

	longer := path + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1"
	quoted := b.get(longer)
	require.Contains(t, quoted.words(), "You pay now ₩50,000")
	require.Contains(t, quoted.words(), "The reservation costs then ₩150,000")
	require.Contains(t, quoted.words(), "The owner has to confirm the change")
	shorter := b.get(path + "?checkIn=" + arrival.String() + "&checkOut=" + arrival.AddDays(1).String() + "&rooms=1")
	require.Contains(t, shorter.words(), "You get back ₩25,000 Kept by the policy ₩25,000")
	require.Contains(t, b.get(longer[:len(longer)-1]+"9").words(), "There are not enough rooms for this.")
	same := b.get(path + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.String() + "&rooms=1")
	require.Equal(t, http.StatusConflict, same.status)
	require.Contains(t, same.words(), "It cannot be changed so")
	require.Equal(t, http.StatusUnprocessableEntity, b.get(path+"?checkIn=soon&rooms=1").status)
	require.Equal(t, http.StatusNotFound, s.as("minho", booking.English).get(path).status)

	bora := s.as("bora", booking.English)
	require.NotContains(t, bora.get("/orders/"+stayID).text, path, "it costs the customer money")
	require.Equal(t, http.StatusForbidden, bora.get(path).status)

	s.book.change = func(orders.Change) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(booking.QuoteChanged, "")
	}
	typed := b.submit(quoted, path, "rooms", "2")
	require.Contains(t, typed.words(), "The reservation costs then ₩300,000")
	require.Equal(t, "2", field(t, typed.text, "rooms"))
	require.Equal(t, path+"?checkIn="+arrival.String()+"&checkOut="+leaving.AddDays(1).String()+"&rooms=2", field(t, typed.text, "back"))
	require.Equal(t, 2, s.book.changed[0].Rooms, "what was typed last")
	s.book.changed = nil
	changed := b.submit(quoted, path)
	require.Equal(t, http.StatusConflict, changed.status)
	require.Contains(t, changed.words(), "What you pay or get back has changed")
	require.Contains(t, changed.words(), "You pay now ₩50,000")

	s.book.change = func(orders.Change) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(orders.IdempotencyKeyReused, "")
	}
	reused := b.submit(quoted, path)
	require.Equal(t, http.StatusUnprocessableEntity, reused.status)
	require.NotEqual(t, field(t, quoted.text, "key"), field(t, reused.text, "key"), "what is sent next is another request")
	s.book.changed = s.book.changed[:1]

	s.book.change = func(c orders.Change) (orders.Outcome, error) {
		view, err := s.rows.View(t.Context(), c.OrderID)
		return orders.Outcome{View: view, Done: true}, err
	}
	require.Equal(t, "/orders/"+stayID, b.submit(changed, path).url.Path)
	first, last := s.book.changed[0], s.book.changed[1]
	require.Equal(t, first, last, "the second form repeats the first one, under its key")
	require.NotEmpty(t, last.Key)
	last.Key = ""
	require.Equal(t, orders.Change{OrderID: stayID, CheckIn: arrival, CheckOut: leaving.AddDays(1), Rooms: 1, Expect: "+50000/KRW"}, last)
}

// TestChange_PaidByAnotherCard: the difference may be paid by another method than the order.
// After a decline the next card is another request.
func TestChange_PaidByAnotherCard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.quote = s.quotes
	path := "/orders/" + stayID + "/change"
	longer := path + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1"
	shorter := path + "?checkIn=" + arrival.String() + "&checkOut=" + arrival.AddDays(1).String() + "&rooms=1"
	for _, l := range booking.Languages() {
		requirePage(t, s.as("alice", l).get(longer), l)
	}
	b := s.as("alice", booking.English)
	quoted := b.get(longer)
	require.Contains(t, quoted.words(), "How you pay As the order was paid A test card that pays A test card that is declined")
	require.NotContains(t, b.get(shorter).words(), "How you pay", "nothing is paid")

	for _, reason := range []booking.Reason{booking.PaymentDeclined, booking.PaymentUnavailable} {
		s.book.change = func(orders.Change) (orders.Outcome, error) {
			return orders.Outcome{}, booking.Errorf(booking.Code(reason), "")
		}
		declined := b.submit(quoted, path, "method", "pm_card_chargeDeclined")
		require.Contains(t, declined.words(), "The reservation stays as it is.")
		require.NotEqual(t, field(t, quoted.text, "key"), field(t, declined.text, "key"))
		require.Equal(t, "pm_card_chargeDeclined", declined.form(t, path).Get("method"))
		quoted = declined
	}
	s.book.change = func(c orders.Change) (orders.Outcome, error) {
		view, err := s.rows.View(t.Context(), c.OrderID)
		return orders.Outcome{View: view, Done: true}, err
	}
	for _, method := range []string{"pm_card_visa", "order", "pm_other"} {
		require.Equal(t, "/orders/"+stayID, b.submit(quoted, path, "method", method).url.Path)
	}
	paidBy := []string{}
	for _, c := range s.book.changed {
		paidBy = append(paidBy, c.PaymentMethod)
	}
	require.Equal(t, []string{"pm_card_chargeDeclined", "pm_card_chargeDeclined", "pm_card_visa", "", ""}, paidBy)
}

// TestChange_Refused: no page of a refused change says that nothing was ordered, or that the order
// stays as it is if that is not certain.
func TestChange_Refused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.quote = s.quotes
	path := "/orders/" + stayID + "/change"
	b := s.as("alice", booking.English)
	quoted := b.get(path + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1")
	for code, want := range map[booking.Code]struct {
		words string
		stays bool
	}{
		orders.CodeOf(booking.SoldOut):            {"There is not enough left. Nothing was changed.", true},
		orders.CodeOf(booking.PaymentDeclined):    {"The payment was declined. Nothing was changed.", true},
		orders.CodeOf(booking.PaymentUnavailable): {"Payments cannot be made at the moment. Nothing was changed.", true},
		orders.CodeOf(booking.CafeUnavailable):    {"The café cannot be asked at the moment. Nothing was changed.", true},
		orders.CodeOf(booking.MenuDeleted):        {"This is no longer sold. Nothing was changed.", false},
		orders.CodeOf(booking.RejectedByOwner):    {"The owner has refused the change.", true},
		orders.CodeOf(booking.OwnerTimeout):       {"The owner did not answer in time.", true},
		orders.CodeOf(booking.TooLate):            {"It could not be completed in time.", true},
		orders.TemporalUnavailable:                {"Changes cannot be accepted at the moment.", false},
		booking.InventoryUnavailable:              {"It cannot be checked at the moment whether there is enough. Nothing was changed.", true},
		orders.DecisionsExhausted:                 {"It can still be cancelled.", true},
		booking.Superseded:                        {"", false},
		booking.ChangePending:                     {"Another change is under way.", false},
		orders.Unreachable:                        {"It may still take this in", false},
		booking.Unavailable:                       {"A part that this needs is away.", false},
	} {
		s.book.change = func(orders.Change) (orders.Outcome, error) { return orders.Outcome{}, booking.Errorf(code, "") }
		refused := b.submit(quoted, path)
		require.Contains(t, refused.words(), want.words, code)
		require.NotContains(t, refused.words(), "ordered", code)
		require.Equal(t, want.stays, strings.Contains(refused.words(), "The reservation stays as it is."), code)
	}
}

// TestChange_Faults: impossible days are explained at their field, also if the price was not asked
// for.
func TestChange_Faults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	backwards := booking.Faulty([]booking.Fault{{Field: "checkOut", Words: booking.RangeFault("checkIn", arrival, arrival)}})
	s.book.quote = func(view contract.View, c orders.Change) (orders.ChangeQuote, error) {
		if c.CheckIn == c.CheckOut {
			return orders.ChangeQuote{}, backwards
		}
		return s.quotes(view, c)
	}
	s.book.change = func(orders.Change) (orders.Outcome, error) { return orders.Outcome{}, backwards }
	path := "/orders/" + stayID + "/change"
	for _, l := range booking.Languages() {
		b := s.as("alice", l)
		quoted := b.get(path + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1")
		wrong := b.submit(quoted, path, "checkOut", arrival.String())
		require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
		requirePage(t, wrong, l)
		require.Contains(t, wrong.text, `<p class="fault" id="checkOut-fault">`)
		require.Equal(t, arrival.String(), field(t, wrong.text, "checkOut"))
	}
	require.Len(t, s.book.changed, len(booking.Languages()))
}

// TestChange_ShowPrice: the price of a change is shown without its payment method in the address.
func TestChange_ShowPrice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.quote = s.quotes
	path := "/orders/" + stayID + "/change"
	b := s.as("alice", booking.English)
	shown := b.submit(b.get(path), path, "checkOut", leaving.AddDays(1).String(), "show", "price")
	require.Contains(t, shown.words(), "You pay now ₩50,000")
	shown = b.submit(shown, path, "checkOut", leaving.AddDays(2).String(), "method", "pm_card_chargeDeclined", "show", "price")
	require.Equal(t, http.StatusOK, shown.status)
	require.Contains(t, shown.words(), "You pay now ₩100,000")
	require.Equal(t, "pm_card_chargeDeclined", shown.form(t, path).Get("method"))
	require.Empty(t, shown.url.RawQuery)
	require.Equal(t, path+"?checkIn="+arrival.String()+"&checkOut="+leaving.AddDays(2).String()+"&rooms=1", field(t, shown.text, "back"))
	require.NotContains(t, shown.text, "formmethod")
	require.Empty(t, s.book.changed)
}

// TestChange_AfterCheckIn: the day of departure can be changed until that day.
func TestChange_AfterCheckIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", seaside))
	s.publish(arrived("alice"), booking.Confirmed)
	require.Contains(t, s.as("alice", booking.English).get("/orders/"+stayID).text, "/orders/"+stayID+"/change")
}

// TestChange_Ended: an order that has ended has no form that changes it.
func TestChange_Ended(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.quote = func(view contract.View, _ orders.Change) (q orders.ChangeQuote, err error) {
		return q, booking.MayChangeStay(view.Status, now, now, now, false)
	}
	view, err := s.rows.View(t.Context(), stayID)
	require.NoError(t, err)
	view.Status, view.Reason = booking.Cancelled, booking.ByCustomer
	view.History = append(view.History, contract.Entry{Status: view.Status, Reason: view.Reason, At: now})
	view.Version++
	s.keep(view)
	path := "/orders/" + stayID + "/change"
	for _, at := range []string{path, path + "?checkIn=" + arrival.String() + "&checkOut=" + leaving.AddDays(1).String() + "&rooms=1"} {
		ended := s.as("alice", booking.English).get(at)
		require.Equal(t, http.StatusConflict, ended.status)
		require.Contains(t, ended.words(), "The order is cancelled already. Code: already_cancelled Back to the order")
		require.NotContains(t, ended.text, `action="`+path)
	}
	for _, l := range booking.Languages() {
		requirePage(t, s.as("alice", l).get(path), l)
	}
}

// TestChange_OwnerDecides: a change that waits for its owner is shown on the desk with its
// deadline, and on the order's page.
func TestChange_OwnerDecides(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	view, err := s.rows.View(t.Context(), stayID)
	require.NoError(t, err)
	stay := *view.Stay
	stay.Change = &contract.PendingChange{
		ID: "1", State: contract.ChangeAwaitingOwner, CheckIn: arrival.String(), CheckOut: leaving.AddDays(1).String(), Rooms: 2,
		Charge: ours, Refund: booking.Money{Currency: "KRW"}, Until: now.Add(30 * time.Minute),
	}
	view.Stay = &stay
	view.Version++
	s.keep(view)
	s.obeys(booking.Confirmed)
	for _, l := range booking.Languages() {
		requirePage(t, s.as("alice", l).get("/orders/"+stayID), l)
	}
	alice := s.as("alice", booking.English).get("/orders/" + stayID)
	require.Contains(t, alice.words(), "A change waits for the owner")
	require.NotContains(t, alice.text, "/orders/"+stayID+"/change")
	bora := s.as("bora", booking.English)
	desk := bora.get("/desk")
	require.Contains(t, desk.words(), "Asks for a change")
	require.Contains(t, desk.words(), "Decide until")
	bora.submit(desk, "/orders/"+stayID+"/decide/confirm")
	require.Equal(t, contract.ConfirmUpdate, s.latest().Update)
	require.Contains(t, desk.text, "/orders/"+stayID+"/decide/reject")
}

// TestChange_Drinks: the number of drinks is changed on the same page, until their day
// begins.
func TestChange_Drinks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.quoteCups = func(view contract.View, c orders.QuantityChange) (q orders.QuantityQuote, err error) {
		q.Wants, q.More, q.Day = contract.QuantityChange{Quantity: c.Quantity, Price: latte.Price}, max(0, c.Quantity-view.Quantity), latte.Date
		q.QuantityQuote, err = view.QuoteQuantity(q.Wants, now, latte.Begins())
		return q, err
	}
	path := "/orders/" + cafeID + "/change"
	for _, l := range booking.Languages() {
		requirePage(t, s.as("alice", l).get(path+"?quantity=3"), l)
	}
	b := s.as("alice", booking.English)
	require.Contains(t, b.get("/orders/"+cafeID).text, `href="`+path+`"`)
	require.Equal(t, "2", field(t, b.get(path).text, "quantity"))
	quoted := b.get(path + "?quantity=3")
	require.Contains(t, quoted.words(), "You pay now ₩4,500")
	require.Contains(t, quoted.words(), "The order costs then ₩13,500")
	require.Contains(t, b.get(path+"?quantity=10").words(), "There are not enough left for this.")
	same := b.get(path + "?quantity=2")
	require.Equal(t, http.StatusConflict, same.status)
	require.Contains(t, same.words(), "Nothing was changed. Code: not_changeable The order stays as it is.")
	require.Equal(t, http.StatusUnprocessableEntity, b.get(path+"?quantity=none").status)
	require.Equal(t, http.StatusForbidden, s.as("cora", booking.English).get(path).status)
	require.Equal(t, http.StatusNotFound, b.get("/orders/"+foodID+"/change").status, "nothing of it can be changed")

	require.Equal(t, "/orders/"+cafeID, b.submit(quoted, path, "method", "pm_card_visa").url.Path)
	change := s.book.refilled[0]
	require.NotEmpty(t, change.Key)
	change.Key = ""
	require.Equal(t, orders.QuantityChange{Kind: booking.Cafe, OrderID: cafeID, Quantity: 3, Expect: "+4500/KRW", PaymentMethod: "pm_card_visa"}, change)

	view, err := s.rows.View(t.Context(), cafeID)
	require.NoError(t, err)
	made := *view.Production
	made.Change = &contract.PendingQuantity{ID: "1", Quantity: 3, Charge: latte.Price, Refund: booking.Money{Currency: "KRW"}}
	view.Production = &made
	view.Version++
	s.keep(view)
	for _, l := range booking.Languages() {
		requirePage(t, s.as("alice", l).get("/orders/"+cafeID), l)
	}
	under := b.get("/orders/" + cafeID)
	require.Contains(t, under.words(), "It is being changed, to 3.")
	require.NotContains(t, under.text, path)
}
