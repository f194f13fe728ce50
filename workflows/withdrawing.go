package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// notToRun is the reason for not running the order, nil if it is to run: the order was
// cancelled before its workflow was started, or the workflow was started too late. It
// depends only on the input and the start time, which are the same for every run of the
// workflow, so no run has done anything for the order.
func (s *saga) notToRun() *contract.Withdrawal {
	if s.in.Withdrawal != nil {
		return s.in.Withdrawal
	}
	if by := s.in.StartBy; !by.IsZero() && workflow.GetInfo(s.ctx).WorkflowStartTime.After(by) {
		return &contract.Withdrawal{Reason: booking.NotProcessed}
	}
	return nil
}

// endWithoutRunning ends an order that is not run. There is nothing to undo. The customer of an
// order that waited in the inbox was promised it, and is notified.
func (s *saga) endWithoutRunning(w contract.Withdrawal) {
	s.become(booking.Cancelling, w.Reason, contract.Decision{Note: w.Note, By: w.By})
	for _, u := range s.undos {
		u.done(booking.Undo{}) // its step never ran
	}
	s.end(w.Reason, w.By, s.facts.cancelled)
	if w.Reason != booking.NotProcessed || !contract.BusinessOf(s.view.Kind).MayBeQueued() {
		return
	}
	m := s.message(notice{
		key: contract.NotProcessedMessage, recipientID: s.in.CustomerID, messageType: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer, Item: s.view.Item.Name},
	})
	m.Reason = w.Reason
	var outcome booking.Outcome
	s.retryMarkingAfter(s.ctx, call{
		name: "notify customer that it was not processed", queue: contract.NotificationsQueue, do: notifications.Notify, with: m,
	}, &outcome, 0)
}
