package e2e

import (
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refundBranches are those in which staff gives parts back, or an operator pays by hand.
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
	"lodging_refund_told_in_turn":       {refundToldInTurn, ""},
}

// giveBack asks for a refund by staff, in won, under a key.
func (s *system) giveBack(order, key string, amount int64) answer {
	s.Helper()
	return s.post("/v1/payments/"+order+"/refunds", object{
		"amount": object{"amount": amount, "currency": "KRW"}, "reason": "The heating was out of order",
	}, "Idempotency-Key", key)
}

// paidByHand says that what is owed for an order was paid by hand.
func (s *system) paidByHand(order string) answer {
	s.Helper()
	return s.post("/v1/payments/"+order+"/resolution", object{"evidence": "bank transfer 42"})
}

// paysByHand says that what has failed of an order was paid by hand, until that is recorded:
// while the provider is being asked once more, it is to be said again.
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

// entries are the refunds of an order, none of one that was never to be paid for.
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

// byHand is what was paid by hand for an order, and not at the provider.
func (s *system) byHand(order string) (sum int64) {
	s.Helper()
	for _, e := range s.entries(order) {
		if e.ByHand && e.State == string(booking.EntryDone) && !strings.HasPrefix(e.Key, booking.KeyAtProvider("")) {
			sum += e.Amount.Amount
		}
	}
	return sum
}

