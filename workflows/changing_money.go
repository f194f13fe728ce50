package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// paidMore notes a charge after the first one.
func (s *saga) paidMore(more booking.Money) {
	s.further += more.Amount
	if s.paid != nil {
		paid := *s.paid
		paid.Amount = s.charged()
		s.paid = &paid
	}
}

// resolveCharge finds out whether a change that is not made was charged, and refunds that. The
// order continues meanwhile: the provider may never answer.
func (s *saga) resolveCharge(c *change) {
	if !c.charging {
		return
	}
	resolve := call{
		name: "resolve the charge of a change", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.SettleFurther, with: s.furtherCharge(c),
	}
	var outcome booking.Outcome
	switch {
	case s.policy.InPlace && inPlace(c.ctx, resolve, &outcome) == nil:
		s.refundCharge(c, outcome)
	case !resolvesBeside(c.ctx):
		s.retryMarkingAfter(c.ctx, resolve, &outcome, time.Duration(s.policy.AttentionAfter))
		s.refundCharge(c, outcome)
	default:
		s.parts.open++
		workflow.Go(s.ctx, func(ctx workflow.Context) {
			beside := *c
			beside.ctx = ctx
			s.resolveBeside(&beside, resolve)
			s.parts.open--
		})
	}
}

// resolveBeside repeats a call until the charge's outcome is known, and marks the order when that
// takes too long: an operator may record that it is resolved.
func (s *saga) resolveBeside(c *change, resolve call) {
	key, late := booking.ChangeKey(s.in.OrderID, c.ID), false
	resolve.resolvable = true
	resolve.onFailing = func(ctx workflow.Context) {
		late = true
		s.parts.unknownCharges = append(s.parts.unknownCharges, key)
		s.unresolved++
		s.mark(ctx, "to "+resolve.name+" keeps failing")
	}
	var outcome booking.Outcome
	for attentionAfter := time.Duration(s.policy.AttentionAfter); s.retryMarkingAfter(c.ctx, resolve, &outcome, attentionAfter); {
		if late {
			attentionAfter = 0 // the order is marked already
		}
	}
	if late {
		s.parts.unknownCharges = slices.DeleteFunc(slices.Clone(s.parts.unknownCharges), func(other string) bool { return other == key })
		s.unresolved--
		s.clearAttention()
	}
	s.refundCharge(c, outcome)
	s.showPending(c.ctx)
}

// refundCharge refunds the charge for a change that is not made.
func (s *saga) refundCharge(c *change, outcome booking.Outcome) {
	if outcome.Result != booking.Done {
		return
	}
	if !c.charged {
		s.paidMore(c.costs.Charge)
	}
	s.makeRefund(s.beginRefundOf(c, c.costs.Charge))
}

// beginRefundOf writes the refund for a change into the ledger, or of what is left of the
// payment if that is less. It returns nil if there is nothing to refund, or if the undo of the
// order refunds it.
func (s *saga) beginRefundOf(c *change, amount booking.Money) *part {
	for amount.Amount > 0 {
		p := &part{
			Refund: contract.Refund{ID: contract.ChangeRefund(c.ID), Amount: amount, By: c.By},
			key:    booking.ChangeRefundKey(s.in.OrderID, c.ID), reason: booking.Changed,
		}
		var begun booking.Repaid
		s.retryUntilDone(c.ctx, call{
			name: "begin the refund of a change", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.BeginPart,
			with: booking.Entry{OrderID: s.in.OrderID, Key: p.key, Amount: amount, Reason: p.reason, By: p.By},
		}, &begun)
		if begun.Refused == "" {
			return p
		}
		if amount = begun.Left; begun.Refused == booking.NotCharged { //replay:never staff would have to refund all of it meanwhile
			break //replay:never the order would have to be cancelled in the very task
		}
	}
	return nil
}

// makeRefund makes the refund in a coroutine of its own.
func (s *saga) makeRefund(p *part) {
	if p != nil {
		workflow.Go(s.ctx, func(ctx workflow.Context) { s.refundPart(ctx, p) })
	}
}

// refusedFor is the error and the reason for which a change was not made.
func refusedFor(err error) (*booking.Error, booking.Reason) {
	var no *refusal
	if !errors.As(err, &no) || no.reason == "" {
		return booking.Errorf(booking.Superseded, "the order ended before its change was made"), booking.TooLate //replay:never it would have to end meanwhile
	}
	return booking.Errorf(booking.Code(no.reason), "%s; the order stays as it was", no.reason.Label(booking.English)), no.reason
}
