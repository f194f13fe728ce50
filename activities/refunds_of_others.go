package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// importCharge adds to the payment the refunds that others have made of its charge, and the
// states of its disputes.
func (p *Payments) importCharge(ctx context.Context, payment *booking.Payment, seen ChargeState) (err error) {
	if unknown(*payment, seen) { // an unknown key is a part begun meanwhile: the ledger has it before the provider
		if *payment, err = p.Ledger.Payment(ctx, payment.OrderID); err != nil {
			return fmt.Errorf("read payment: %w", err)
		}
	}
	failed := failedLater(*payment, seen)
	others := slices.Concat(refundsByOthers(*payment, seen), failed, madeAfterAll(*payment, seen), correctReturned(*payment, seen))
	if err := p.noteMadeOfParts(ctx, *payment, failed, seen); err != nil {
		return err
	}
	disputes := changed(payment.Disputes, seen.Disputes)
	if len(others) == 0 && len(disputes) == 0 {
		return nil
	}
	if err := p.noteRemaining(ctx, *payment, failed, seen); err != nil {
		return err
	}
	imported, err := p.Ledger.Import(ctx, payment.OrderID, others, disputes)
	if err != nil {
		return fmt.Errorf("record refunds by others: %w", err)
	}
	*payment = imported
	return nil
}

// refundsByOthers lists the refunds that the ledger does not have, and the disputes that took the
// money back. A refund that replaces a failed part is recorded as that part, and not at all
// while it may do so: see mayReplaceYet.
func refundsByOthers(payment booking.Payment, seen ChargeState) (entries []booking.Entry) {
	add := func(e booking.Entry) {
		if recorded, known := payment.Entry(e.Key); known && recorded.State == e.State {
			return
		}
		e.OrderID, e.Kind, e.ByHand, e.Amount.Currency = payment.OrderID, booking.RefundEntry, true, payment.Amount.Currency
		entries = append(entries, e)
	}
	ours, twice, beyond := keysOf(payment), keysPaidByHand(payment), beyondOwn(payment, seen)
	open := slices.DeleteFunc(slices.Clone(payment.Entries), func(e booking.Entry) bool { return !mayBeReplaced(payment, e) })
	for _, r := range seen.Refunds {
		if r.Amount == 0 {
			continue // a refund of which nothing was owed
		}
		key := booking.KeyAtProvider(r.ID)
		_, known := payment.Entry(key)
		part := slices.IndexFunc(open, func(e booking.Entry) bool { return replaces(r, e) })
		switch {
		case (twice[r.Key] || beyond[r.ID]) && r.State == booking.EntryDone:
			add(booking.Entry{Key: key, Amount: booking.Money{Amount: r.Amount}, Reason: booking.AtProvider, Ref: r.ID, State: r.State, At: r.At})
		case ours[r.Key] && (!known || r.State != booking.EntryFailed) || !known && (r.State != booking.EntryDone || isAPartBy(payment, r)):
		case !known && part >= 0:
			e := open[part]
			open = slices.Delete(open, part, part+1)
			e.State, e.Ref, e.Words = booking.EntryDone, r.ID, ""
			entries = append(entries, e)
		case !known && mayReplaceYet(payment, seen, r):
		default:
			add(booking.Entry{Key: key, Amount: booking.Money{Amount: r.Amount}, Reason: booking.AtProvider, Ref: r.ID, State: r.State, At: r.At})
		}
	}
	for _, d := range seen.Disputes {
		if d.State == booking.DisputeLost {
			add(booking.Entry{Key: booking.KeyOfDispute(d.ID), Amount: d.Amount, Reason: booking.Disputed, Ref: d.ID, State: booking.EntryDone})
		}
	}
	return entries
}

// keysPaidByHand lists the keys of refunds that a person has paid by hand. A refund that the
// provider has made under such a key counts as made by others: the attempt that requested
// it may have died before it was recorded.
func keysPaidByHand(payment booking.Payment) map[string]bool {
	keys := map[string]bool{}
	for _, e := range payment.Entries {
		if e.State == booking.EntryDone && e.Evidence() != "" {
			keys[atProvider(e)] = true
		}
	}
	return keys
}

// beyondOwn lists the ids of refunds under the key of the undo's own refund that are not
// part of the amount it ended with: a slow attempt may be carried out after another one.
func beyondOwn(payment booking.Payment, seen ChargeState) map[string]bool {
	own, begun := payment.Entry(payment.RefundKey())
	ended := payment.Status == booking.Refunded || payment.Status == booking.Retained // without an entry, it ended with nothing
	if begun && (!own.IsRefunded() || own.ByHand) || !begun && !ended {
		return nil
	}
	var under []Refund
	for _, r := range seen.Refunds {
		switch _, known := payment.Entry(booking.KeyAtProvider(r.ID)); {
		case known || r.Key != payment.RefundKey() || r.State != booking.EntryDone:
		case r.ID == own.Ref:
			under = slices.Insert(under, 0, r)
		default:
			under = append(under, r)
		}
	}
	beyond, left := map[string]bool{}, own.Amount.Amount
	for _, r := range under {
		if r.Amount > left {
			beyond[r.ID] = true
			continue
		}
		left -= r.Amount
	}
	return beyond
}

