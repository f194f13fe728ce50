package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestNotified_InSequence: a refund fails and is paid by hand while no message can be sent. The later
// of the two messages would then be tried first. The customer never gets the message that it
// was made before the one that it had failed.
func TestNotified_InSequence(t *testing.T) {
	s := newStay(t)
	s.cannotRefund()
	provider, away := s.faults, false
	s.setFaults(func(call string) fault {
		if call == "send" {
			return only(before, away)
		}
		return provider(call)
	})
	setAway := func(at time.Duration, off bool) {
		s.env.RegisterDelayedCallback(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			away = off
		}, at)
	}
	setAway(hour-time.Minute, true)
	s.staffRefunds(hour, "1", 30000)
	paid := s.resolves(hour + time.Minute)
	at := hour + 65800*time.Millisecond // the first is tried after 65.5 and 75.5 seconds, the second after 65.5 and 66
	setAway(at, false)
	received := [][]string{}
	for wait := range 60 {
		s.env.RegisterDelayedCallback(func() { received = append(received, s.messagesTo(s.customer)) }, at+time.Duration(wait)*500*time.Millisecond)
	}
	s.run()
	require.NoError(t, paid.err)
	both := []string{"refund_failed", "refunded"}
	require.Contains(t, received, both)
	for _, so := range received {
		require.Equal(t, both[:len(so)], append([]string{}, so...), "in the order in which it happened")
	}
}

// TestNotified_HowARefundEnded: a failed refund is made with the order's own refund. The customer
// is notified that the first one will not be made any more, and the history names the person
// who had decided it.
func TestNotified_HowARefundEnded(t *testing.T) {
	s := newStay(t)
	restore := s.cannotRefund()
	s.staffRefunds(hour, "1", 30000)
	s.env.RegisterDelayedCallback(restore, 2*hour)
	s.decides(2*hour, contract.CancelUpdate)
	v := s.run()
	require.Equal(t, map[string]booking.EntryState{"refund/1": booking.EntryFailed, s.order + "/charge/refund": booking.EntryDone}, s.entries())
	sent := s.sentTo(s.customer)
	require.Equal(t, []string{"refund_failed", "refund_ended"}, s.messagesTo(s.customer))
	require.EqualValues(t, 30000, sent[1].Data.Refund.Amount)
	i := slices.IndexFunc(v.History, func(e contract.Entry) bool { return e.Refused == booking.RefundExceeds })
	require.Positive(t, i)
	require.Equal(t, []any{contract.RefundUpdate, "1024", int64(30000)}, []any{v.History[i].Decision, v.History[i].By, v.History[i].Refund.Amount})
}

// TestNotified_HowARefundEndedAfterTheEnd: the same after the order's end, in the message and in
// the order's row.
func TestNotified_HowARefundEndedAfterTheEnd(t *testing.T) {
	s := newStay(t)
	endedOrder := s.run()
	s.alsoOthers = true
	s.cannotRefund()
	s.flow = workflows.Refund
	s.startRun(endedOrder.Since().Add(24 * hour))
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.RefundWorkflowID(s.order, "1"), TaskQueue: contract.SagasQueue})
	s.env.RegisterDelayedCallback(func() {
		s.mu.Lock()
		s.provider[s.order+"/charge"].begin(&other{percent: 100})
		s.faults = nil
		s.mu.Unlock()
		s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil)
	}, hour)
	s.env.ExecuteWorkflow(s.flow, contract.Refunding{
		Refund: contract.Refund{ID: "1", Amount: booking.Money{Amount: 30000, Currency: "KRW"}, Note: "it was cold", By: "1024"}, Order: endedOrder,
	})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"refund_failed", "refund_ended"}, s.messagesTo(s.customer))
	is := s.row().View
	require.False(t, is.NeedsAttention)
	last := is.History[len(is.History)-1]
	require.Equal(t, []any{contract.RefundUpdate, booking.RefundExceeds, "1024"}, []any{last.Decision, last.Refused, last.By})
}

