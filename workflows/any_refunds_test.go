package workflows_test

import (
	"context"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refunds is what was refunded of an order's payment by its end.
type refunds struct {
	all        int64 // by the provider, by hand and by others
	byProvider int64 // by the provider, including refunds that others have made there
	// late are refunds of which the undo of the charge did not know when it began: they
	// reduce what is kept.
	late int64
}

// refundsInBalance checks that no refund is open, that each refund in part was sent to the
// customer and to the feed, and that no more is refunded than was paid.
func (s *trial) refundsInBalance() (r refunds) {
	s.Helper()
	payment, err := s.ledger.Payment(s.Context(), s.order)
	if err != nil {
		return r
	}
	parts, ended := 0, 0
	for _, e := range payment.Entries {
		_, ofStaff := contract.RefundID(e.Key)
		part := ofStaff || e.Key == contract.EarlyKey(s.order)
		if part {
			require.NotEqual(s, booking.EntryPending, e.State, e.Key)
		}
		if part && e.State == booking.EntryFailed && e.Words == booking.RefundedOtherwise {
			ended++
		}
		if e.State != booking.EntryDone {
			continue
		}
		if part {
			parts++
		}
		r.all += e.Amount.Amount
		if e.ByProvider() {
			r.byProvider += e.Amount.Amount
		}
		if s.isLate(payment, e) {
			r.late += e.Amount.Amount
		}
	}
	require.LessOrEqual(s, r.all, payment.Amount.Amount)
	if s.moved { // refunds for changes are sent to the customer as well, unless they were made by the undo of a run that does not remember the change
		return r
	}
	if s.failures != nil {
		s.requireFailuresNotified(payment)
		return r
	}
	require.Len(s, s.refunded(), parts)
	undoMade, undoEnded := s.undoMessages(payment)
	messages := s.messagesTo(s.customer)
	count := func(of booking.MessageType) int {
		return len(slices.DeleteFunc(slices.Clone(messages), func(m string) bool { return m != string(of) }))
	}
	require.Equal(s, parts+undoMade, count(booking.RefundedMessage))
	if s.earlierRuns == 0 { // a run that does not remember the refund sends no message about its end
		require.Equal(s, ended+undoEnded, count(booking.RefundEndedMessage))
	}
	return r
}

// undoMessages checks that a customer who was notified that the refund of a cancelled order
// failed was notified of its end, and counts the messages: made, or ended otherwise.
func (s *trial) undoMessages(payment booking.Payment) (made, ended int) {
	s.Helper()
	failed := 0
	for _, m := range s.sentTo(s.customer) {
		switch m.Key {
		case contract.MessageKey(s.order, contract.RefundFailedMessage(contract.CancelRefund)):
			failed++
		case contract.MessageKey(s.order, contract.RefundMessage(contract.CancelRefund)):
			made++
		case contract.MessageKey(s.order, contract.RefundEndedMessage(contract.CancelRefund)):
			ended++
		}
	}
	if s.earlierRuns > 0 || s.last.Reason == booking.NoShow { // a run that does not remember the failure sends no message about its end
		return made, ended
	}
	require.Equal(s, failed, made+ended)
	own, _ := payment.Entry(payment.RefundKey())
	require.Equal(s, failed == 1 && own.State == booking.EntryDone, made == 1, "%+v", payment)
	return made, ended
}

// isLate reports whether a refund did not count when the undo of the charge began, or was
// made or paid by hand after it had failed: the undo has refunded that amount meanwhile.
func (s *trial) isLate(payment booking.Payment, e booking.Entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paymentAtUndo == nil || e.Key == payment.RefundKey() {
		return false
	}
	before, begun := s.paymentAtUndo.Entry(e.Key)
	return !begun || before.State == booking.EntryFailed || s.failed[e.Key] || before.State == booking.EntryPending && e.Evidence() != ""
}

// booksWithoutHand are the books as the provider has them: what was paid by hand counts as
// not refunded.
func (s *trial) booksWithoutHand() books {
	is := s.books()
	payment, err := s.ledger.Payment(context.Background(), s.order)
	if err != nil {
		return is
	}
	for _, e := range payment.Entries {
		if e.State == booking.EntryDone && !e.ByProvider() {
			is.money -= e.Amount.Amount
		}
	}
	return is
}

// booksAsReported are the books without the failures of refunds that nothing has reported yet.
func (s *trial) booksAsReported() books {
	is := s.booksWithoutHand()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.provider {
		for _, failed := range at.failed {
			is.money = max(0, is.money-failed)
		}
	}
	return is
}

// refundedNothing reports whether the undo of the charge has refunded nothing, and no person has at
// the provider.
func (s *trial) refundedNothing() bool {
	payment, err := s.ledger.Payment(s.Context(), s.order)
	if err != nil || payment.Status != booking.Refunded {
		return err == nil && payment.Status == booking.Retained
	}
	_, own := payment.Entry(payment.RefundKey())
	return !own && payment.RefundedAtProvider() == 0
}

// requireDeparture checks that guests who have left early got what the policy refunds for
// their nights, or everything that was left.
func (s *trial) requireDeparture(v contract.View) {
	s.Helper()
	payment, err := s.ledger.Payment(s.Context(), s.order)
	if err != nil {
		return
	}
	e, begun := payment.Entry(contract.EarlyKey(s.order))
	due := v.DepartureDue()
	if due == 0 {
		require.False(s, begun)
		return
	}
	if e.Amount.Amount != due {
		require.Less(s, e.Amount.Amount, due)
		require.Equal(s, payment.Amount.Amount, payment.RefundedInAll(), "all of it is refunded")
	}
}
