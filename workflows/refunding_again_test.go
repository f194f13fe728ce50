package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestRefundFails_WhileTheOrderRuns: a refund in part that was done fails at the provider. Its
// order is marked, the customer notified, and an operator pays by hand.
func TestRefundFails_WhileTheOrderRuns(t *testing.T) {
	s := newStay(t)
	s.staffRefunds(hour, "1", 30000)
	var e booking.Entry
	s.env.RegisterDelayedCallback(func() {
		e = s.failLater(s.order + "/refund/1")
		for range 2 {
			s.env.SignalWorkflow(contract.RefundFailedSignal, e)
		}
		s.env.SignalWorkflow(contract.RefundFailedSignal, booking.Entry{Key: "whatever"})
	}, 3*hour)
	var marked contract.View
	s.env.RegisterDelayedCallback(func() { marked = s.row().View }, 4*hour)
	paid := s.resolves(5 * hour)
	v := s.run()
	require.NoError(t, paid.err)
	require.True(t, marked.NeedsAttention)
	require.False(t, v.NeedsAttention)
	require.Equal(t, booking.Completed, v.Status)
	payment, err := s.ledger.Payment(t.Context(), s.order)
	require.NoError(t, err)
	is, _ := payment.Entry("refund/1")
	require.Equal(t, []any{booking.EntryDone, true}, []any{is.State, is.ByHand})
	require.Equal(t, "refund id of "+s.order+"/refund/1 of ref of "+s.order+"/charge is failed at last", e.Words)
	require.Equal(t, []string{"refunded", "refund_failed", "refunded"}, s.messagesTo(s.customer))
}

// TestRefundFails_SignalledTooLate: the failure of a refund is signalled after it was made again.
// The order is not marked, and no message is sent twice.
func TestRefundFails_SignalledTooLate(t *testing.T) {
	s := newStay(t)
	restore := s.cannotRefund()
	s.staffRefunds(hour, "1", 30000)
	var e booking.Entry
	s.env.RegisterDelayedCallback(func() {
		payment, err := s.ledger.Payment(t.Context(), s.order)
		require.NoError(t, err)
		e, _ = payment.Entry("refund/1")
		require.Equal(t, booking.EntryFailed, e.State)
		restore()
	}, 2*hour)
	var before, later contract.View
	s.env.RegisterDelayedCallback(func() {
		before = s.row().View
		s.env.SignalWorkflow(contract.RefundFailedSignal, e)
	}, 3*hour)
	s.env.RegisterDelayedCallback(func() { later = s.row().View }, 4*hour)
	s.run()
	require.False(t, before.NeedsAttention)
	require.Equal(t, before, later)
	require.Len(t, s.refunded(), 1)
	require.Equal(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
}

// TestRefundFails_WhileItsEndIsShown: a refund fails while the saga cannot publish that it was
// done, since the read model is away. It is followed again all the same.
func TestRefundFails_WhileItsEndIsShown(t *testing.T) {
	s := newStay(t)
	away := false
	s.setFaults(func(call string) fault { return only(before, call == "publish" && away) })
	s.env.RegisterDelayedCallback(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		away = true
	}, hour-time.Second)
	s.staffRefunds(hour, "1", 30000)
	s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(contract.RefundFailedSignal, s.failLater(s.order+"/refund/1")) }, hour+5*time.Second)
	s.env.RegisterDelayedCallback(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		away = false
	}, hour+10*time.Second)
	var marked contract.View
	s.env.RegisterDelayedCallback(func() { marked = s.row().View }, 2*hour)
	paid := s.resolves(3 * hour)
	v := s.run()
	require.True(t, marked.NeedsAttention)
	require.NoError(t, paid.err)
	require.False(t, v.NeedsAttention)
	require.Equal(t, map[string]booking.EntryState{"refund/1": booking.EntryDone}, s.entries())
}

// TestRefundFails_WhileTheProviderIsAway: the failure of a refund is signalled while the
// provider answers only with errors. The order is marked all the same after a while.
func TestRefundFails_WhileTheProviderIsAway(t *testing.T) {
	s := newStay(t, impatient)
	s.staffRefunds(hour, "1", 30000)
	s.env.RegisterDelayedCallback(func() {
		e := s.failLater(s.order + "/refund/1")
		s.isBroken()
		s.env.SignalWorkflow(contract.RefundFailedSignal, e)
	}, 3*hour)
	var marked contract.View
	s.env.RegisterDelayedCallback(func() { marked = s.row().View }, 3*hour+25*time.Second)
	paid := s.resolves(3*hour + 30*time.Second)
	v := s.run()
	require.True(t, marked.NeedsAttention)
	require.NoError(t, paid.err)
	require.False(t, v.NeedsAttention)
	require.Equal(t, []string{"refunded", "refund_failed", "refunded"}, s.messagesTo(s.customer))
}

// failedUndo is a cancelled stay whose refund has failed since.
func failedUndo(t *testing.T) (s *stay, ended contract.View, e booking.Entry) {
	t.Helper()
	s = newStay(t)
	s.decides(hour, contract.CancelUpdate)
	ended = s.run()
	require.Equal(t, booking.Cancelled, ended.Status)
	return s, ended, s.failLater(s.order + "/charge/refund")
}

// refundAgain starts the workflow of a refund that has failed after the order's end.
func (s *stay) refundAgain(ended contract.View, e booking.Entry, meanwhile func()) {
	s.Helper()
	s.flow = workflows.RefundAgain
	s.startRun(ended.Since().Add(24 * hour))
	in := contract.RefundingAgain{Entry: e, Order: ended}
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.RefundWorkflowID(s.order, in.Refund().ID), TaskQueue: contract.SagasQueue})
	meanwhile()
	s.env.ExecuteWorkflow(s.flow, in)
	require.True(s, s.env.IsWorkflowCompleted())
}

