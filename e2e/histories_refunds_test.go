package e2e

import (
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refundBranches are the branches in which staff refunds parts, or an operator pays by hand.
var refundBranches = map[string]branch{
	"lodging_staff_refunds":          {staffRefunds, booking.ByCustomer},
	"lodging_staff_refund_by_hand":   {staffRefundByHand, ""},
	"lodging_staff_refund_cancelled": {staffRefundCancelled, booking.ByCustomer},
	"lodging_undo_paid_by_hand":      {undoPaidByHand, booking.ByCustomer},

	"lodging_staff_refund_unanswered":   {staffRefundUnanswered, ""},
	"lodging_undo_unanswered":           {undoUnanswered, booking.ByCustomer},
	"lodging_undo_told":                 {undoPaidByHand, booking.ByCustomer},
	"lodging_undo_made_told":            {undoPaidByHand, booking.ByCustomer},
	"lodging_undo_made_otherwise":       {undoMadeOtherwise, booking.ByCustomer},
	"lodging_undo_noticed":              {undoNoticed, booking.ByCustomer},
	"lodging_undo_disputed":             {undoDisputed, booking.ByCustomer},
	"lodging_staff_refund_failed_later": {staffRefundFailedLater, ""},
	"lodging_undo_unknown_charge":       {undoUnknownCharge, booking.ByCustomer},
	"lodging_undo_marked_beside":        {undoMarkedBeside, booking.ByCustomer},
	"lodging_refund_told_in_turn":       {refundMessagesInOrder, ""},
}

// refundByStaff requests a refund by staff, in won, under a key.
func (s *system) refundByStaff(order, key string, amount int64) answer {
	s.Helper()
	return s.post("/v1/payments/"+order+"/refunds", object{
		"amount": object{"amount": amount, "currency": "KRW"}, "reason": "The heating was out of order",
	}, "Idempotency-Key", key)
}

// paidByHand records that the owed refunds of an order were paid by hand.
func (s *system) paidByHand(order string) answer {
	s.Helper()
	return s.post("/v1/payments/"+order+"/resolution", object{"evidence": "bank transfer 42"})
}

// paysByHand records that the failed refunds of an order were paid by hand. It repeats the
// request, which is refused while the provider is being called.
func (s *system) paysByHand(order string) {
	s.Helper()
	s.eventually(func() bool { return s.paidByHand(order).status == http.StatusOK })
}

// entry is a line of an order's payment.
type entry struct {
	Key, Kind, State, Ref, By, Words string
	ByHand                           bool
	Amount                           booking.Money
}

// entries are the refunds of an order, none if it has no payment.
func (s *system) entries(order string) (refunds []entry) {
	s.Helper()
	a := s.get("/v1/payments/" + order)
	if a.status == http.StatusNotFound {
		return nil
	}
	var p struct{ Entries []entry }
	a.with(s, http.StatusOK).into(s, &p)
	for _, e := range p.Entries {
		if e.Kind == string(booking.RefundEntry) {
			refunds = append(refunds, e)
		}
	}
	return refunds
}

// byHand is the amount that was paid for an order by hand, outside of the provider.
func (s *system) byHand(order string) (sum int64) {
	s.Helper()
	for _, e := range s.entries(order) {
		if e.ByHand && e.State == string(booking.EntryDone) && !strings.HasPrefix(e.Key, booking.KeyAtProvider("")) {
			sum += e.Amount.Amount
		}
	}
	return sum
}

// staffRefunds: refunds are requested before the order is charged, then of a part, and of more
// than is left.
func staffRefunds(s *system) string {
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	early := contract.Refund{ID: "early", Amount: booking.Money{Amount: 1, Currency: "KRW"}, Note: "too early"}
	require.ErrorContains(s, s.updated(order, contract.RefundUpdate, early), "nothing was paid")
	s.sandbox(object{})
	s.shows(order, booking.Confirmed)
	s.refundOf(order, "a", 30000)
	tooMuch := contract.Refund{ID: "much", Amount: booking.Money{Amount: 70001, Currency: "KRW"}, Note: "too much"}
	require.ErrorContains(s, s.updated(order, contract.RefundUpdate, tooMuch), "70000 KRW are left")
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// staffRefundByHand: the provider cannot make the refund.
func staffRefundByHand(s *system) string {
	order := s.accepted(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.sandbox(object{"refunds": "fail"})
	s.refundBecomes(order, "a", 30000, "failed")
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// refundOf is a refund of a part of an order, as its request is answered.
func (s *system) refundOf(order, key string, amount int64) (e entry) {
	s.Helper()
	a := s.retries(func() answer { return s.refundByStaff(order, key, amount) })
	require.Contains(s, []int{http.StatusCreated, http.StatusOK}, a.status, "%s", a.raw) // 200: the first request had begun it
	a.into(s, &e)
	return e
}

// refundBecomes refunds a part of an order, and waits until that refund has the state: the reply
// budget of a system may be shorter than the provider's answer takes.
func (s *system) refundBecomes(order, key string, amount int64, state string) {
	s.Helper()
	created := s.refundOf(order, key, amount)
	s.eventually(func() bool {
		return slices.ContainsFunc(s.entries(order), func(e entry) bool { return e.Key == created.Key && e.State == state })
	})
}

// staffRefundCancelled: a refund could not be made until its order was cancelled. The cancel
// refunds it with the rest.
func staffRefundCancelled(s *system) string {
	return s.untilTold(func(int) (string, bool) { // the refund is retried about every second, and may be made before the order is cancelled
		order := s.accepted(s.reserve(s.place(9)))
		s.sandbox(object{"refunds": "fail"})
		s.refundBecomes(order, "a", 30000, "failed")
		s.eventually(func() bool { return s.attempts(order, "RefundPart") > 2 })
		s.sandbox(object{})
		s.carriedOut(func() answer { return s.decide(order, "cancel") })
		s.ended(order)
		return order, slices.ContainsFunc(s.entries(order), func(e entry) bool { return e.State == string(booking.EntryFailed) })
	})
}

// undoPaidByHand: the order is cancelled while refunds stay pending, which cannot be resolved by
// hand. Then they fail.
func undoPaidByHand(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "wait"})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.attempts(order, "RefundPayment") > 1 })
	s.eventually(func() bool { return s.paidByHand(order).body.Code == "refund_pending" })
	s.sandbox(object{"refunds": "fail"})
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// undoMadeOtherwise: the order is cancelled while refunds fail, until everything was refunded at
// the provider by hand.
func undoMadeOtherwise(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "fail"})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	_, amount, _ := s.payment(order)
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": amount}).with(s, http.StatusOK)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// staffRefundUnanswered: the provider returns only errors until an operator has paid by hand.
func staffRefundUnanswered(s *system) string {
	order := s.accepted(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.sandbox(object{"down": true})
	s.refundByStaff(order, "a", 30000)
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// undoUnanswered: the order is cancelled while the provider returns only errors for refunds.
func undoUnanswered(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"down": true})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// undoUnknownCharge: the order is cancelled while the state of its charge is unknown and the
// provider returns only errors, until an operator has paid by hand.
func undoUnknownCharge(s *system) string {
	order := s.unknownCharge("loseAnswers")
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// unknownCharge is an order that was placed while the provider failed in the given way, and is
// cancelled while it does not answer, until the order needs attention.
func (s *system) unknownCharge(how string) string {
	s.Helper()
	s.sandbox(object{how: true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{"down": true})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool {
		entries := s.entries(order)
		return s.page(order).NeedsAttention && len(entries) == 1 && entries[0].State == string(booking.EntryFailed)
	})
	require.Equal(s, "the payment provider does not answer", s.entries(order)[0].Words)
	return order
}

// undoDisputed: the order is cancelled while its payment is disputed, until the dispute is won.
// Meanwhile the refund cannot be resolved by hand.
func undoDisputed(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.dispute(order, "open")
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.paidByHand(order).body.Code == "dispute_open" })
	s.dispute(order, "won")
	s.ended(order)
	return order
}

