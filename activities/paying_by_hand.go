package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// ResolveByHand records that an operator has paid by hand what the provider could
// not give back: the refunds of the order that have failed. They are done then, and
// nothing is asked for them any more. While a dispute of the charge is open it is refused:
// the bank may take back the same money. So it is while the provider has them pending, or is
// being asked for them once more.
func (p *Payments) ResolveByHand(ctx context.Context, r booking.Resolution) (booking.Resolved, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Resolved, error) {
		err := p.lookBefore(ctx, &r)
		switch {
		case errors.Is(err, errNotTaken):
			return booking.Resolved{Refused: booking.NothingOwed}, nil
		case err != nil:
			return booking.Resolved{}, err
		}
		paid, err := p.Ledger.PayByHand(ctx, r)
		refusal, refused := errors.AsType[*booking.Error](err)
		nothing := errors.Is(err, &booking.Error{Code: booking.NotFound}) || err == nil && len(paid) == 0
		if refused && refusal.Code == booking.UnderDispute {
			return booking.Resolved{Refused: booking.UnderDispute, Words: refusal.Message}, nil
		}
		ended, failed := p.endUnsettled(ctx, r)
		switch {
		case failed != nil:
			return booking.Resolved{}, failed
		case nothing && ended:
			return booking.Resolved{}, nil
		case nothing && pendingWords(r) != "":
			return stillPending(pendingWords(r)), nil
		case nothing:
			return p.nothingPaid(ctx, r.OrderID)
		case err != nil:
			return booking.Resolved{}, fmt.Errorf("record what was paid by hand: %w", err)
		}
		return booking.Resolved{Entries: paid}, nil
	})
}

func stillPending(words string) booking.Resolved {
	return booking.Resolved{Refused: booking.StillPending, Words: words + ": cancel it at the payment provider before it is paid by hand"}
}

// nothingPaid is the answer where no refund has failed: nothing is owed, the provider has
// accepted what is, or it is being asked once more for a part that has failed.
func (p *Payments) nothingPaid(ctx context.Context, orderID string) (booking.Resolved, error) {
	payment, err := p.Ledger.Payment(ctx, orderID)
	unmade := payment.Unmade()
	switch {
	case err != nil && !errors.Is(err, &booking.Error{Code: booking.NotFound}):
		return booking.Resolved{}, fmt.Errorf("read payment: %w", err)
	case len(unmade) == 0:
		return booking.Resolved{Refused: booking.NothingOwed}, nil
	case len(unmade) == 1 && unmade[0].Key == payment.RefundKey() && unmade[0].State == booking.EntryPending && unmade[0].Words != "":
		return stillPending(unmade[0].Words), nil
	}
	no := booking.BeingAsked(unmade)
	return booking.Resolved{Refused: no.Code, Words: no.Message}, nil
}

// longestLook is for how long the provider is looked at before what was paid by hand is
// recorded all the same: it may never answer again.
const longestLook = 5 * time.Second

// lookBefore notes which of an order's refunds the provider has made after all, and in r what
// it has made of the undo's own if that is not all of it, and what it has pending. r is blind
// if the provider could not be looked at. errNotTaken: there was no charge.
func (p *Payments) lookBefore(ctx context.Context, r *booking.Resolution) error {
	payment, err := p.Ledger.Payment(ctx, r.OrderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read payment: %w", err)
	}
	looking, stop := context.WithTimeout(ctx, longestLook)
	defer stop()
	if err := p.mayBeOwed(looking, &payment); err != nil {
		return err
	}
	if payment.Status == booking.RefundPending && !isPaidByHand(payment) { // what it comes to is owed, too
		if settled, err := p.settleAllFurther(looking, payment); err == nil {
			payment.Entries, payment.Further, payment.Amount, payment.Ref = settled.Entries, settled.Further, settled.Amount, cmp.Or(settled.Ref, payment.Ref)
		}
	}
	seen, unseen := p.seen(looking, &payment, p.learnFrom)
	if unseen != nil {
		r.Blind = true // the last word is the operator's
		return nil
	}
	r.Pending, r.MadeOfParts = map[string]string{}, map[string][]booking.Entry{}
	seen = uncounted(payment, seen)
	for _, e := range payment.Entries {
		made := madeOf(e, seen)
		pending, is := pendingOf(payment, e, seen)
		switch all := sum(made); {
		case e.State == booking.EntryDone:
		case all > 0 && all >= e.Amount.Amount && e.Key == payment.RefundKey():
			r.Pending[e.Key] = "" // the undo, which may come to owe more, ends with it
		case all > 0 && all >= e.Amount.Amount:
			e.State, e.Words, e.Ref = booking.EntryDone, "", made[0].Ref
			if err := p.Ledger.NoteEntry(ctx, e); err != nil {
				return fmt.Errorf("record refund that was made: %w", err)
			}
		case is:
			r.Pending[e.Key] = inWords(pending, seen)
		case e.Key == payment.RefundKey():
			r.Made = made
		case all > 0:
			r.MadeOfParts[e.Key] = made
		}
	}
	return nil
}

// pendingWords are the provider's on one of the refunds that it has pending; "" if it has none.
func pendingWords(r booking.Resolution) string {
	for _, words := range slices.Sorted(maps.Values(r.Pending)) {
		if words != "" {
			return words
		}
	}
	return ""
}

// pendingOf is the entry's refund that the provider has pending, or a refund by hand there
// that counts for the entry once it is made.
func pendingOf(payment booking.Payment, e booking.Entry, seen Outlay) (pending Refund, is bool) {
	ours, own := keysOf(payment), e.Key == payment.RefundKey()
	for _, r := range seen.Refunds {
		if r.State != booking.EntryPending {
			continue
		}
		_, known := payment.Entry(booking.KeyAtProvider(r.ID))
		others := !ours[r.Key] && !known && (own || mayBeMadeUpFor(payment, e) && makesUpFor(r, e))
		if r.Key == atProvider(e) || others {
			return r, true
		}
	}
	return Refund{}, false
}

// madeOf is what the provider has made of a refund, as entries beside it.
func madeOf(e booking.Entry, seen Outlay) (made []booking.Entry) {
	for _, r := range seen.Refunds {
		if r.Key == atProvider(e) && r.State == booking.EntryDone {
			made = append(made, booking.Entry{
				Key: booking.KeyAtProvider(r.ID), OrderID: e.OrderID, Kind: booking.RefundEntry, Reason: booking.AtProvider, ByHand: true,
				Amount: booking.Money{Amount: r.Amount, Currency: e.Amount.Currency}, Ref: r.ID, State: booking.EntryDone, At: r.At,
			})
		}
	}
	return made
}

func sum(entries []booking.Entry) (amount int64) {
	for _, e := range entries {
		amount += e.Amount.Amount
	}
	return amount
}
