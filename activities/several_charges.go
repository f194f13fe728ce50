package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// severalCharges is a provider that treats the charges of one order as one charge. Its ref
// joins the refs of all of them: see booking.Payment.Refs.
type severalCharges struct{ PaymentProvider }

// ofLater separates the key of a refund from the ref of its charge, for all charges but the
// order's first. The provider makes one refund per key.
const ofLater = " of "

// Retrieve retrieves the state of the charges together.
func (p severalCharges) Retrieve(ctx context.Context, ref string) (ChargeState, error) {
	refs := strings.Split(ref, booking.BetweenRefs)
	if len(refs) < 2 {
		return p.PaymentProvider.Retrieve(ctx, ref)
	}
	seen := ChargeState{Ref: ref, Returned: true}
	for _, one := range refs {
		is, err := p.PaymentProvider.Retrieve(ctx, one)
		if err != nil {
			return seen, err
		}
		seen.Of = append(seen.Of, is)
		seen.Charged = booking.Money{Amount: seen.Charged.Amount + is.Charged.Amount, Currency: is.Charged.Currency}
		seen.Left += is.Left
		seen.Returned = seen.Returned && is.Returned
		seen.Disputes = append(seen.Disputes, is.Disputes...)
		for _, r := range is.Refunds {
			r.Key = strings.TrimSuffix(r.Key, ofLater+one)
			seen.Refunds = append(seen.Refunds, r)
		}
	}
	return seen, nil
}

// Refund refunds amount of the charges in seen, newest first, from each as much as it has
// left.
func (p severalCharges) Refund(ctx context.Context, key string, seen ChargeState, amount booking.Money) (id string, err error) {
	if len(seen.Of) == 0 {
		return p.PaymentProvider.Refund(ctx, key, seen, amount)
	}
	var owed *Owed
	returned := 0
	for i, of := range slices.Backward(seen.Of) {
		due := booking.Money{Amount: min(amount.Amount, of.Left), Currency: amount.Currency}
		amount.Amount -= due.Amount
		made, err := p.PaymentProvider.Refund(ctx, keyOf(key, i, of), of, due)
		said, isOwed := errors.AsType[*Owed](err)
		switch {
		case isOwed:
			owed = owed.and(said)
		case errors.Is(err, ErrReturned) && due.Amount == 0:
			returned++
		case err != nil:
			return id, err
		case made != "" && (id == "" || due.Amount > 0):
			id = made
		}
	}
	switch {
	case owed != nil:
		return id, owed
	case returned == len(seen.Of):
		return "", ErrReturned
	default:
		return id, nil
	}
}

// keyOf is the key under which a refund of the i-th charge is requested.
func keyOf(key string, i int, of ChargeState) string {
	if i == 0 {
		return key
	}
	return key + ofLater + of.Ref
}

// onlyOf restricts each charge in Of to refunds under the key.
func (o ChargeState) onlyOf(key string) (of []ChargeState) {
	for i, one := range o.Of {
		of = append(of, one.only(keyOf(key, i, one)))
	}
	return of
}

// noteMadeOfParts records what is made of parts that have failed, or are among the failed ones
// just seen. A part that comes out of several charges may fail at one of them only.
func (p *Payments) noteMadeOfParts(ctx context.Context, payment booking.Payment, failed []booking.Entry, seen ChargeState) error {
	if len(seen.Of) == 0 {
		return nil
	}
	seen = uncounted(payment, seen)
	for _, e := range slices.Concat(payment.Entries, failed) {
		if !mayBeReplaced(payment, e) {
			continue
		}
		if err := p.Ledger.NoteMadeOfPart(ctx, payment.OrderID, e.Key, madeOf(e, seen)); err != nil {
			return fmt.Errorf("record what was made of a part: %w", err)
		}
	}
	return nil
}

// noteMadeOfFailed records what was made of a part that has just failed. Its errors
// are ignored: the next retrieval finds that as well.
func (p *Payments) noteMadeOfFailed(ctx context.Context, payment booking.Payment, part booking.Entry, seen ChargeState) {
	if part.State != booking.EntryFailed || len(seen.Of) == 0 {
		return
	}
	payment = payment.With(part)
	limited, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	_, _ = p.retrieveCharge(limited, &payment, p.followAndImport)
}