// TestRefundAgain_OfTheUndo: the refund of a cancelled order fails after the order's end. The
// order stays marked until an operator has paid by hand, and nothing reports it as refunded.
func TestRefundAgain_OfTheUndo(t *testing.T) {
	s, ended, e := failedUndo(t)
	payment, err := s.ledger.Payment(t.Context(), s.order)
	require.NoError(t, err)
	require.Equal(t, booking.RefundPending, payment.Status)
	var marked contract.View
	var paid *decision
	s.refundAgain(ended, e, func() {
		s.env.RegisterDelayedCallback(func() { marked = s.row().View }, hour)
		paid = s.resolves(2 * hour)
	})
	require.NoError(t, s.env.GetWorkflowError())
	require.NoError(t, paid.err)
	require.True(t, marked.NeedsAttention)
	is := s.row().View
	require.False(t, is.NeedsAttention)
	require.Equal(t, booking.Cancelled, is.Status)
	payment, err = s.ledger.Payment(t.Context(), s.order)
	require.NoError(t, err)
	require.Equal(t, booking.Returned, payment.Status)
	require.Equal(t, payment.Amount.Amount, payment.RefundedInAll())
	require.Equal(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
}

// TestRefundAgain_BegunTooLate: the refund was made again before its workflow begins, which
// then has nothing to do.
func TestRefundAgain_BegunTooLate(t *testing.T) {
	s, ended, e := failedUndo(t)
	s.refundAgain(ended, e, func() { s.resolves(2 * hour) })
	require.NoError(t, s.env.GetWorkflowError())
	messages := s.messagesTo(s.customer)
	e.Ref = "another attempt of it"
	s.refundAgain(ended, e, func() {})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, messages, s.messagesTo(s.customer))
}

// TestRefundAgain_OfAPart: a refund in part fails after the order's end.
func TestRefundAgain_OfAPart(t *testing.T) {
	s := newStay(t)
	s.staffRefunds(hour, "1", 30000)
	ended := s.run()
	e := s.failLater(s.order + "/refund/1")
	var marked contract.View
	s.refundAgain(ended, e, func() {
		s.env.RegisterDelayedCallback(func() { marked = s.row().View }, hour)
		s.resolves(2 * hour)
	})
	require.NoError(t, s.env.GetWorkflowError())
	require.True(t, marked.NeedsAttention)
	require.False(t, s.row().View.NeedsAttention)
	require.Equal(t, map[string]booking.EntryState{"refund/1": booking.EntryDone}, s.entries())
	require.Equal(t, []string{"refunded", "refund_failed", "refunded"}, s.messagesTo(s.customer))
}

// TestRefundAgain_Garbage: a workflow with an invalid input does nothing.
func TestRefundAgain_Garbage(t *testing.T) {
	s, ended, e := failedUndo(t)
	for field, change := range map[string]func(*contract.RefundingAgain){
		"entry.key: ":    func(in *contract.RefundingAgain) { in.Entry.Key = "dispute/du_1" },
		"entry.state: ":  func(in *contract.RefundingAgain) { in.Entry.State = booking.EntryDone },
		"order.status: ": func(in *contract.RefundingAgain) { in.Order.Status = booking.Confirmed },
		"entry.key":      func(in *contract.RefundingAgain) { in.Entry.Key = "refund/other" },
	} {
		s.flow = workflows.RefundAgain
		s.startRun(ended.Since().Add(24 * hour))
		in := contract.RefundingAgain{Entry: e, Order: ended}
		s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.RefundWorkflowID(s.order, in.Refund().ID), TaskQueue: contract.SagasQueue})
		change(&in)
		s.env.ExecuteWorkflow(s.flow, in)
		requireRefusedInput(t, s.env.GetWorkflowError(), field)
	}
}

// TestPaymentNotices_OfAFailure: a failed refund is followed by the order's saga while that
// runs, and by a workflow of its own afterwards, also if the order ends before its saga
// receives the signal.
func TestPaymentNotices_OfAFailure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ runs, ends bool }{
		"AfterTheEnd": {false, true}, "WhileItRuns": {true, false}, "InTheMomentOfItsEnd": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t)
			s.decides(hour, contract.CancelUpdate)
			ended := s.run()
			e := s.failLater(s.order + "/charge/refund")
			s.flow = workflows.PaymentNotices
			s.startRun(ended.Since().Add(24 * hour))
			s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.NoticesWorkflowID(s.order), TaskQueue: contract.SagasQueue})
			var messages, begun []booking.Entry
			s.env.RegisterWorkflowWithOptions(func(_ workflow.Context, in contract.RefundingAgain) error {
				require.NoError(t, in.Check())
				begun = append(begun, in.Entry)
				return nil
			}, workflow.RegisterOptions{Name: contract.RefundAgainWorkflow})
			s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
				Return(func(_, workflowID, _, signal string, arg any) error {
					if !test.runs || workflowID != s.order { // no workflow of its own follows the refund
						return errAway
					}
					if signal == contract.RefundFailedSignal && test.ends {
						return errAway
					}
					if signal == contract.RefundFailedSignal {
						messages = append(messages, arg.(booking.Entry))
					}
					return nil
				})
			s.env.ExecuteWorkflow(s.flow, contract.Notices{OrderID: s.order})
			require.NoError(t, s.env.GetWorkflowError())
			all := slices.Concat(messages, begun)
			require.Len(t, all, 1)
			require.Equal(t, !test.ends, len(messages) == 1)
			require.Equal(t, e.Key, all[0].Key)
			require.WithinDuration(t, e.Changed, all[0].Changed, time.Second)
		})
	}
}
