package payments

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Memory is what the sandbox remembers of what it was asked, as a provider
// does: it outlives the process.
type Memory interface {
	// Charge records the answer to a charge once per key, and returns what
	// stands under the key.
	Charge(ctx context.Context, c booking.Charge, declined bool) (Record, error)
	// Void prevents a charge that is not recorded yet, and returns what stands.
	Void(ctx context.Context, c booking.Charge) (Record, error)
	// Refund gives some of a charge back, once per key.
	Refund(ctx context.Context, key, ref string, amount booking.Money) error
	// ByHand gives some of an order's charge back, or with 0 all that is left.
	// RefundExceeds: that much is not left. NotFound: there is no charge.
	ByHand(ctx context.Context, orderID string, amount int64) error
	// Look tells what has become of a charge. NotFound: there is none.
	Look(ctx context.Context, ref string) (Balance, error)
	// Totals sums up what was charged and what was refunded, in minor units
	// over all currencies.
	Totals(ctx context.Context) (charged, refunded int64, err error)
}

// Record is what the sandbox holds under a key. Status is Charged, Declined
// or ChargePrevented.
type Record struct {
	Ref    string
	Status booking.PaymentStatus
}

// Balance is what has become of a charge.
type Balance struct {
	Taken booking.Money
	Given int64 // of it, in all
	Parts []Part
}

// Part is what was given back of a charge under a key.
type Part struct {
	Key    string
	Amount int64
	At     time.Time
}

// Sandbox is the built-in payment provider. It declines the payment methods
// whose name begins with pm_card_chargeDeclined, as Stripe's test methods do,
// and approves all others.
type Sandbox struct {
	conduct
	memory Memory
}

var _ activities.PaymentProvider = (*Sandbox)(nil)

// NewSandbox makes a sandbox that behaves well.
func NewSandbox(memory Memory) *Sandbox {
	return &Sandbox{conduct: conduct{totals: memory.Totals, refund: memory.ByHand}, memory: memory}
}

// declines tells whether a payment method is one that is always declined.
func declines(method string) bool { return strings.HasPrefix(method, "pm_card_chargeDeclined") }

// Charge implements activities.PaymentProvider. What Stripe does not take is
// declined.
func (s *Sandbox) Charge(ctx context.Context, c booking.Charge) (ref string, err error) {
	var r Record
	err = s.act(ctx, func() (err error) {
		r, err = s.memory.Charge(ctx, c, Terms{}.Amount(c.Amount) != nil || declines(c.Method) || s.Behaviour().refuses())
		return err
	})
	switch {
	case err != nil:
		return "", err
	case r.Status == booking.Declined:
		return "", activities.ErrDeclined
	case r.Status == booking.ChargePrevented:
		return "", activities.ErrVoided
	default:
		return r.Ref, nil
	}
}

// Void implements activities.PaymentProvider.
func (s *Sandbox) Void(ctx context.Context, c booking.Charge) (refs []string, err error) {
	err = s.act(ctx, func() error {
		r, err := s.memory.Void(ctx, c)
		if r.Status == booking.Charged {
			refs = []string{r.Ref}
		}
		return err
	})
	return refs, err
}

// Look implements activities.PaymentProvider. It takes no time of a slow sandbox:
// what is asked for next does.
func (s *Sandbox) Look(ctx context.Context, ref string) (activities.Outlay, error) {
	if s.Behaviour().Down {
		return activities.Outlay{}, ErrDown
	}
	is, err := s.memory.Look(ctx, ref)
	seen := activities.Outlay{Ref: ref, Taken: is.Taken, Left: is.Taken.Amount - is.Given}
	for _, part := range is.Parts {
		key, _, _ := strings.Cut(part.Key, after)
		seen.Refunds = append(seen.Refunds, activities.Refund{ID: part.Key, Key: key, Amount: part.Amount, State: booking.EntryDone, At: part.At})
	}
	return seen, err
}

// Refund implements activities.PaymentProvider.
func (s *Sandbox) Refund(ctx context.Context, key string, seen activities.Outlay, amount booking.Money) (id string, err error) {
	return key, s.act(ctx, func() error {
		if amount.Amount == 0 {
			return nil // what it gives back is given at once
		}
		switch refundsEnd[s.Behaviour().Refunds] {
		case pending:
			return &activities.Owed{Words: "the refund of " + seen.Ref + " is pending in the sandbox"}
		case failed, refused:
			return &activities.Owed{Words: "the refund of " + seen.Ref + " has failed in the sandbox", NeedsPerson: true}
		}
		return s.memory.Refund(ctx, again(key, seen), seen.Ref, amount)
	})
}

// Between a key and what was given back under it before.
const after = " after "

// again is the key of the next refund under a key.
func again(key string, seen activities.Outlay) string {
	if before := seen.Under(key); before > 0 {
		return key + after + strconv.FormatInt(before, 10)
	}
	return key
}

// Part implements activities.PaymentProvider.
func (s *Sandbox) Part(amount booking.Money) booking.Money { return Terms{}.Part(amount) }