// TestNotified_WhatWasRefundedAgain: a refund has failed after the order's end, and parts of it
// were refunded at the provider since. The customer is notified of the remainder.
func TestNotified_WhatWasRefundedAgain(t *testing.T) {
	s, endedOrder, e := failedUndo(t)
	require.EqualValues(t, 100000, e.Amount.Amount)
	s.alsoOthers = true
	refundByOthers := func(percent int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.provider[s.order+"/charge"].begin(&other{percent: percent})
	}
	refundByOthers(30)
	var paid *decision
	s.refundAgain(endedOrder, e, func() {
		s.env.RegisterDelayedCallback(func() { refundByOthers(20) }, hour)
		paid = s.resolves(2 * hour)
	})
	require.NoError(t, s.env.GetWorkflowError())
	require.NoError(t, paid.err)
	require.Equal(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
	for i, amount := range []int64{70000, 56000} {
		require.Equal(t, amount, s.sentTo(s.customer)[i].Data.Refund.Amount)
	}
}

// TestNotified_NothingWasLeftToRefundAgain: all of a failed refund was refunded at the provider
// meanwhile. The customer, who was notified of the failure, is notified that nothing more
// follows.
func TestNotified_NothingWasLeftToRefundAgain(t *testing.T) {
	s, endedOrder, e := failedUndo(t)
	s.alsoOthers = true
	s.refundAgain(endedOrder, e, func() {
		s.env.RegisterDelayedCallback(func() {
			s.mu.Lock()
			s.provider[s.order+"/charge"].begin(&other{percent: 100})
			s.mu.Unlock()
			s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil)
		}, hour)
	})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"refund_failed", "refund_ended"}, s.messagesTo(s.customer))
	require.False(t, s.row().View.NeedsAttention)
	require.Equal(t, int64(100000), payment(t, s).RefundedInAll(), "once")
}

// TestNotified_RefundedAfterAll: the refund of a cancelled order, of which the customer was
// notified that it could not be made, is paid by hand, made by the provider, or made by
// others. The customer is notified.
func TestNotified_RefundedAfterAll(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*contract.Lodging)
		after  func(s *stay, restore func())
		want   booking.MessageType
	}{
		"ByHand":        {func(*contract.Lodging) {}, func(s *stay, _ func()) { s.resolves(2 * hour) }, booking.RefundedMessage},
		"ByHandDurable": {durable, func(s *stay, _ func()) { s.resolves(2 * hour) }, booking.RefundedMessage},
		"ByTheProvider": {func(*contract.Lodging) {}, func(s *stay, restore func()) { s.env.RegisterDelayedCallback(restore, 2*hour) }, booking.RefundedMessage},
		"ByOthers": {func(*contract.Lodging) {}, func(s *stay, restore func()) {
			s.alsoOthers = true
			s.env.RegisterDelayedCallback(func() {
				s.mu.Lock()
				s.provider[s.order+"/charge"].begin(&other{percent: 100})
				s.mu.Unlock()
				restore()
			}, 2*hour)
		}, booking.RefundEndedMessage},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, test.change)
			restore := s.cannotRefund()
			s.decides(hour, contract.CancelUpdate)
			test.after(s, restore)
			v := s.run()
			require.Equal(t, booking.Cancelled, v.Status)
			require.Equal(t, []string{string(booking.RefundFailedMessage), string(test.want)}, s.messagesTo(s.customer))
			require.EqualValues(t, 100000, s.sentTo(s.customer)[1].Data.Refund.Amount)
		})
	}
}

// TestNotified_NothingOfARefundThatWasMade: a refund without failures sends no further message.
func TestNotified_NothingOfARefundThatWasMade(t *testing.T) {
	s := newStay(t)
	s.decides(hour, contract.CancelUpdate)
	require.Equal(t, booking.Cancelled, s.run().Status)
	require.Empty(t, s.messagesTo(s.customer))
}

// paidTooLate is a stay whose customer has confirmed the payment too late.
func paidTooLate(t *testing.T) (s *stay, endedOrder contract.View) {
	t.Helper()
	s = newStay(t, func(in *contract.Lodging) { mustConfirm(&in.Order) })
	endedOrder = s.run()
	require.Equal(t, booking.PaymentNotConfirmed, endedOrder.Reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	is := s.provider[s.order+"/charge"]
	is.voided, is.customer = false, approves
	return s, endedOrder
}

// checksPayment runs the workflow of the notices, which checks the payment, and returns the
// workflows of refunds that it began. following: a workflow follows the refund already.
func (s *stay) checksPayment(endedOrder contract.View, following bool, meanwhile ...func()) {
	s.Helper()
	s.flow = workflows.PaymentNotices
	s.startRun(endedOrder.Since().Add(24 * hour))
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.NoticesWorkflowID(s.order), TaskQueue: contract.SagasQueue})
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_, workflowID, _, _ string, _ any) error {
			if following && workflowID == contract.RefundWorkflowID(s.order, contract.CancelRefund) {
				return nil
			}
			return errAway
		}).Maybe()
	for i, does := range meanwhile {
		s.env.RegisterDelayedCallback(does, time.Duration(i+1)*10*time.Minute)
	}
	s.env.ExecuteWorkflow(s.flow, contract.Notices{OrderID: s.order})
	require.NoError(s, s.env.GetWorkflowError())
}

// TestNotified_OfALatePayment: a payment after the order's end is refunded, and the customer
// notified once.
func TestNotified_OfALatePayment(t *testing.T) {
	s, endedOrder := paidTooLate(t)
	before := s.messagesTo(s.customer)
	for range 2 {
		s.checksPayment(endedOrder, false)
	}
	require.Zero(t, s.owed())
	require.Equal(t, append(before, "late_payment_returned"), s.messagesTo(s.customer))
	sent := s.sentTo(s.customer)
	require.EqualValues(t, 100000, sent[len(sent)-1].Data.Refund.Amount)
}