// refundAfterEnd: a refund of an ended order is pending at first.
func refundAfterEnd(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "wait"})
	e := s.refundOf(order, "a", 1000)
	require.Equal(s, "pending", e.State)
	s.sandbox(object{})
	id = order + "/" + e.Key
	s.completes(id)
	return id, ""
}

// refundAfterEndByHand: the provider cannot make the refund.
func refundAfterEndByHand(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	e := s.refundOf(order, "a", 1000)
	require.Equal(s, "failed", e.State)
	s.paysByHand(order)
	id = order + "/" + e.Key
	s.completes(id)
	s.sandbox(object{})
	return id, ""
}

// refundAfterEndBeside: the provider cannot make the refund, while another one of the order
// needs attention already.
func refundAfterEndBeside(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	var e entry
	for _, key := range []string{"a", "b"} {
		e = s.refundOf(order, key, 1000)
		require.Equal(s, "failed", e.State)
		s.eventually(func() bool { return s.page(order).NeedsAttention })
	}
	s.eventually(func() bool { // one that is just being tried again is not resolved
		s.paidByHand(order)
		return !slices.ContainsFunc(s.entries(order), func(e entry) bool { return e.State != string(booking.EntryDone) })
	})
	id = order + "/" + e.Key
	s.completes(id)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	return id, ""
}
