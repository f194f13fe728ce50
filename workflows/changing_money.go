package workflows

import (
	"errors"

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
