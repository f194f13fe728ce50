package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// PayByHand marks the order's refunds that have failed or were never answered, and are
// still owed, as paid by hand: the payment's own first, others as far as there is room
// for them. What the provider has refunded of the payment's own, now or at the last
// check, is not paid again, nor what it has refunded of others. Refunds that are pending at the provider are left out, and
// count as refunded. It returns the refunds with the same evidence, none if there are
// none. UnderDispute: a dispute of the charge may still charge that money back.
func (p *Payments) PayByHand(ctx context.Context, r booking.Resolution) (paid []booking.Entry, err error) {
	var payment booking.Payment
	err = p.change(ctx, "record what was paid by hand", r.OrderID, &payment, func(ctx context.Context, q bun.IDB) error {
		paid = nil
		own := payment.RefundKey()
		unknownCharge(&payment, r)
		if err := putMade(ctx, q, &payment, r); err != nil {
			return err
		}
		slices.SortStableFunc(payment.Entries, func(a, b booking.Entry) int { return first(a.Key == own) - first(b.Key == own) })
		for i := range payment.Entries {
			if _, pending := r.Pending[payment.Entries[i].Key]; pending {
				payment.Entries[i].State, payment.Entries[i].Words = booking.EntryPending, "it is pending"
			}
		}
		if err := putMadeOfParts(ctx, q, &payment, r); err != nil {
			return err
		}
		for i := range payment.Entries {
			e := &payment.Entries[i]
			switch {
			case isOwedByHand(payment, e, r):
				if dispute, open := mayBeChargedBack(payment, r); open {
					return dispute.StillOpen()
				}
				e.State, e.ByHand, e.Ref, e.By = booking.EntryDone, true, string(r.Evidence), r.By
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

// putMade adds what the provider has refunded of the payment's own refund: only the remainder is
// owed. If the provider does not answer, the last known state counts.
func putMade(ctx context.Context, q bun.IDB, payment *booking.Payment, r booking.Resolution) (err error) {
	e, begun := payment.Entry(payment.RefundKey())
	if !begun || e.State != booking.EntryFailed && !isUnanswered(e, r) {
		return nil
	}
	made := r.Made
	if r.Blind {
		if made, err = known(ctx, q, *payment); err != nil {
			return err
		}
	}
	rest := payment.Owed()
	for _, m := range made {
		rest -= m.Amount.Amount
	}
	if len(made) > 0 && rest <= 0 { // all of it, unless a pending part fails
		e.State, e.Words = booking.EntryPending, "it is made"
		*payment = payment.With(e)
		return nil
	}
	for _, m := range made {
		if err := putEntry(ctx, q, m); err != nil {
			return err
		}
		payment.Entries = append(payment.Entries, m)
	}
	return nil
}

// putMadeOfParts adds what the provider has refunded of parts that are paid by hand now, or
// in whose place the payment's own refund is: only the rest is owed.
func putMadeOfParts(ctx context.Context, q bun.IDB, payment *booking.Payment, r booking.Resolution) (err error) {
	made := r.MadeOfParts
	if r.Blind {
		if made, err = knownOfParts(ctx, q, *payment); err != nil {
			return err
		}
	}
	own, _ := payment.Entry(payment.RefundKey())
	all := isOwedByHand(*payment, &own, r)
	for i, e := range payment.Entries {
		part, isOpen := e, e.State == booking.EntryFailed || isUnanswered(e, r)
		if !isOpen || !all && !isOwedByHand(*payment, &part, r) {
			continue
		}
		for _, m := range made[e.Key] {
			m.At = e.At
			if e.Reason == booking.Changed { // the order's price is less by all of it
				m.Reason, m.ByHand = e.Reason, false
			}
			if err := putEntry(ctx, q, m); err != nil {
				return err
			}
			payment.Entries[i].Amount.Amount -= m.Amount.Amount
			payment.Entries = append(payment.Entries, m)
		}
	}
	return nil
}

// unknownCharge adds the payment's own refund if there is none because it is not known
// whether there was a charge, and the provider does not say.
func unknownCharge(payment *booking.Payment, r booking.Resolution) {
	own := payment.RefundKey()
	_, begun := payment.Entry(own)
	if begun || payment.Status != booking.RefundPending || payment.Ref != "" || !slices.Contains(r.Unanswered, own) {
		return
	}
	payment.Entries = append(payment.Entries, booking.Entry{
		Key: own, OrderID: payment.OrderID, Kind: booking.RefundEntry, Reason: booking.EntryReason(payment.Reason),
		Amount: booking.Money{Currency: payment.Amount.Currency}, State: booking.EntryPending,
	})
}

// NoteCharge records the provider's reference of a charge that succeeded after all: of
// a payment that was paid by hand without knowing it, or that the customer confirmed
// too late, after it was voided or declined. The payment becomes RefundPending.
func (p *Payments) NoteCharge(ctx context.Context, orderID, ref string) error {
	return p.db.run(ctx, "note charge", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw(`UPDATE payments SET ref = ?, status = CASE WHEN status = ? THEN status ELSE ? END,
			why = CASE WHEN status = ? THEN ? ELSE why END, updated_at = ?
			WHERE order_id = ? AND (status = ? OR status IN (?, ?) AND action_ref <> '') AND ref = ''`,
			ref, booking.Returned, booking.RefundPending, booking.Declined, booking.PaymentDeclined, now(),
			orderID, booking.Returned, booking.ChargePrevented, booking.Declined).Exec(ctx)
		return err
	})
}

// isOwedByHand reports whether a refund has failed, or was never answered, and is still
// owed. It sets the amount that is owed.
func isOwedByHand(payment booking.Payment, e *booking.Entry, r booking.Resolution) bool {
	amount, unanswered := e.Amount.Amount, isUnanswered(*e, r)
	switch {
	case e.Key == payment.RefundKey():
		amount = payment.Owed()
	case !unanswered:
		amount = payment.RefundsNow(*e)
	}
	if amount == 0 || e.Reason == booking.AtProvider || e.State != booking.EntryFailed && !unanswered {
		return false
	}
	e.Amount.Amount = amount
	return true
}

// isUnanswered reports whether the provider has answered a refund with errors only.
func isUnanswered(e booking.Entry, r booking.Resolution) bool {
	return e.State == booking.EntryPending && e.Words == "" && slices.Contains(r.Unanswered, e.Key)
}

// mayBeChargedBack is a dispute by which the bank may still charge back what is to be paid by
// hand.
func mayBeChargedBack(payment booking.Payment, r booking.Resolution) (booking.Dispute, bool) {
	for _, d := range payment.OpenDisputes() {
		if !r.Blind || d.MayBeOpen(now()) {
			return d, true
		}
	}
	return booking.Dispute{}, false
}

// first sorts true before false.
func first(is bool) int {
	if is {
		return 0
	}
	return 1
}
