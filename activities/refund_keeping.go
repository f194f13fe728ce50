package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// RefundKeeping is RefundPayment for a charge of which the policy keeps something. It has a
// name of its own, so that workers of builds without policies cannot run it and refund
// everything.
func (p *Payments) RefundKeeping(ctx context.Context, c booking.Charge) (booking.Undo, error) {
	return p.RefundPayment(ctx, c)
}