// importIfPaidByHand brings the ledger up to date with refunds that the provider has made of one
// that was paid by hand. Its errors are ignored, because nothing waits for it.
func (p *Payments) importIfPaidByHand(ctx context.Context, payment booking.Payment, key string) {
	if e, _ := payment.Entry(key); !keysPaidByHand(payment)[atProvider(e)] {
		return
	}
	limited, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	_, _ = p.retrieveCharge(limited, &payment, p.followAndImport)
}

// mayBeReplaced reports whether a refund by others may replace the entry, which only failed
// parts allow. The undo's own refund is excluded: refunds by others reduce what it owes.
func mayBeReplaced(payment booking.Payment, e booking.Entry) bool {
	return e.State == booking.EntryFailed && isPart(payment, e)
}

// isPart reports whether the entry is a refund of ours other than the undo's own.
func isPart(payment booking.Payment, e booking.Entry) bool {
	return e.Key != payment.RefundKey() && !e.ByOthers()
}

// isRequested reports whether the refund has failed and is being requested again, or is pending at
// the provider: the ledger does not distinguish these.
func isRequested(e booking.Entry) bool { return e.State == booking.EntryPending && e.Words != "" }

// replaces reports whether a refund has exactly the amount of a failed part and was made
// after it failed. The provider dates refunds to the second.
func replaces(r Refund, e booking.Entry) bool {
	return r.Amount == e.Amount.Amount && !r.At.Before(e.Changed.Truncate(time.Second))
}

// mayReplaceYet reports whether a refund by others has the amount of a part that has failed and is
// being requested again just now. If that fails once more, the refund replaces the part; recorded
// as a refund of its own it would be made twice, as soon as the provider can make the part again.
func mayReplaceYet(payment booking.Payment, seen ChargeState, r Refund) bool {
	if keysOf(payment)[r.Key] || r.State != booking.EntryDone {
		return false
	}
	isAccepted := func(key string) bool {
		return slices.ContainsFunc(seen.Refunds, func(r Refund) bool { return r.Key == key && r.State != booking.EntryFailed })
	}
	return slices.ContainsFunc(payment.Entries, func(e booking.Entry) bool {
		return isRequested(e) && !isAccepted(atProvider(e)) && isPart(payment, e) && replaces(r, e)
	})
}

// unrecorded reports whether the provider has made a refund that the ledger cannot record yet.
func unrecorded(payment booking.Payment, seen ChargeState) bool {
	return slices.ContainsFunc(seen.Refunds, func(r Refund) bool {
		_, known := payment.Entry(booking.KeyAtProvider(r.ID))
		return !known && !isAPartBy(payment, r) && mayReplaceYet(payment, seen, r)
	})
}

// isAPartBy reports whether the refund has replaced a part.
func isAPartBy(payment booking.Payment, r Refund) bool {
	return slices.ContainsFunc(payment.Entries, func(e booking.Entry) bool { return e.State == booking.EntryDone && e.Ref == r.ID && e.ByProvider() })
}

// outsideLedger is the sum of refunds at the provider that do not count in the ledger: pending
// ones by others, which may fail, and those of parts that have failed in the ledger. Of
// such a part the provider may have made what one of several charges had left.
func outsideLedger(payment booking.Payment, seen ChargeState) (sum int64) {
	ours, failed := keysOf(payment), map[string]bool{}
	for _, e := range payment.Entries {
		if mayBeReplaced(payment, e) {
			failed[atProvider(e)] = true
		}
	}
	for _, r := range uncounted(payment, seen).Refunds {
		switch {
		case r.State == booking.EntryFailed:
		case failed[r.Key], r.State == booking.EntryPending && !ours[r.Key]:
			sum += r.Amount
		}
	}
	return sum
}

// uncounted is seen without the refunds that the ledger has as entries of their own. Those
// count beside the refund under whose key they were made.
func uncounted(payment booking.Payment, seen ChargeState) ChargeState {
	seen.Refunds = slices.DeleteFunc(slices.Clone(seen.Refunds), func(r Refund) bool {
		_, known := payment.Entry(booking.KeyAtProvider(r.ID))
		return known
	})
	return seen
}

// keysOf lists the keys under which the payment's refunds are requested.
func keysOf(payment booking.Payment) map[string]bool {
	keys := map[string]bool{payment.RefundKey(): true}
	for _, e := range payment.Entries {
		keys[atProvider(e)] = true
	}
	return keys
}

// unknown reports whether a refund was requested under a key that is not among the payment's.
func unknown(payment booking.Payment, seen ChargeState) bool {
	ours := keysOf(payment)
	return slices.ContainsFunc(seen.Refunds, func(r Refund) bool { return r.Key != "" && !ours[r.Key] })
}

// changed lists the disputes that differ from those in the ledger.
func changed(known, seen []booking.Dispute) (news []booking.Dispute) {
	for _, d := range seen {
		if !slices.ContainsFunc(known, func(k booking.Dispute) bool {
			return k.ID == d.ID && k.State == d.State && k.Amount == d.Amount && k.EvidenceDueBy.Equal(d.EvidenceDueBy)
		}) {
			news = append(news, d)
		}
	}
	return news
}

// atProvider is the key under which a refund is requested from the provider. It contains
// the order's id, so that keys of different orders differ.
func atProvider(e booking.Entry) string {
	if strings.HasPrefix(e.Key, e.OrderID+"/") {
		return e.Key
	}
	return e.OrderID + "/" + e.Key
}
