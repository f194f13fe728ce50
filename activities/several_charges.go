package activities

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// severalCharges is a provider to which the charges of one order are as one charge. Its
// ref has the ref of each: see booking.Payment.Refs.
type severalCharges struct{ PaymentProvider }

// ofLater stands between the key of a refund and the ref of the charge that it is of,
// unless that is the order's first. The provider takes one refund under a key.
const ofLater = " of "

// Look tells what has become of the charges together.
func (p severalCharges) Look(ctx context.Context, ref string) (Outlay, error) {
	refs := strings.Split(ref, booking.BetweenRefs)
	if len(refs) < 2 {
		return p.PaymentProvider.Look(ctx, ref)
	}
	seen := Outlay{Ref: ref, Returned: true}
	for _, one := range refs {
		is, err := p.PaymentProvider.Look(ctx, one)
		if err != nil {
			return seen, err
		}
		seen.Of = append(seen.Of, is)
		seen.Taken = booking.Money{Amount: seen.Taken.Amount + is.Taken.Amount, Currency: is.Taken.Currency}
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

// Refund gives back amount of the charges that were seen, newest first, as far as each of
// them has as much left.
func (p severalCharges) Refund(ctx context.Context, key string, seen Outlay, amount booking.Money) (id string, err error) {
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

// keyOf is the key under which a refund is asked for of the i-th charge.
func keyOf(key string, i int, of Outlay) string {
	if i == 0 {
		return key
	}
	return key + ofLater + of.Ref
}

// onlyOf leaves out of what was seen of each charge what is not about the key.
func (o Outlay) onlyOf(key string) (of []Outlay) {
	for i, one := range o.Of {
		of = append(of, one.only(keyOf(key, i, one)))
	}
	return of
}
