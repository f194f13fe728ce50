package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// PayByHand marks the refunds of the order that have failed or were never answered, and
// are still owed, as done by hand: the payment's own first, and others as far as there is room for
// them. Returns those that the same evidence stands for, none when there are none.
func (p *Payments) PayByHand(ctx context.Context, r booking.Resolution) (paid []booking.Entry, err error) {
	var payment booking.Payment
	err = p.change(ctx, "record what was paid by hand", r.OrderID, &payment, func(ctx context.Context, q bun.IDB) error {
		paid = nil
		own := payment.RefundKey()
		if e, begun := payment.Entry(own); begun && e.State == booking.EntryFailed {
			for _, made := range r.Made { // the rest of it is owed
				if err := putEntry(ctx, q, made); err != nil {
					return err
				}
				payment.Entries = append(payment.Entries, made)
			}
		}
		slices.SortStableFunc(payment.Entries, func(a, b booking.Entry) int { return first(a.Key == own) - first(b.Key == own) })
		for i := range payment.Entries {
			e := &payment.Entries[i]
			amount := e.Amount.Amount
			if e.Key == own {
				amount = payment.Owed()
			}
			unanswered := e.State == booking.EntryPending && e.Words == "" && slices.Contains(r.Unanswered, e.Key)
			switch owed := amount > 0 && e.Reason != booking.AtProvider && (e.Key == own || unanswered || amount <= payment.Refundable()); {
			case (e.State == booking.EntryFailed || unanswered) && owed:
				e.Amount.Amount, e.State, e.ByHand, e.Ref, e.By = amount, booking.EntryDone, true, string(r.Evidence), r.By
				if err := putEntry(ctx, q, *e); err != nil {
					return err
				}
				paid = append(paid, *e)
			case e.State == booking.EntryDone && e.Evidence() != "" && e.Evidence() == r.Evidence:
				paid = append(paid, *e)
			}
		}
		return nil
	})
	return paid, err
}

// first sorts what is so before what is not.
func first(is bool) int {
	if is {
		return 0
	}
	return 1
}
