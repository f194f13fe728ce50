package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// chargeUndo is the state of the undo of the charge.
type chargeUndo struct {
	argument booking.Charge
	// refunded: the undo has found a charge and has refunded what the policy refunds of it.
	refunded bool
	complete bool // nothing of the refund is outstanding
	declined bool // the ledger says that the charge was declined
	// unanswered: the refund has kept failing for longer than AttentionAfter.
	unanswered bool
	owedWords  string // why the charge is not refunded yet, in the provider's words; "" while unknown
	// amountOwed is the amount that the ledger has for a refund that needs a person, 0 while
	// unknown.
	amountOwed   int64
	notifiedOwed int64                // the amount in the message that the refund cannot be made yet, 0 if none was sent
	payment      booking.EventPayment // the payment after the undo
	customerGot  int64                // the sum of all refunds after the undo, including refunds by others
	ownRefund    *int64               // the amount of the undo's own refund, nil while unknown
	reported     *booking.Money       // what the cancellation has to report as refunded, nil while unknown
}

// undosOfCharge is the undo of the charge, empty for a free order.
func (s *saga) undosOfCharge() []undo {
	if s.free() {
		return nil
	}
	return []undo{s.undoCharge()}
}

// undoCharge refunds the charge, or makes sure that it is never made.
func (s *saga) undoCharge() undo {
	return undo{
		call: call{
			name: "refund payment", queue: contract.PaymentsQueue, quick: quickPayment, resolvable: true, onFailing: s.refundLate,
			do: payments.RefundPayment,
		},
		argument: func(reason booking.Reason) any {
			c := s.chargeUndo.argument
			c.Reason, c.Owed, c.AttentionAfter, c.WantsOwnRefund = reason, s.chargeUndo.owedWords, s.policy.AttentionAfter, true
			return c
		},
		onDone: s.chargeUndone,
	}
}

// chargeUndone notes what the undo of the charge has found.
func (s *saga) chargeUndone(found booking.Undo) {
	u := &s.chargeUndo
	u.refunded, u.declined, u.owedWords, u.unanswered = found.Acted, found.Declined, found.Owed, false
	if u.complete = found.Owed == ""; u.complete {
		s.followIfMissed(booking.Payment{Charge: s.payment()}.RefundKey())
	}
	s.further = max(s.further, found.Further) // the answer to a further charge may have been lost
	u.payment = s.paymentIn(found.Payment)
	u.payment.Refunded.Amount = found.Refunded
	u.customerGot, u.amountOwed, u.ownRefund = found.CustomerGot(), found.Due, found.Own
	u.reported = found.Reported(s.in.Amount.Currency)
	s.view.FinalAmounts = s.view.FinalAmountsBy(found, u.argument)
}

// refundLate marks an order whose refund keeps failing. An operator may pay it by hand.
func (s *saga) refundLate(ctx workflow.Context) {
	s.chargeUndo.unanswered = true
	s.notifyNotRefunded(ctx)
	s.needAttention(ctx, "to refund payment keeps failing")
}

// notifyNotRefunded notifies the customer, once, that the outstanding refund cannot be made
// yet.
func (s *saga) notifyNotRefunded(ctx workflow.Context) {
	owed := s.charged()
	owed.Amount -= s.chargeUndo.argument.Keep + s.parts.refunded
	if s.chargeUndo.notifiedOwed == 0 && owed.Amount > 0 && notifiesOfUndo(ctx) {
		// The ledger knows the refunds by others, and what an earlier run has decided.
		owed.Amount = cmp.Or(s.chargeUndo.amountOwed, owed.Amount)
		s.chargeUndo.notifiedOwed = owed.Amount
		s.notifyOfRefund(&owed, contract.RefundFailedMessage(contract.CancelRefund), booking.RefundFailedMessage)
	}
}

// notifyRefundedAfterAll sends a second message to the customer if notifyNotRefunded has sent
// one: the refund is made, or nothing was left to refund. After a no-show the message of
// notifyNoShow says that.
func (s *saga) notifyRefundedAfterAll() {
	if s.chargeUndo.notifiedOwed == 0 || !s.chargeUndo.refunded || s.view.Reason == booking.NoShow || !notifiesOfUndosEnd(s.ctx) {
		return
	}
	refund, id := booking.Money{Amount: s.chargeUndo.notifiedOwed, Currency: s.in.Amount.Currency}, contract.CancelRefund
	if s.chargeUndo.ownRefund != nil && *s.chargeUndo.ownRefund == 0 {
		s.notifyOfRefund(&refund, contract.RefundEndedMessage(id), booking.RefundEndedMessage)
		return
	}
	if s.chargeUndo.ownRefund != nil {
		refund.Amount = *s.chargeUndo.ownRefund
	}
	s.notifyOfRefund(&refund, contract.RefundMessage(id), booking.RefundedMessage)
}

// emitRefunded emits that the cancellation has refunded the charge, if it has refunded something.
// If a bank has taken the charge back, the customer has got what is due to them, too.
func (s *saga) emitRefunded() {
	paid := s.chargeUndo.payment
	paid.Part = s.chargeUndo.reported
	if paid.Status == booking.Retained || paid.Status == booking.Refunded && paid.Part != nil && paid.Part.Amount == 0 {
		return
	}
	data := s.view.EventData()
	data.Payment = &paid
	s.emitData(booking.PaymentCancelApproved, data)
}

// partialRefund is how much the cancellation refunds of a payment of which a part is kept, as far as it
// is known; nil for any other order.
func (s *saga) partialRefund() *booking.Money {
	expected := max(0, s.charged().Amount-s.chargeUndo.argument.Keep-s.parts.refunded)
	refund := s.view.PartialRefund(s.chargeUndo.argument, expected)
	if refund == nil {
		return nil
	}
	return cmp.Or(s.chargeUndo.reported, refund)
}

// keepSome makes the undo of the charge use the activity RefundKeeping if the decision keeps a
// part of the payment.
func (s *saga) keepSome() {
	n := s.indexOfUndo(s.undoCharge())
	if n >= 0 && s.chargeUndo.argument.Keep > 0 && refundsKeeping(s.ctx) {
		s.undos[n].do = payments.RefundKeeping
	}
}

// refundFor is the argument of the undo of the charge, by the reason of the compensation. A
// part of the payment is kept only if the customer is responsible for the reason. What a forgotten
// run has decided is in the ledger, and stays.
func (s *saga) refundFor(reason booking.Reason) booking.Charge {
	c := s.payment()
	c.Amount = s.view.Amount // the current price, after changes of the order
	c.By = s.cancelDecision.By
	if reason.Keeps() {
		c.Keep, c.Tier = s.due.Keep, s.due.Tier
	}
	return c
}
