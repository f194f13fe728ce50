package activities

import (
	"context"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// failedLater are the refunds that the ledger calls done, and that have failed at the
// provider since: the money is back with us. They have failed in the provider's words.
func failedLater(payment booking.Payment, seen Outlay) (entries []booking.Entry) {
	for _, e := range payment.Entries {
		if !e.ByProvider() || e.ByOthers() {
			continue
		}
		if failed, has := failedOf(e, seen); has {
			e.State, e.Words = booking.EntryFailed, inWords(failed, seen)
			entries = append(entries, e)
		}
	}
	return entries
}

// unmade notes what is left of the undo's own refund if that is among those that have failed.
// This goes before the failure is recorded: it would not be met again.
func (p *Payments) unmade(ctx context.Context, payment booking.Payment, failed []booking.Entry, seen Outlay) error {
	own, _ := payment.Entry(payment.RefundKey())
	if !slices.ContainsFunc(failed, func(e booking.Entry) bool { return e.Key == own.Key }) {
		return nil
	}
	return p.noteMade(ctx, payment, madeOf(own, seen))
}

// unended is the undo's own refund that a person has paid by hand, while the undo has not ended.
// It may have failed after the order's end, and have been paid before anything followed it. It
// is told as if it had failed: what follows it asks the ledger first.
func unended(payment booking.Payment) []booking.Entry {
	if payment.Status != booking.RefundPending || !isPaidByHand(payment) {
		return nil
	}
	own, _ := payment.Entry(payment.RefundKey())
	own.State, own.ByHand, own.Ref, own.By = booking.EntryFailed, false, "", ""
	return []booking.Entry{own}
}

// failedOf is the refund at the provider over which an entry that is done has failed. What
// else was made of the entry may be enough all the same. An entry of an earlier build does
// not know the provider's id: what it has given back is missing from what is left then.
func failedOf(e booking.Entry, seen Outlay) (failed Refund, has bool) {
	var made int64
	known := false
	for _, r := range seen.Refunds {
		known = known || r.ID == e.Ref
		switch ours := r.Key == atProvider(e); {
		case !ours && r.ID != e.Ref:
		case r.State != booking.EntryFailed:
			made += r.Amount
		case !has || r.ID == e.Ref:
			failed, has = r, true
		}
	}
	missing := e.Amount.Amount - made
	return failed, has && missing > 0 && (known || e.Ref == "" && seen.Left >= missing)
}

// madeAfterAll are the parts that the ledger calls failed, and that the provider has made
// all the same: a request whose answer was lost may be carried out later than its repetition
// is refused.
func madeAfterAll(payment booking.Payment, seen Outlay) (entries []booking.Entry) {
	for _, e := range payment.Entries {
		if !mayBeMadeUpFor(payment, e) {
			continue
		}
		if made := madeOf(e, seen); sum(made) >= e.Amount.Amount {
			e.State, e.Words, e.Ref = booking.EntryDone, "", made[0].Ref
			entries = append(entries, e)
		}
	}
	return entries
}

// inWords is what the provider says of a refund that is not done.
func inWords(r Refund, seen Outlay) string {
	return fmt.Sprintf("refund %s of %s is %s", r.ID, seen.Ref, r.Words)
}

// comeBack is what has come back to the customer in another way than by a refund, less
// what is known to be a bank's. Earlier builds know no disputes, and call a payment
// returned that was lost in one: it would count twice.
func comeBack(payment booking.Payment, seen Outlay) []booking.Entry {
	own, has := payment.Entry(payment.RefundKey())
	if payment.Status != booking.Returned || !has || !own.ByHand || own.Evidence() != "" || seen.Returned {
		return nil
	}
	news := foreign(payment, seen)
	if !slices.ContainsFunc(news, func(e booking.Entry) bool { return e.Reason == booking.Disputed }) {
		return nil
	}
	payment.Entries = slices.Concat(payment.Entries, news)
	if owed := payment.Owed(); owed < own.Amount.Amount {
		own.Amount.Amount = owed
		return []booking.Entry{own}
	}
	return nil
}
