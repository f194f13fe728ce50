package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refundNights gives back what the policy gives for nights that are free again since
// the guests have left early, or what is left of the payment. The reservation is over
// meanwhile: its saga stays until the customer has the money.
func (r *reservation) refundNights(giveBack int64) {
	amount := booking.Money{Amount: giveBack, Currency: r.in.Amount.Currency}
	r.parts.open++
	workflow.Go(r.ctx, func(ctx workflow.Context) {
		for more := true; more; {
			p := &part{
				Refund: contract.Refund{ID: contract.EarlyRefund, Amount: amount, By: r.ending.By},
				key:    contract.EarlyKey(r.in.OrderID), reason: booking.EarlyDeparture,
			}
			r.refundPart(ctx, p)
			amount, more = p.is.Left, p.is.Refused == booking.RefundExceeds && p.is.Left.Amount > 0
		}
		r.parts.open--
	})
}

// tellNoShow tells the customer that the reservation is cancelled since nobody came, and
// what was given back.
func (s *saga) tellNoShow() {
	refund := booking.Money{Amount: s.givenBack.Refunded.Amount, Currency: s.in.Amount.Currency}
	s.tellOfRefund(refund, contract.NoShowMessage, booking.NoShowMessage)
}
