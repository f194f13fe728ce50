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

// ResolveByHand records that an operator has paid by hand the refunds of the order that have
// failed. They are done then and are not requested again. It is refused while a dispute of the
// charge is open, because the bank may take back the same money, and while the refunds are
// pending at the provider or are being requested again.
func (p *Payments) ResolveByHand(ctx context.Context, r booking.Resolution) (booking.Resolved, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Resolved, error) {
		err := p.checkBefore(ctx, &r)
		switch {
		case errors.Is(err, errNotCharged):
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
		ended, failed := p.endUndecided(ctx, r)
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

// nothingPaid is the answer if no refund has failed: nothing is owed, the provider has
// accepted the refund, or a failed part is being requested again.
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
	no := booking.BeingRequested(unmade)
	return booking.Resolved{Refused: no.Code, Words: no.Message}, nil
}

// checkTimeout bounds the check at the provider before a payment by hand is recorded. After
// it the payment is recorded all the same, because the provider may never answer again.
const checkTimeout = 5 * time.Second

// checkBefore records which of an order's refunds the provider has made after all. It notes in
// r the pending refunds, and what was made of the undo's own refund if that is not all of it.
// r is Blind if the provider did not answer. Returns errNotCharged if there was no charge.
func (p *Payments) checkBefore(ctx context.Context, r *booking.Resolution) error {
	payment, err := p.Ledger.Payment(ctx, r.OrderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read payment: %w", err)
	}
	limited, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	if err := p.mayBeOwed(limited, &payment); err != nil {
		return err
	}
	if payment.Status == booking.RefundPending && !isPaidByHand(payment) { // charges that were made are owed, too
		if updated, err := p.voidAllFurther(limited, payment); err == nil {
			payment.Entries, payment.Further, payment.Amount, payment.Ref = updated.Entries, updated.Further, updated.Amount, cmp.Or(updated.Ref, payment.Ref)
		}
	}
	seen, unseen := p.retrieveCharge(limited, &payment, p.followAndImport)
	if unseen != nil {
		r.Blind = true // the operator's resolution counts
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
			r.Pending[e.Key] = "" // the undo itself ends this entry, since it may owe more later
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

// pendingWords are the provider's words on one of its pending refunds, "" if it has none.
func pendingWords(r booking.Resolution) string {
	for _, words := range slices.Sorted(maps.Values(r.Pending)) {
		if words != "" {
			return words
		}
	}
	return ""
}

// pendingOf is the entry's pending refund at the provider, or a pending refund that was made
// there by hand and replaces the entry once it is done.
func pendingOf(payment booking.Payment, e booking.Entry, seen ChargeState) (pending Refund, is bool) {
	ours, own := keysOf(payment), e.Key == payment.RefundKey()
	for _, r := range seen.Refunds {
		if r.State != booking.EntryPending {
			continue
		}
		_, known := payment.Entry(booking.KeyAtProvider(r.ID))
		others := !ours[r.Key] && !known && (own || mayBeReplaced(payment, e) && replaces(r, e))
		if r.Key == atProvider(e) || others {
			return r, true
		}
	}
	return Refund{}, false
}

// madeOf lists what the provider has made of a refund, as entries beside it.
func madeOf(e booking.Entry, seen ChargeState) (made []booking.Entry) {
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
