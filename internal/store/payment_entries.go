package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// byProvider adds up what the provider has refunded of an order, without what a bank
// took back or a person has paid otherwise. See Entry.ByProvider.
const byProvider = `(SELECT CAST(COALESCE(SUM(amount), 0) AS bigint) FROM payment_entries WHERE order_id = ? AND kind = 'refund'
	AND state = 'done' AND reason <> 'dispute' AND (NOT by_hand OR reason = 'provider'))`

// withEntries is the payment with its refunds, oldest first, and its disputes.
func withEntries(ctx context.Context, q bun.IDB, row paymentRow) (booking.Payment, error) {
	payments, err := allWithEntries(ctx, q, []paymentRow{row})
	if err != nil {
		return row.payment(), err
	}
	return payments[0], nil
}

// allWithEntries adds refunds, oldest first, and disputes to a series of payments.
func allWithEntries(ctx context.Context, q bun.IDB, rows []paymentRow) ([]booking.Payment, error) {
	payments, at := make([]booking.Payment, len(rows)), map[string]int{}
	for i, row := range rows {
		payments[i], at[row.OrderID] = row.payment(), i
	}
	if len(rows) == 0 {
		return payments, nil
	}
	first, last := rows[0].OrderID, rows[len(rows)-1].OrderID
	var entries []entryRow
	err := q.NewSelect().Model(&entries).Where("order_id BETWEEN ? AND ?", first, last).OrderExpr("order_id, key").Scan(ctx)
	if err != nil {
		return payments, err
	}
	oldestFirst(entries)
	for _, e := range entries {
		if i, ok := at[e.OrderID]; ok {
			payments[i].Entries = append(payments[i].Entries, e.entry())
		}
	}
	for i, row := range rows {
		payments[i] = row.ended(payments[i])
	}
	var disputes []disputeRow
	err = q.NewSelect().Model(&disputes).Where("order_id BETWEEN ? AND ?", first, last).OrderExpr("order_id, id").Scan(ctx)
	for _, d := range disputes {
		if i, ok := at[d.OrderID]; ok {
			payments[i].Disputes = append(payments[i].Disputes, d.dispute())
		}
	}
	if err != nil {
		return payments, err
	}
	return payments, addFurther(ctx, q, payments, at)
}

func oldestFirst(entries []entryRow) {
	slices.SortStableFunc(entries, func(a, b entryRow) int { return a.CreatedAt.Compare(b.CreatedAt) })
}

// BeginEntry writes a pending partial refund unless there is one under its key; it
// restarts a failed one, for as much as there is room for (Payment.RefundsNow). It returns
// the payment with its entries. Returns RefundExceeds if the amount is more than what is left.
// NotCharged: there is no known charge.
func (p *Payments) BeginEntry(ctx context.Context, e booking.Entry) (payment booking.Payment, err error) {
	err = p.change(ctx, "begin refund of a part", e.OrderID, &payment, func(ctx context.Context, q bun.IDB) error {
		stored, begun := payment.Entry(e.Key)
		makes := payment.RefundsNow(stored)
		switch left := payment.Refundable(); {
		case begun && stored.State != booking.EntryFailed, begun && makes == 0:
			return nil
		case begun:
			stored.State, stored.Amount.Amount = booking.EntryPending, makes
			return putEntry(ctx, q, stored)
		case !payment.WasCharged(), e.Reason == booking.Changed && payment.Status != booking.Charged:
			return booking.Errorf(booking.NotCharged, "the payment of order %s is %s", e.OrderID, payment.Status)
		case e.Amount.Currency != payment.Amount.Currency || e.Amount.Amount < 1 || e.Amount.Amount > left:
			return booking.Errorf(booking.RefundExceeds, "%d %s are left to be refunded of order %s", left, payment.Amount.Currency, e.OrderID)
		}
		e.State, e.Ref, e.Words, e.ByHand, e.At = booking.EntryPending, "", "", false, now()
		if own, undone := payment.Entry(payment.RefundKey()); undone && !e.At.After(own.At) {
			e.At = own.At.Add(time.Microsecond) // it is later, whatever another process's clock says
		}
		return putEntry(ctx, q, e)
	})
	return payment, err
}

// NoteEntry records the state, reference and words of the refund under e's key, unless
// that is done, and writes it if it does not exist.
func (p *Payments) NoteEntry(ctx context.Context, e booking.Entry) error {
	var payment booking.Payment
	return p.change(ctx, "note refund", e.OrderID, &payment, func(ctx context.Context, q bun.IDB) error {
		switch stored, begun := payment.Entry(e.Key); {
		case !begun:
			return putEntry(ctx, q, e)
		case hasFailedSince(stored, e):
			return nil
		case stored.State != booking.EntryDone:
			e.Amount, e.By = stored.Amount, stored.By // another transaction may have changed them since e was read
			return putEntry(ctx, q, e)
		case stored.ByHand && e.State == booking.EntryDone && !e.ByHand && e.Ref != "": // it was under way when it was paid by hand
			return putEntry(ctx, q, besides(e))
		default:
			return nil
		}
	})
}

