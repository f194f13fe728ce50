package activities

import (
	"context"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// failedLater lists the refunds that are done in the ledger but have failed at the provider
// since, with the provider's words: that money has come back to us.
func failedLater(payment booking.Payment, seen ChargeState) (entries []booking.Entry) {
	seen = uncounted(payment, seen)
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

// noteRemaining records what is left of the undo's own refund if that is among the failed ones. It
// runs before the failure is recorded, because a recorded failure is not found again.
func (p *Payments) noteRemaining(ctx context.Context, payment booking.Payment, failed []booking.Entry, seen ChargeState) error {
	own, _ := payment.Entry(payment.RefundKey())
	if !slices.ContainsFunc(failed, func(e booking.Entry) bool { return e.Key == own.Key }) {
		return nil
	}
	return p.noteCompleted(ctx, payment, madeOf(own, seen))
}

// unended is the undo's own refund if a person has paid it by hand and the undo has not
// ended. The refund may have failed after the order's end and been paid before the payment
// was followed. It is reported as failed; the workflow that follows it checks the ledger
// first.
func unended(payment booking.Payment) []booking.Entry {
	if payment.Status != booking.RefundPending || !isPaidByHand(payment) {
		return nil
	}
	own, _ := payment.Entry(payment.RefundKey())
	own.State, own.ByHand, own.Ref, own.By = booking.EntryFailed, false, "", ""
	return []booking.Entry{own}
}

// failedOf is the refund at the provider whose failure makes the done entry e a failed one.
// It is not if other refunds of the entry still cover its amount. Entries of earlier builds
// lack the provider's id; for these, the refund has failed if the missing amount is left of
// the charge.
func failedOf(e booking.Entry, seen ChargeState) (failed Refund, has bool) {
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

// madeAfterAll lists the parts that have failed in the ledger but that the provider has
// made: a request whose answer was lost may be carried out after its repetition was
// refused.
func madeAfterAll(payment booking.Payment, seen ChargeState) (entries []booking.Entry) {
	seen = uncounted(payment, seen)
	for _, e := range payment.Entries {
		if !mayBeReplaced(payment, e) {
			continue
		}
		if made := madeOf(e, seen); sum(made) >= e.Amount.Amount {
			e.State, e.Words, e.Ref = booking.EntryDone, "", made[0].Ref
			entries = append(entries, e)
		}
	}
	return entries
}

// inWords describes a refund that is not done, in the provider's words.
func inWords(r Refund, seen ChargeState) string {
	return fmt.Sprintf("refund %s of %s is %s", r.ID, seen.Ref, r.Words)
}

// correctReturned corrects the amount that came back to the customer in another way than by a
// refund, less what a bank is known to have taken back. Earlier builds know no disputes and
// call a payment returned that was lost in one; without the correction it would count
// twice.
func correctReturned(payment booking.Payment, seen ChargeState) []booking.Entry {
	own, has := payment.Entry(payment.RefundKey())
	if payment.Status != booking.Returned || !has || !own.ByHand || own.Evidence() != "" || seen.Returned {
		return nil
	}
	news := refundsByOthers(payment, seen)
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
