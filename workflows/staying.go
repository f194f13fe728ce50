package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refundNights refunds nights that are free again after an early departure, as far as the
// policy allows, or what is left of the payment. The reservation has ended by then, but its
// saga runs until the customer has the money.
func (r *reservation) refundNights(nightsDue int64) {
	r.parts.open++
	workflow.Go(r.ctx, func(ctx workflow.Context) {
		p := r.nightsRefund(nightsDue)
		r.refundPart(ctx, p)
		for p.is.Refused == booking.RefundExceeds && p.is.Entry.State == "" && p.is.Left.Amount > 0 {
			p = r.nightsRefund(p.is.Left.Amount)
			r.refundPart(ctx, p)
		}
		r.parts.open--
	})
}

// followNightsRefund follows a refund for an early departure that a forgotten run has begun. The
// order is being cancelled now, and begins no such refund itself.
func (r *reservation) followNightsRefund() {
	terms := r.view.Terms
	if terms == nil || terms.Cancellation.EarlyDeparture == 0 || r.free() || workflow.Now(r.ctx).Before(terms.CheckInAt) {
		return
	}
	workflow.Go(r.ctx, func(ctx workflow.Context) { r.refundPart(ctx, r.nightsRefund(0)) })
}

// nightsRefund is the refund for an early departure.
func (r *reservation) nightsRefund(nightsDue int64) *part {
	return &part{
		Refund: contract.Refund{ID: contract.EarlyRefund, Amount: booking.Money{Amount: nightsDue, Currency: r.in.Amount.Currency}, By: r.finishDecision.By},
		key:    contract.EarlyKey(r.in.OrderID), reason: booking.EarlyDeparture,
	}
}

// notifyNoShow notifies the customer that the reservation is cancelled since the guests did
// not come, and how much that refunds, if it has cost something.
func (s *saga) notifyNoShow() {
	var refund *booking.Money
	if !s.free() {
		refund = cmp.Or(s.chargeUndo.reported, &booking.Money{Amount: s.chargeUndo.customerGot, Currency: s.in.Amount.Currency})
	}
	s.notifyOfRefund(refund, contract.NoShowMessage, booking.NoShowMessage)
}
