package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// notBegun is why the order is not begun, nil when it is: it was given up
// before its workflow was started, or its workflow was started too late. That
// follows from the input and the time of the start, which every run of the
// workflow has in common: so no run of it has done anything for the order.
func (s *saga) notBegun() *contract.Withdrawal {
	if s.in.Withdrawal != nil {
		return s.in.Withdrawal
	}
	if by := s.in.StartBy; !by.IsZero() && workflow.GetInfo(s.ctx).WorkflowStartTime.After(by) {
		return &contract.Withdrawal{Why: booking.NotProcessed}
	}
	return nil
}

// neverBegin ends an order that is not begun. There is nothing to undo. The
// customer of an order that waited in the inbox was promised it, and is told.
func (s *saga) neverBegin(w contract.Withdrawal) {
	s.become(booking.Cancelling, w.Why, contract.Decision{Note: w.Note, By: w.By})
	for _, u := range s.undos {
		u.found(booking.Undo{}) // its step never was
	}
	s.end(w.Why, w.By, s.facts.cancelled)
	if w.Why != booking.NotProcessed || !contract.BusinessOf(s.view.Kind).MayWait() {
		return
	}
	m := s.message(notice{
		key: contract.NotProcessedMessage, recipientID: s.in.CustomerID, tells: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer, Item: s.view.Item.Name},
	})
	m.Reason = w.Why
	var outcome booking.Outcome
	s.seeThrough(s.ctx, call{
		name: "tell customer that it was not processed", queue: contract.NotificationsQueue, do: notifications.Notify, with: m,
	}, &outcome, 0)
}
