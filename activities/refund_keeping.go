package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// RefundKeeping is RefundPayment for a charge of which something is kept. The builds that
// know nothing of that do not know its name: none of their workers gives everything back.
func (p *Payments) RefundKeeping(ctx context.Context, c booking.Charge) (booking.Undo, error) {
	return p.RefundPayment(ctx, c)
}
