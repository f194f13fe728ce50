package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// void makes certain that a charge is not taken of which it is not known whether it was, and
// returns the references of those that were.
func (p *Payments) void(ctx context.Context, payment booking.Payment) ([]string, error) {
	payment.Since = payment.At
	refs, err := p.Provider.Void(ctx, payment.Charge)
	if err != nil {
		err = fmt.Errorf("settle unknown charge at provider: %w", err)
	}
	return refs, err
}

// said is a provider's answer in words that people may be shown. They are the same as long
// as nothing changes.
type said interface {
	error
	Said() string
}

// silence is err, or *Owed once the provider has said nothing but errors for as long as the
// order is patient. The words by which the order knows of that stay the same until the
// provider says something else.
func silence(ctx context.Context, c booking.Charge, err error) error {
	if _, isOwed := errors.AsType[*Owed](err); isOwed {
		return err
	}
	words := c.Owed
	if words == "" {
		if c.Patience == 0 || time.Since(activity.GetInfo(ctx).ScheduledTime) < time.Duration(c.Patience) {
			return err
		}
		words = "the payment provider does not answer"
		if answer, ok := errors.AsType[said](err); ok {
			words = answer.Said()
		}
	}
	return fmt.Errorf("%w: %w", &Owed{Words: words, NeedsPerson: true}, err)
}

// foundAfterAll is the reference of the charge of a payment that a person has paid by hand
// without knowing whether it was taken; "" if it was not, or the provider says nothing of it.
func (p *Payments) foundAfterAll(ctx context.Context, payment booking.Payment) string {
	if payment.Ref != "" {
		return payment.Ref
	}
	looking, stop := context.WithTimeout(ctx, longestLook)
	defer stop()
	ref, _ := p.taken(looking, payment)
	return ref
}

// taken is the reference of a charge of which the ledger does not know whether it was taken;
// "" if it was not.
func (p *Payments) taken(ctx context.Context, payment booking.Payment) (ref string, err error) {
	refs, err := p.void(ctx, payment)
	if err != nil || len(refs) == 0 {
		return "", err
	}
	return refs[0], nil
}

// learnOfCharge has the ledger know of the charge of such a payment whose order has ended.
// What was taken is back with the customer by the word of a person, and stays so. A further
// charge that was never settled is in no such word: see settleAtLast.
func (p *Payments) learnOfCharge(ctx context.Context, payment *booking.Payment) error {
	if err := p.settleAtLast(ctx, payment); err != nil {
		return err
	}
	if payment.MayBeTakenLate() || isTakenLate(*payment) {
		return p.giveBackLate(ctx, payment)
	}
	if payment.Status != booking.Returned || payment.Ref != "" {
		return nil
	}
	ref, err := p.taken(ctx, *payment)
	if err != nil || ref == "" {
		return err
	}
	if err := p.Ledger.NoteCharge(ctx, payment.OrderID, ref); err != nil {
		return fmt.Errorf("record charge that was taken after all: %w", err)
	}
	payment.Ref = ref
	return nil
}

// errNotTaken: the provider says that a charge was never taken of which that was not known.
var errNotTaken = errors.New("it was never taken")

// mayBeOwed is errNotTaken where it is known now that nothing was taken. The undo finds that
// out, too, and nothing is to be paid by hand. Of a charge that was taken it adds the reference.
func (p *Payments) mayBeOwed(ctx context.Context, payment *booking.Payment) error {
	if payment.Status != booking.RefundPending || payment.Ref != "" || isPaidByHand(*payment) {
		return nil
	}
	ref, err := p.taken(ctx, *payment)
	if err == nil && ref == "" {
		return errNotTaken
	}
	payment.Ref = ref // "" where the provider does not say
	return nil
}
