package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// paidMore notes what was charged beside the first charge.
func (s *saga) paidMore(more booking.Money) {
	s.further += more.Amount
	if s.paid != nil {
		paid := *s.paid
		paid.Amount = s.charged()
		s.paid = &paid
	}
}

// settleCharge makes certain of the charge of a change that is not made, and gives back what
// was taken. The order goes on beside that: the provider may never say what became of it.
func (s *saga) settleCharge(c *change) {
	settle := call{
		name: "settle the charge of a change", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.SettleFurther, with: s.furtherCharge(c),
	}
	var settled booking.Outcome
	switch {
	case s.policy.InPlace && inPlace(c.ctx, settle, &settled) == nil:
		s.settledCharge(c, settled)
	case !settlesBeside(c.ctx):
		s.seeThrough(c.ctx, settle, &settled, time.Duration(s.policy.AttentionAfter))
		s.settledCharge(c, settled)
	default:
		s.parts.open++
		workflow.Go(s.ctx, func(ctx workflow.Context) {
			beside := *c
			beside.ctx = ctx
			s.settleBeside(&beside, settle)
			s.parts.open--
		})
	}
}

// settleBeside asks until it is known what became of the charge, and calls a person when that
// takes too long: an operator may say that it is seen to.
func (s *saga) settleBeside(c *change, settle call) {
	key, late := booking.ChangeKey(s.in.OrderID, c.ID), false
	settle.resolvable = true
	settle.late = func(ctx workflow.Context) {
		late = true
		s.parts.unsettled = append(s.parts.unsettled, key)
		s.unresolved++
		s.mark(ctx, "to "+settle.name+" keeps failing")
	}
	var settled booking.Outcome
	for patience := time.Duration(s.policy.AttentionAfter); !s.seeThrough(c.ctx, settle, &settled, patience); {
		if late {
			patience = 0 // a person was called
		}
	}
	if late {
		s.parts.unsettled = slices.DeleteFunc(slices.Clone(s.parts.unsettled), func(other string) bool { return other == key })
		s.unresolved--
		s.attended()
	}
	s.settledCharge(c, settled)
	s.showPending(c.ctx)
}

// settledCharge gives back what the charge of a change that is not made has taken.
func (s *saga) settledCharge(c *change, settled booking.Outcome) {
	if settled.Result != booking.Done {
		return
	}
	if !c.charged {
		s.paidMore(c.costs.Charge)
	}
	s.makeRefund(s.beginRefundOf(c, c.costs.Charge))
}

// beginRefundOf writes down in the ledger what a change gives back, or what is left of
// the payment if that is less; nil if there is nothing to give back, or the undo of the
// order gives it back.
func (s *saga) beginRefundOf(c *change, amount booking.Money) *part {
	for amount.Amount > 0 {
		p := &part{
			Refund: contract.Refund{ID: contract.ChangeRefund(c.ID), Amount: amount, By: c.By},
			key:    booking.ChangeRefundKey(s.in.OrderID, c.ID), reason: booking.Changed,
		}
		var begun booking.Repaid
		s.insist(c.ctx, call{
			name: "note what a change gives back", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.BeginPart,
			with: booking.Entry{OrderID: s.in.OrderID, Key: p.key, Amount: amount, Reason: p.reason, By: p.By},
		}, &begun)
		if begun.Refused == "" {
			return p
		}
		if amount = begun.Left; begun.Refused == booking.NotCharged { //replay:never staff would have to give all of it back meanwhile
			break //replay:never the order would have to be cancelled in the very task
		}
	}
	return nil
}

// makeRefund gives it back beside all else.
func (s *saga) makeRefund(p *part) {
	if p != nil {
		workflow.Go(s.ctx, func(ctx workflow.Context) { s.refundPart(ctx, p) })
	}
}

// refusedFor is why a change was not made, for its caller.
func refusedFor(err error) (*booking.Error, booking.Reason) {
	var no *refusal
	if !errors.As(err, &no) || no.reason == "" {
		return booking.Errorf(booking.Superseded, "the order ended before its change was made"), booking.TooLate //replay:never it would have to end meanwhile
	}
	return booking.Errorf(booking.Code(no.reason), "%s; the order stays as it was", no.reason.Label(booking.English)), no.reason
}
