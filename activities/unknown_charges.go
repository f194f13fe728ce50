package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// void makes certain that a charge of unknown outcome is not made from now on, and returns
// the references of the charges that were made before.
func (p *Payments) void(ctx context.Context, payment booking.Payment) ([]string, error) {
	payment.Since = payment.At
	refs, err := p.Provider.Void(ctx, payment.Charge)
	if err != nil {
		err = fmt.Errorf("void unknown charge at provider: %w", err)
	}
	return refs, err
}

// said is a provider's answer with words that may be shown to people. The words stay the same
// until the state changes.
type said interface {
	error
	Said() string
}

// owedAfterSilence returns err, or an *Owed once the provider has answered only with errors
// for c.AttentionAfter. The words that the order knows stay the same until the provider
// answers.
func owedAfterSilence(ctx context.Context, c booking.Charge, err error) error {
	if _, isOwed := errors.AsType[*Owed](err); isOwed {
		return err
	}
	words := c.Owed
	if words == "" {
		if c.AttentionAfter == 0 || time.Since(activity.GetInfo(ctx).ScheduledTime) < time.Duration(c.AttentionAfter) {
			return err
		}
		words = "the payment provider does not answer"
		if answer, ok := errors.AsType[said](err); ok {
			words = answer.Said()
		}
	}
	return fmt.Errorf("%w: %w", &Owed{Words: words, NeedsPerson: true}, err)
}

// foundAfterAll is the reference of a charge of unknown outcome that a person has refunded by
// hand; "" if it was not made, or the provider does not answer.
func (p *Payments) foundAfterAll(ctx context.Context, payment booking.Payment) string {
	if payment.Ref != "" {
		return payment.Ref
	}
	limited, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	ref, _ := p.madeCharge(limited, payment)
	return ref
}

// madeCharge returns the reference of a charge whose outcome the ledger does not know; "" if it
// was not made.
func (p *Payments) madeCharge(ctx context.Context, payment booking.Payment) (ref string, err error) {
	refs, err := p.void(ctx, payment)
	if err != nil {
		return "", err
	}
	return p.keepOne(ctx, payment.Charge, refs)
}

// keepOne refunds all but one of the charges that the provider has made under one key, and returns
// its reference; "" if there are none. It keeps the one of which most is left, so that it keeps the
// same one when it is repeated. If the provider cannot refund another one, or not yet, the audit
// reports that charge until it is refunded.
func (p *Payments) keepOne(ctx context.Context, c booking.Charge, refs []string) (ref string, err error) {
	if len(refs) < 2 {
		return strings.Join(refs, ""), nil
	}
	var made []ChargeState
	for _, ref := range refs {
		seen, err := p.Provider.Retrieve(ctx, ref)
		if err != nil {
			return "", fmt.Errorf("retrieve charge that was made several times: %w", err)
		}
		made = append(made, seen)
	}
	kept := slices.MaxFunc(made, func(a, b ChargeState) int { return cmp.Compare(a.Left, b.Left) })
	for _, seen := range made {
		if seen.Ref == kept.Ref || seen.Left == 0 {
			continue
		}
		left := booking.Money{Amount: seen.Left, Currency: c.Amount.Currency}
		_, err := p.Provider.Refund(ctx, booking.Payment{Charge: c}.RefundKey()+ofLater+seen.Ref, seen, left)
		if _, isOwed := errors.AsType[*Owed](err); err != nil && !isOwed && !errors.Is(err, ErrReturned) {
			return "", fmt.Errorf("refund charge that was made several times: %w", err)
		}
	}
	return kept.Ref, nil
}

// importLateCharge records in the ledger a charge of unknown outcome that was made after all,
// for an order that has ended. A person has confirmed that the customer has the money back, and
// it is not refunded again. That does not cover further charges: see voidFurtherLate.
func (p *Payments) importLateCharge(ctx context.Context, payment *booking.Payment) error {
	if err := p.voidFurtherLate(ctx, payment); err != nil {
		return err
	}
	if payment.MayBeChargedLate() || isChargedLate(*payment) {
		return p.refundLate(ctx, payment)
	}
	if payment.Status != booking.Returned || payment.Ref != "" {
		return nil
	}
	ref, err := p.madeCharge(ctx, *payment)
	if err != nil || ref == "" {
		return err
	}
	if err := p.Ledger.NoteCharge(ctx, payment.OrderID, ref); err != nil {
		return fmt.Errorf("record charge that was made after all: %w", err)
	}
	payment.Ref = ref
	return nil
}

// errNotCharged: the provider reports that a charge of unknown outcome was never charged.
var errNotCharged = errors.New("it was never charged")

// mayBeOwed returns errNotCharged if the provider reports that nothing was charged: then nothing is
// to be paid by hand, and the undo ends by itself. If the charge was made, it sets the
// payment's reference.
func (p *Payments) mayBeOwed(ctx context.Context, payment *booking.Payment) error {
	if payment.Status != booking.RefundPending || payment.Ref != "" || isPaidByHand(*payment) {
		return nil
	}
	ref, err := p.madeCharge(ctx, *payment)
	if err == nil && ref == "" {
		return errNotCharged
	}
	payment.Ref = ref // "" if the provider does not answer
	return nil
}