// hasFailedSince reports whether a refund was done and has failed at the provider after
// the attempt had read it that now calls it done.
func hasFailedSince(stored, read booking.Entry) bool {
	return stored.State == booking.EntryFailed && read.State == booking.EntryDone && read.Ref != "" && read.Ref == stored.Ref &&
		!read.Changed.IsZero() && read.Changed.Before(stored.Changed)
}

// Import records refunds that were made outside of Yeyak, and the states of the
// disputes. The payment's own refund becomes smaller. It returns the payment with its
// entries.
func (p *Payments) Import(ctx context.Context, orderID string, others []booking.Entry, disputes []booking.Dispute) (payment booking.Payment, err error) {
	err = p.change(ctx, "record refunds of others", orderID, &payment, func(ctx context.Context, q bun.IDB) error {
		for _, e := range others {
			if err := importEntry(ctx, q, payment, e); err != nil {
				return err
			}
		}
		for _, d := range disputes {
			row := disputeRow{
				OrderID: orderID, ID: d.ID, Amount: d.Amount.Amount, Currency: d.Amount.Currency, State: d.State, UpdatedAt: now(),
			}
			if !d.EvidenceDueBy.IsZero() {
				row.DueBy = bun.NullTime{Time: micros(d.EvidenceDueBy)}
			}
			_, err := q.NewInsert().Model(&row).On("CONFLICT (order_id, id) DO UPDATE").Set("amount = EXCLUDED.amount").
				Set("state = EXCLUDED.state").Set("due_by = EXCLUDED.due_by").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
			if err != nil {
				return err
			}
		}
		if len(others) == 0 {
			return nil
		}
		return fitOwn(ctx, q, orderID, payment.Status == booking.Refunded)
	})
	return payment, err
}

// importEntry records a refund that was found at the provider.
func importEntry(ctx context.Context, q bun.IDB, payment booking.Payment, e booking.Entry) error {
	stored, known := payment.Entry(e.Key)
	switch {
	case e.ByOthers():
	case e.State == booking.EntryFailed:
		if !known || !stored.ByProvider() || stored.Ref != e.Ref {
			return nil // its state has changed since
		}
		return failLater(ctx, q, payment, e)
	case e.ByHand:
		return knownBetter(ctx, q, stored, e)
	case known && stored.State == booking.EntryPending:
		return nil // it had failed when it was read, and is being requested again since
	case known && stored.State == booking.EntryDone && !stored.ByHand && stored.Ref == e.Ref:
		return nil // another check was first
	case known && stored.State == booking.EntryDone:
		e = besides(e) // it is paid by hand already
	}
	return putEntry(ctx, q, e)
}

// failLater records that a done refund has failed at the provider since. What the
// charge's undo has refunded is owed again.
func failLater(ctx context.Context, q bun.IDB, payment booking.Payment, e booking.Entry) error {
	if e.Key == payment.RefundKey() && payment.Status == booking.Refunded {
		if err := putStatus(ctx, q, payment.OrderID, booking.RefundPending); err != nil {
			return err
		}
	}
	return putEntry(ctx, q, e)
}

// knownBetter changes how much the customer has received otherwise than by a refund,
// once it is known how much of it came from a bank.
func knownBetter(ctx context.Context, q bun.IDB, stored, e booking.Entry) error {
	switch {
	case stored.State != booking.EntryDone || !stored.ByHand || stored.Evidence() != "" || e.Amount.Amount >= stored.Amount.Amount:
		return nil // its state has changed since
	case e.Amount.Amount == 0:
		return deleteEntry(ctx, q, e.OrderID, e.Key)
	}
	stored.Amount = e.Amount
	return putEntry(ctx, q, stored)
}

// besides makes a refund of the provider one that was made in addition to the decided
// ones.
func besides(e booking.Entry) booking.Entry {
	return booking.Entry{
		Key: booking.KeyAtProvider(e.Ref), OrderID: e.OrderID, Amount: e.Amount, Reason: booking.AtProvider, Ref: e.Ref,
		State: booking.EntryDone, ByHand: true,
	}
}