// staffRefunds are asked for before the order is paid for, then in part, and of more than
// is left.
func staffRefunds(s *system) string {
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	early, err := s.temporal.UpdateWorkflow(s.Context(), client.UpdateWorkflowOptions{
		WorkflowID: order, UpdateName: contract.RefundUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{contract.Refund{ID: "early", Amount: booking.Money{Amount: 1, Currency: "KRW"}, Note: "too early"}},
	})
	require.NoError(s, err)
	require.ErrorContains(s, early.Get(s.Context(), nil), "nothing was paid")
	s.sandbox(object{})
	s.shows(order, booking.Confirmed)
	s.giveBack(order, "a", 30000).with(s, http.StatusCreated)
	tooMuch, err := s.temporal.UpdateWorkflow(s.Context(), client.UpdateWorkflowOptions{
		WorkflowID: order, UpdateName: contract.RefundUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{contract.Refund{ID: "much", Amount: booking.Money{Amount: 70001, Currency: "KRW"}, Note: "too much"}},
	})
	require.NoError(s, err)
	require.ErrorContains(s, tooMuch.Get(s.Context(), nil), "70000 KRW are left")
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// staffRefundByHand is a refund that the provider cannot make.
func staffRefundByHand(s *system) string {
	order := s.stands(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.sandbox(object{"refunds": "fail"})
	require.Equal(s, "failed", s.refundIn(s.giveBack(order, "a", 30000).with(s, http.StatusCreated)))
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// refundIn is the state of the refund in an answer.
func (s *system) refundIn(a answer) string {
	s.Helper()
	var e entry
	a.into(s, &e)
	return e.State
}

// staffRefundCancelled is a refund that could not be made until its order was cancelled,
// which has given it back with all else.
func staffRefundCancelled(s *system) string {
	for { // it is asked for again every second or so, and may be made before the order is cancelled
		order := s.stands(s.reserve(s.place(9)))
		s.sandbox(object{"refunds": "fail"})
		require.Equal(s, "failed", s.refundIn(s.giveBack(order, "a", 30000).with(s, http.StatusCreated)))
		s.eventually(func() bool { return s.attempts(order, "RefundPart") > 2 })
		s.sandbox(object{})
		s.carriedOut(func() answer { return s.decide(order, "cancel") })
		s.ended(order)
		for _, e := range s.entries(order) {
			if e.State == string(booking.EntryFailed) {
				return order
			}
		}
	}
}

// undoPaidByHand is cancelled while refunds are pending, which nothing can be paid by hand
// for, and then fail.
func undoPaidByHand(s *system) string {
	order := s.reserve(s.place(9)).with(s, http.StatusCreated).body.ID
	s.sandbox(object{"refunds": "wait"})
	s.decide(order, "cancel")
	s.eventually(func() bool { return s.attempts(order, "RefundPayment") > 1 })
	require.Equal(s, "refund_pending", s.paidByHand(order).with(s, http.StatusConflict).body.Code)
	s.sandbox(object{"refunds": "fail"})
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// undoMadeOtherwise is cancelled while refunds fail, until all has been given back at the
// provider by hand.
func undoMadeOtherwise(s *system) string {
	order := s.stands(s.reserve(s.place(9)))
	s.sandbox(object{"refunds": "fail"})
	s.takes(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	_, amount, _ := s.payment(order)
	s.post("/sandbox/payments/refunds", object{"orderId": order, "amount": amount}).with(s, http.StatusOK)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// staffRefundUnanswered meets nothing but errors until an operator has paid by hand.
func staffRefundUnanswered(s *system) string {
	order := s.stands(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.sandbox(object{"down": true})
	s.giveBack(order, "a", 30000)
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// undoUnanswered is cancelled while refunds meet nothing but errors.
func undoUnanswered(s *system) string {
	order := s.stands(s.reserve(s.place(9)))
	s.sandbox(object{"down": true})
	s.takes(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// undoUnknownCharge is cancelled while it is not known whether it was charged, and the
// provider answers nothing but errors, until an operator has paid by hand.
func undoUnknownCharge(s *system) string {
	order := s.unknownCharge("loseAnswers")
	s.paysByHand(order)
	s.ended(order)
	s.sandbox(object{})
	return order
}

// unknownCharge is an order that was placed while the provider failed in a way, and is
// cancelled while it answers nothing, until that needs a person.
func (s *system) unknownCharge(how string) string {
	s.Helper()
	s.sandbox(object{how: true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{"down": true})
	s.takes(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool {
		entries := s.entries(order)
		return s.page(order).NeedsAttention && len(entries) == 1 && entries[0].State == string(booking.EntryFailed)
	})
	require.Equal(s, "the payment provider does not answer", s.entries(order)[0].Words)
	return order
}

// undoDisputed is cancelled while its payment is disputed, which nothing can be paid by hand
// for, until the dispute is won.
func undoDisputed(s *system) string {
	order := s.stands(s.reserve(s.place(9)))
	s.dispute(order, "open")
	s.takes(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.paidByHand(order).body.Code == "dispute_open" })
	s.dispute(order, "won")
	s.ended(order)
	return order
}

// refundAfterEnd is a refund of an order that has ended, which is pending at first.
func refundAfterEnd(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "wait"})
	var e entry
	s.giveBack(order, "a", 1000).with(s, http.StatusCreated).into(s, &e)
	require.Equal(s, "pending", e.State)
	s.sandbox(object{})
	id = order + "/" + e.Key
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	return id, ""
}

// refundAfterEndByHand is one that the provider cannot make.
func refundAfterEndByHand(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	var e entry
	s.giveBack(order, "a", 1000).with(s, http.StatusCreated).into(s, &e)
	require.Equal(s, "failed", e.State)
	s.paysByHand(order)
	id = order + "/" + e.Key
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	s.sandbox(object{})
	return id, ""
}

// refundAfterEndBeside is one that the provider cannot make, while another one of the
// order waits for a person already.
func refundAfterEndBeside(s *system) (id, runID string) {
	order := checkedOutEarly(s)
	s.ended(order)
	s.sandbox(object{"refunds": "fail"})
	var e entry
	for _, key := range []string{"a", "b"} {
		s.giveBack(order, key, 1000).with(s, http.StatusCreated).into(s, &e)
		require.Equal(s, "failed", e.State)
		s.eventually(func() bool { return s.page(order).NeedsAttention })
	}
	s.paysByHand(order)
	id = order + "/" + e.Key
	require.NoError(s, s.temporal.GetWorkflow(s.Context(), id, "").Get(s.Context(), nil))
	s.eventually(func() bool { return !s.page(order).NeedsAttention })
	s.sandbox(object{})
	return id, ""
}
