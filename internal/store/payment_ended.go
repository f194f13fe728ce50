package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// ended adds the entry of the payment's own refund if it was ended by a release without
// entries, which writes only the payment.
func (r paymentRow) ended(payment booking.Payment) booking.Payment {
	own, begun := payment.Entry(payment.RefundKey())
	if begun && own.State == booking.EntryDone {
		return payment
	}
	if !begun {
		own = booking.Entry{
			Key: payment.RefundKey(), OrderID: payment.OrderID, Kind: booking.RefundEntry, Reason: booking.EntryReason(payment.Reason), At: r.UpdatedAt.UTC(),
		}
	}
	own.State, own.Words, own.Changed = booking.EntryDone, "", r.UpdatedAt.UTC()
	own.Amount = booking.Money{Amount: payment.Refunded, Currency: payment.Amount.Currency}
	switch payment.Status {
	case booking.Refunded:
		for _, e := range payment.Entries {
			if e.Key != own.Key && e.ByProvider() {
				own.Amount.Amount -= e.Amount.Amount
			}
		}
	case booking.Returned:
		own.Amount.Amount, own.ByHand = payment.Owed(), true
	default:
		return payment
	}
	payment.Entries = slices.DeleteFunc(slices.Clone(payment.Entries), func(e booking.Entry) bool { return e.Key == own.Key })
	if own.Amount.Amount > 0 {
		payment.Entries = append(payment.Entries, own)
		payment.Kept = max(0, min(payment.Kept, payment.Amount.Amount-own.Amount.Amount))
	}
	return payment
}

// putEnded writes the entry of ended.
func (r paymentRow) putEnded(ctx context.Context, q bun.IDB, payment booking.Payment) error {
	own, has := payment.Entry(payment.RefundKey())
	if !has || payment.Status == booking.RefundPending {
		return nil
	}
	if r.Kept != payment.Kept {
		if _, err := q.NewRaw("UPDATE payments SET kept = ? WHERE order_id = ?", payment.Kept, payment.OrderID).Exec(ctx); err != nil {
			return err
		}
	}
	return putEntry(ctx, q, own)
}