// TestNotified_OfAPaymentWhileTheOrderIsUndone: a payment during compensation is refunded, and the
// customer is notified once the order has ended without having been placed.
func TestNotified_OfAPaymentWhileTheOrderIsUndone(t *testing.T) {
	t.Parallel()
	for name, placed := range map[string]bool{"NeverPlaced": false, "Placed": true} {
		t.Run(name, func(t *testing.T) {
			s, endedOrder := paidTooLate(t)
			before := s.messagesTo(s.customer)
			show := func(v contract.View) { require.NoError(t, s.pages.Publish(t.Context(), contract.Publication{View: v})) }
			open := endedOrder.Clone()
			open.Status, open.Version = booking.Cancelling, endedOrder.Version+1
			show(open)
			var meanwhile []string
			s.checksPayment(endedOrder, false, func() {
				meanwhile = s.messagesTo(s.customer)
				ended := endedOrder.Clone()
				ended.Version, ended.Placed = endedOrder.Version+2, placed
				show(ended)
			})
			require.Zero(t, s.owed())
			require.Equal(t, before, meanwhile)
			if !placed {
				before = append(before, "late_payment_returned")
			}
			require.Equal(t, before, s.messagesTo(s.customer))
		})
	}
}

// TestNotified_OfALatePaymentThatOthersRefunded: others have refunded a late payment, so that
// nothing is left for the order's refund. The customer is notified of the whole amount.
func TestNotified_OfALatePaymentThatOthersRefunded(t *testing.T) {
	s, endedOrder := paidTooLate(t)
	s.checksPayment(endedOrder, true)
	e := s.failLater(s.order + "/charge/refund")
	s.alsoOthers = true
	s.mu.Lock()
	s.provider[s.order+"/charge"].begin(&other{percent: 100})
	s.mu.Unlock()
	s.refundAgain(endedOrder, e, func() {})
	require.NoError(t, s.env.GetWorkflowError())
	sent := s.sentTo(s.customer)
	last := sent[len(sent)-1]
	require.Equal(t, booking.LatePaymentMessage, last.Type)
	require.EqualValues(t, 100000, last.Data.Refund.Amount)
}

// TestNotified_HowARefundEndedOnce: the failure of a refund is signalled again after it has ended
// otherwise. No second message is sent, and the history gets no second entry.
func TestNotified_HowARefundEndedOnce(t *testing.T) {
	s := newStay(t)
	restore := s.cannotRefund()
	s.staffRefunds(hour, "1", 30000)
	s.env.RegisterDelayedCallback(restore, 2*hour)
	s.decides(2*hour, contract.CancelUpdate)
	endedOrder := s.run()
	messages := s.messagesTo(s.customer)
	require.Equal(t, []string{"refund_failed", "refund_ended"}, messages)
	before := len(s.row().View.History)
	e, has := payment(t, s).Entry("refund/1")
	require.True(t, has)
	require.Equal(t, booking.EntryFailed, e.State)
	s.refundAgain(endedOrder, e, func() {})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, messages, s.messagesTo(s.customer))
	require.Len(t, s.row().View.History, before)
}

// TestNotified_OfALatePaymentThatIsFollowed: the workflow that follows the refund sends the
// message itself, after its other messages.
func TestNotified_OfALatePaymentThatIsFollowed(t *testing.T) {
	s, endedOrder := paidTooLate(t)
	before := s.messagesTo(s.customer)
	s.checksPayment(endedOrder, true)
	require.Equal(t, before, s.messagesTo(s.customer))
	e, begun := payment(t, s).Entry(s.order + "/charge/refund")
	require.True(t, begun)
	e.State = booking.EntryFailed
	s.refundAgain(endedOrder, e, func() {})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, append(before, "late_payment_returned"), s.messagesTo(s.customer))
}

func payment(t *testing.T, s *stay) booking.Payment {
	t.Helper()
	is, err := s.ledger.Payment(t.Context(), s.order)
	require.NoError(t, err)
	return is
}

// TestNotified_NothingOfAPaymentInTime: a customer who has paid in time and cancelled gets no
// message about a late payment.
func TestNotified_NothingOfAPaymentInTime(t *testing.T) {
	s := newStay(t, func(in *contract.Lodging) { mustConfirm(&in.Order) })
	s.confirms(time.Minute, approves)
	s.decides(hour, contract.CancelUpdate)
	endedOrder := s.run()
	before := s.messagesTo(s.customer)
	s.checksPayment(endedOrder, false)
	require.Zero(t, s.owed())
	require.Equal(t, before, s.messagesTo(s.customer))
}