// fitOwn adjusts the payment's own refund to refunds that were made outside of Yeyak.
// What the policy keeps stays until the undo ends: the outside refunds may fail. If the undo had
// ended, and nothing of its refund is owed any more now that it has failed, it ends again.
func fitOwn(ctx context.Context, q bun.IDB, orderID string, hadEnded bool) error {
	row, err := paymentOf(ctx, q, orderID)
	if err != nil {
		return err
	}
	payment, err := withEntries(ctx, q, row)
	if err != nil || row.Status != booking.RefundPending {
		return err
	}
	own, begun := payment.Entry(payment.RefundKey())
	if begun && own.State == booking.EntryDone {
		return nil // paid by hand: a later refund comes out of what is kept
	}
	if begun && own.State == booking.EntryFailed && hadEnded && payment.Owed() == 0 {
		if err := deleteEntry(ctx, q, orderID, own.Key); err != nil {
			return err
		}
		return putStatus(ctx, q, orderID, booking.Refunded)
	}
	if !begun || own.Amount.Amount == payment.Owed() {
		return nil
	}
	own.Amount.Amount = payment.Owed()
	return putEntry(ctx, q, own)
}

// deleteEntry removes an entry: a refund of nothing has none.
func deleteEntry(ctx context.Context, q bun.IDB, orderID, key string) error {
	_, err := q.NewDelete().Model((*entryRow)(nil)).Where("order_id = ? AND key = ?", orderID, key).Exec(ctx)
	return err
}

func putStatus(ctx context.Context, q bun.IDB, orderID string, status booking.PaymentStatus) error {
	_, err := q.NewRaw("UPDATE payments SET status = ?, updated_at = ? WHERE order_id = ?", status, now(), orderID).Exec(ctx)
	return err
}

// change changes the entries of an order's payment. It locks the payment and reads it
// before and after. NotFound: there is no payment.
func (p *Payments) change(ctx context.Context, what, orderID string, payment *booking.Payment, do func(context.Context, bun.IDB) error) error {
	return p.db.inTx(ctx, what, func(ctx context.Context, q bun.IDB) error {
		row, err := p.locked(ctx, q, orderID)
		if err != nil {
			return err
		}
		if *payment, err = withEntries(ctx, q, row); err != nil {
			return err
		}
		if err := row.putEnded(ctx, q, *payment); err != nil {
			return err
		}
		if err := do(ctx, q); err != nil {
			return err
		}
		// This comes before the payment is read: a payment that has refunded more than
		// its entries say was ended by a release without entries.
		_, err = q.NewRaw("UPDATE payments SET refunded = "+byProvider+" WHERE order_id = ? AND EXISTS (SELECT 1 FROM payment_entries WHERE order_id = ?)",
			orderID, orderID, orderID).Exec(ctx)
		if err != nil {
			return err
		}
		if row, err = paymentOf(ctx, q, orderID); err != nil {
			return err
		}
		*payment, err = withEntries(ctx, q, row)
		return err
	})
}

// putEntry writes an entry, or changes what may change of the one under its key. A
// repetition without effect keeps the entry's time.
func putEntry(ctx context.Context, q bun.IDB, e booking.Entry) error {
	row := newEntryRow(e)
	_, err := q.NewInsert().Model(&row).On("CONFLICT (order_id, key) DO UPDATE").
		Set("amount = EXCLUDED.amount").Set("by_whom = EXCLUDED.by_whom").Set("ref = EXCLUDED.ref").Set("state = EXCLUDED.state").
		Set("words = EXCLUDED.words").Set("by_hand = EXCLUDED.by_hand").
		Set(`updated_at = CASE WHEN EXCLUDED.words = ?TableAlias.words AND (EXCLUDED.state = ?TableAlias.state
			OR EXCLUDED.state <> 'done' AND EXCLUDED.words <> '') THEN ?TableAlias.updated_at ELSE EXCLUDED.updated_at END`).Exec(ctx)
	return err
}

// endOwn ends the payment's own refund with the amount that it refunded or, if the
// customer got the money otherwise, with the amount that is missing. A refund of
// nothing has no entry.
func endOwn(ctx context.Context, q bun.IDB, payment booking.Payment, end booking.PaymentStatus, refunded int64, refundID string) error {
	own, begun := payment.Entry(payment.RefundKey())
	if begun && own.State == booking.EntryDone {
		if own.Amount.Amount = refunded; !own.ByHand || refunded == 0 || refundID == "" {
			return nil
		}
		own.Ref = refundID // it was under way when it was paid by hand
		return putEntry(ctx, q, besides(own))
	}
	if !begun {
		own = booking.Entry{Key: payment.RefundKey(), OrderID: payment.OrderID, Reason: booking.EntryReason(payment.Reason)}
		own.Amount.Currency = payment.Amount.Currency
	}
	own.State, own.Words, own.Amount.Amount = booking.EntryDone, "", refunded
	if refundID != "" {
		own.Ref = refundID
	}
	if end == booking.Returned {
		own.ByHand, own.Amount.Amount = true, payment.Owed()
	}
	if end == booking.ChargePrevented || own.Amount.Amount == 0 {
		return deleteEntry(ctx, q, payment.OrderID, own.Key)
	}
	return putEntry(ctx, q, own)
}
