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
	r.parts.open++
	workflow.Go(r.ctx, func(ctx workflow.Context) {
		p := r.nights(giveBack)
		r.refundPart(ctx, p)
		for p.is.Refused == booking.RefundExceeds && p.is.Entry.State == "" && p.is.Left.Amount > 0 {
			p = r.nights(p.is.Left.Amount)
			r.refundPart(ctx, p)
		}
		r.parts.open--
	})
}

// followNights follows what a life of this workflow that is not remembered may have
// begun to give back for an early departure. The order is undone now, and begins
// nothing of the kind.
func (r *reservation) followNights() {
	terms := r.view.Terms
	if terms == nil || terms.Cancellation.EarlyDeparture == 0 || r.free() || workflow.Now(r.ctx).Before(terms.CheckInAt) {
		return
	}
	workflow.Go(r.ctx, func(ctx workflow.Context) { r.refundPart(ctx, r.nights(0)) })
}

func (r *reservation) nights(giveBack int64) *part {
	return &part{
		Refund: contract.Refund{ID: contract.EarlyRefund, Amount: booking.Money{Amount: giveBack, Currency: r.in.Amount.Currency}, By: r.ending.By},
		key:    contract.EarlyKey(r.in.OrderID), reason: booking.EarlyDeparture,
	}
}

// tellNoShow tells the customer that the reservation is cancelled since nobody came, and
// what was given back.
func (s *saga) tellNoShow() {
	refund := booking.Money{Amount: s.back, Currency: s.in.Amount.Currency}
	s.tellOfRefund(refund, contract.NoShowMessage, booking.NoShowMessage)
}
