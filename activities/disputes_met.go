package activities

import (
	"context"
	"fmt"

	"github.com/yeyak/yeyak/booking"
)

// learning brings a payment in the ledger up to date with what is seen of its charge.
type learning func(ctx context.Context, payment *booking.Payment, seen Outlay) error

// learnFrom is importFrom for a charge that was looked at to give money back. A dispute
// that is met there is followed, and marks its order, though no notice of it came. So is a
// refund that has failed after it was done. That goes first: what the ledger knows already is
// not met again.
func (p *Payments) learnFrom(ctx context.Context, payment *booking.Payment, seen Outlay) error {
	met := len(changed(payment.Disputes, seen.Disputes)) > 0 || len(failedLater(*payment, seen)) > 0
	if p.Follower != nil && met {
		if err := p.Follower.Follow(ctx, payment.OrderID); err != nil {
			return fmt.Errorf("have a payment followed: %w", err)
		}
	}
	return p.importFrom(ctx, payment, seen)
}
