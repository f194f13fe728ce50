package activities

import (
	"context"
	"fmt"

	"github.com/yeyak/yeyak/booking"
)

// updater brings a payment in the ledger up to date with the state of its charge at the
// provider.
type updater func(ctx context.Context, payment *booking.Payment, seen ChargeState) error

// followAndImport is importCharge for a charge that was retrieved in order to refund it. If the
// charge has a new dispute, or a refund that failed after it was done, the payment is
// followed from then on, because no notice may have come. Follow runs before the import:
// after it, the ledger knows the dispute or failure and it is no longer new.
func (p *Payments) followAndImport(ctx context.Context, payment *booking.Payment, seen ChargeState) error {
	met := len(changed(payment.Disputes, seen.Disputes)) > 0 || len(failedLater(*payment, seen)) > 0
	if p.Follower != nil && met {
		if err := p.Follower.Follow(ctx, payment.OrderID); err != nil {
			return fmt.Errorf("have a payment followed: %w", err)
		}
	}
	return p.importCharge(ctx, payment, seen)
}
