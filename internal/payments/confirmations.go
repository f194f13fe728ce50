package payments

import (
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Confirmation is a charge that needs, or needed, the customer's confirmation.
type Confirmation struct {
	Token    string // names the page
	OrderID  string
	ReturnTo string
	Amount   booking.Money
	// Status is ActionRequired, Charged, Declined or ChargePrevented.
	Status    booking.PaymentStatus
	ExpiresAt time.Time // zero: never
}

// open reports whether the customer can still decide.
func (c Confirmation) open(now time.Time) bool {
	return c.Status == booking.ActionRequired && (c.ExpiresAt.IsZero() || now.Before(c.ExpiresAt))
}

// Decision is a customer's decision about such a charge.
type Decision struct {
	Approved bool
	// Amount, if not 0, is charged instead of the charge's own amount: a fault of the provider.
	Amount int64
	// Late means that the charge is made although it has expired or was cancelled.
	Late bool
}

// confirmations are a sandbox's charges that need the customer's confirmation.
type confirmations interface {
	find(ctx context.Context, token string) (Confirmation, error)
	last(ctx context.Context, orderID string) (Confirmation, error)
	// decide records the decision, unless there is one already, and sends a notice of it.
	decide(ctx context.Context, c Confirmation, d Decision) error
}

// confirmLasts is how long a customer may confirm a charge by default: as long as in a
// payment window of Toss Payments.
const confirmLasts = 30 * time.Minute

func (b Behaviour) confirmBy(now time.Time) time.Time {
	within := b.ConfirmWithin
	if within == 0 {
		within = confirmLasts
	}
	return now.Add(within).UTC().Truncate(time.Millisecond)
}

// noticeOf is the kind of notice for a charge with the status.
func noticeOf(status booking.PaymentStatus) string {
	switch status {
	case booking.Charged:
		return intentSucceeded
	case booking.ChargePrevented:
		return intentCanceled
	default:
		return intentFailed
	}
}

// sandboxConfirmations are the confirmations of the sandbox in process.
type sandboxConfirmations struct{ *Sandbox }

func (s sandboxConfirmations) find(ctx context.Context, token string) (Confirmation, error) {
	return s.memory.Confirmation(ctx, token)
}

func (s sandboxConfirmations) last(ctx context.Context, orderID string) (Confirmation, error) {
	return s.memory.LastConfirmation(ctx, orderID)
}

func (s sandboxConfirmations) decide(ctx context.Context, c Confirmation, d Decision) error {
	if !c.open(time.Now()) && !d.Late {
		return nil
	}
	open, err := s.memory.Decide(ctx, c.Token, d)
	if err != nil || !open {
		return err
	}
	s.notify(noticeOf(d.status()), c.OrderID, c.Token)
	return nil
}

func (d Decision) status() booking.PaymentStatus {
	if d.Approved {
		return booking.Charged
	}
	return booking.Declined
}
