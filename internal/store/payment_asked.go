package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// NoteRequested records the total that a charge's undo asks the provider to refund under
// its key. It returns false, and records nothing, if the recorded amount is not was.
func (p *Payments) NoteRequested(ctx context.Context, orderID string, was, asked int64) (noted bool, err error) {
	err = p.db.run(ctx, "note what is asked for", func(ctx context.Context, q bun.IDB) error {
		changed, err := affected(q.NewRaw("UPDATE payments SET asked = ?, asked_at = ? WHERE order_id = ? AND asked = ?",
			asked, now(), orderID, was).Exec(ctx))
		noted = changed == 1
		return err
	})
	return noted, err
}

type madeRow struct {
	bun.BaseModel `bun:"table:payment_made"`

	OrderID string `bun:",pk"`
	ID      string `bun:",pk"` // the provider's
	Amount  int64
}

// NoteCompleted replaces the refunds that the provider is known to have made under the key
// of the undo's own refund.
func (p *Payments) NoteCompleted(ctx context.Context, orderID string, made []booking.Entry) error {
	return p.db.inTx(ctx, "note what was made", func(ctx context.Context, q bun.IDB) error {
		if _, err := q.NewDelete().Model((*madeRow)(nil)).Where("order_id = ?", orderID).Exec(ctx); err != nil || len(made) == 0 {
			return err
		}
		rows := make([]madeRow, len(made))
		for i, e := range made {
			rows[i] = madeRow{OrderID: orderID, ID: e.Ref, Amount: e.Amount.Amount}
		}
		_, err := q.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
}

// known returns what the provider is known to have made of the undo's own refund, as
// further entries.
func known(ctx context.Context, q bun.IDB, payment booking.Payment) (made []booking.Entry, err error) {
	var rows []madeRow
	err = q.NewSelect().Model(&rows).Where("order_id = ?", payment.OrderID).Order("id").Scan(ctx)
	for _, r := range rows {
		e := besides(booking.Entry{OrderID: r.OrderID, Ref: r.ID, Amount: booking.Money{Amount: r.Amount, Currency: payment.Amount.Currency}})
		e.Kind = booking.RefundEntry
		made = append(made, e)
	}
	return made, err
}
