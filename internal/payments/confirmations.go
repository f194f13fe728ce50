package payments

import (
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Confirmation is a charge that a sandbox's customer confirms, or had to.
type Confirmation struct {
	Token    string // it names the page
	OrderID  string
	ReturnTo string
	Amount   booking.Money
	// Status is ActionRequired, Charged, Declined or ChargePrevented.
	Status    booking.PaymentStatus
	ExpiresAt time.Time // zero: never
}

// open tells whether the customer can still decide.
func (c Confirmation) open(now time.Time) bool {
	return c.Status == booking.ActionRequired && (c.ExpiresAt.IsZero() || now.Before(c.ExpiresAt))
}

// Decision is what a customer decides of such a charge.
type Decision struct {
	Approved bool
	// Amount is taken instead of the charge's, where it is not 0: the provider is at fault.
	Amount int64
	// Late: it is taken though the charge has expired or was cancelled.
	Late bool
}

// confirmations are a sandbox's charges that customers confirm.
type confirmations interface {
	find(ctx context.Context, token string) (Confirmation, error)
	last(ctx context.Context, orderID string) (Confirmation, error)
	// decide records the decision, unless the charge is decided on, and sends notice of it.
	decide(ctx context.Context, c Confirmation, d Decision) error
}

// confirmLasts is for how long a customer may confirm a charge, unless the sandbox is told
// otherwise: as long as in a payment window of Toss Payments.
const confirmLasts = 30 * time.Minute

func (b Behaviour) confirmBy(now time.Time) time.Time {
	within := b.ConfirmWithin
	if within == 0 {
		within = confirmLasts
	}
	return now.Add(within).UTC().Truncate(time.Millisecond)
}

// noticeOf is the kind of notice about a charge with the status.
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

// sandboxConfirmations are those of the sandbox in process.
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
	s.tell(noticeOf(d.status()), c.OrderID, c.Token)
	return nil
}

func (d Decision) status() booking.PaymentStatus {
	if d.Approved {
		return booking.Charged
	}
	return booking.Declined
}
