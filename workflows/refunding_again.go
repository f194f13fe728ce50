package workflows

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// RefundAgain follows a refund that has failed at the provider after it was done, once the
// saga of its order has ended. It runs until the customer has the money.
func RefundAgain(ctx workflow.Context, in contract.RefundingAgain) error {
	refund := in.Refund()
	s := afterEnd(ctx, contract.Refunding{Refund: refund, Order: in.Order, Policy: in.Policy})
	if err := s.checkInput(func() error { return mayRefundAgain(s.ctx, in) }); err != nil {
		return err
	}
	p := again(refund, in.Entry)
	s.onRefund(func(contract.Refund) error { return nil }, func(ctx workflow.Context, _ contract.Refund) (booking.Repaid, error) {
		return s.answerPart(ctx, p) //replay:never a repeated request under its key gets the ledger's answer
	})
	s.onResolve()
	s.handleNotices()
	s.refundAgain(s.ctx, p)
	s.awaitClose()
	return nil
}

// mayRefundAgain returns Invalid if this workflow cannot make a refund again with this input.
func mayRefundAgain(ctx workflow.Context, in contract.RefundingAgain) error {
	if err := in.Check(); err != nil {
		return err
	}
	if id := contract.RefundWorkflowID(in.Order.ID, in.Refund().ID); id != workflow.GetInfo(ctx).WorkflowExecution.ID {
		return booking.Errorf(booking.Invalid, "entry.key: the workflow's id must be the order's and the refund's")
	}
	return nil
}

// again is a refund that was done and has failed since. The entry's Ref is the provider's
// failed refund.
func again(r contract.Refund, e booking.Entry) *part {
	return &part{Refund: r, key: e.Key, reason: e.Reason, begun: true, again: "/" + e.Ref, is: booking.Repaid{Entry: e}}
}

// refundAgain follows a refund in part as refundPart does, and the undo's own refund as the undo
// does. It reads the ledger first, because the signalled failure may be outdated.
func (s *saga) refundAgain(ctx workflow.Context, p *part) {
	defer s.following(p.key)()
	if p.unconfirmed = checksLedgerFirst(ctx); p.unconfirmed {
		p.quiet, p.is.Entry.Words = true, ""
	}
	if p.ID != contract.CancelRefund {
		s.parts.refunded = max(0, s.parts.refunded-p.Amount.Amount)
		s.refundPart(ctx, p)
		return
	}
	s.parts.open++
	defer func() { s.parts.open-- }()
	for p.is.Entry.State != booking.EntryDone {
		if p.is.Entry.State == booking.EntryFailed {
			s.callPerson(ctx, p)
		}
		s.undoAgain(ctx, p)
	}
	s.clearPartMark(p)
	s.notifyUndoneAgain(ctx, p)
	s.showPending(ctx)
}

// notifyUndoneAgain notifies the customer of the amount of the undo's own refund, or that
// nothing was left to refund. For a payment that arrived after the order's end it is the
// customer's first message; then all of the payment has been refunded, by the undo or by
// others.
func (s *saga) notifyUndoneAgain(ctx workflow.Context, p *part) {
	switch amount := p.is.Entry.Amount; {
	case !s.view.Placed && notifiesLatePayments(ctx, 1) && (s.afterEnd || !notifiesLatePayments(ctx, 2)):
		amount.Amount = cmp.Or(amount.Amount, p.Amount.Amount)
		s.notifyOfRefund(&amount, contract.LatePaymentMessage, booking.LatePaymentMessage)
	case !p.isNews():
	case amount.Amount == 0:
		s.notifyOfRefund(&p.Amount, contract.RefundEndedMessage(p.ID)+p.again, booking.RefundEndedMessage)
	default:
		s.notifyOfRefund(&amount, contract.RefundMessage(p.ID)+p.again, booking.RefundedMessage)
	}
}

// undoAgain requests the undo's own refund. The ledger knows how much that keeps.
func (s *saga) undoAgain(ctx workflow.Context, p *part) {
	c := s.payment()
	c.Reason, c.Owed, c.WantsOwnRefund = s.view.Reason, p.is.Entry.Words, true
	var found booking.Undo
	undoCall := call{
		name: "refund payment", queue: contract.PaymentsQueue, resolvable: true, do: payments.RefundPayment, with: c,
		onFailing: s.markFailingPart(p),
	}
	switch {
	case s.retryMarkingAfter(ctx, undoCall, &found, s.attentionAfterFor(ctx, p)):
		p.is.Entry.Words = ""
	case found.Owed == "":
		p.is.Entry.State = booking.EntryDone
		if found.Own != nil {
			p.is.Entry.Amount.Amount = *found.Own
		}
	default:
		p.unconfirmed, p.is.Entry.Words = false, found.Owed
		p.is.Entry.Amount.Amount = cmp.Or(found.Due, p.is.Entry.Amount.Amount)
		if p.is.Entry.State = booking.EntryFailed; p.quiet && !found.NeedsPerson {
			p.is.Entry.State = booking.EntryPending //replay:never only the refund of a charge that was confirmed too late is pending here
		}
	}
}

// handleFailures follows refunds again whose failure is signalled after the saga has recorded
// them as done. The failure of a refund that is still followed is stored: the refund may have
// been done, and have failed since.
func (s *saga) handleFailures() {
	s.parts.missed = map[string]booking.Entry{}
	workflow.Go(s.ctx, func(ctx workflow.Context) {
		signals := workflow.GetSignalChannel(ctx, contract.RefundFailedSignal)
		for {
			var e booking.Entry
			signals.Receive(ctx, &e)
			id, ours := contract.RefundIDOf(s.view.ID, e.Key)
			switch {
			case !followsFailures(ctx, 1) || !ours:
			case !s.follows(id, e.Key):
				s.followAgain(e)
			case checksLedgerFirst(ctx):
				s.parts.missed[e.Key] = e //replay:never a refund has to fail while its saga still shows that it was done
			}
		}
	})
}

// followAgain follows a refund that has failed after it was done.
func (s *saga) followAgain(e booking.Entry) {
	s.parts.open++
	workflow.Go(s.ctx, func(ctx workflow.Context) {
		s.refundAgain(ctx, again(contract.RefundingAgain{Entry: e, Order: s.view}.Refund(), e))
		s.parts.open--
	})
}

// followIfMissed follows a refund again that has just ended, if its failure was signalled
// meanwhile.
func (s *saga) followIfMissed(key string) {
	if e, signalled := s.parts.missed[key]; signalled && !slices.Contains(s.parts.following, key) {
		delete(s.parts.missed, key) //replay:never a refund has to fail while its saga still shows that it was done
		s.followAgain(e)
	}
}

// follows reports whether the saga still waits for the refund. The undo's own refund counts
// until it is complete, even before compensation begins.
func (s *saga) follows(id, key string) bool {
	return slices.Contains(s.parts.following, key) || id == contract.CancelRefund && !s.chargeUndo.complete
}

// following notes that the refund with the key is under way, until the returned function is
// called.
func (s *saga) following(key string) (ends func()) {
	s.parts.following = append(s.parts.following, key)
	return func() {
		n := slices.Index(s.parts.following, key)
		s.parts.following = slices.Delete(slices.Clone(s.parts.following), n, n+1)
		s.followIfMissed(key)
	}
}
