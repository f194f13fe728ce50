package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// NoteRequested records the total that a charge's undo requests from the provider under its key.
// It returns false, and records nothing, if the recorded amount is not was.
func (p *Payments) NoteRequested(ctx context.Context, orderID string, was, requested int64) (noted bool, err error) {
	err = p.db.run(ctx, "record refund request", func(ctx context.Context, q bun.IDB) error {
		changed, err := affected(q.NewRaw("UPDATE payments SET asked = ?, asked_at = ? WHERE order_id = ? AND asked = ?",
			requested, now(), orderID, was).Exec(ctx))
		noted = changed == 1
		return err
	})
	return noted, err
}

type madeOfPartRow struct {
	bun.BaseModel `bun:"table:payment_made_of_parts"`

	OrderID string `bun:",pk"`
	Key     string `bun:",pk"` // of the part
	ID      string `bun:",pk"` // the provider's
	Amount  int64
}

// NoteMadeOfPart replaces the refunds that the provider is known to have made of the failed
// part with the key.
func (p *Payments) NoteMadeOfPart(ctx context.Context, orderID, key string, made []booking.Entry) error {
	return p.db.inTx(ctx, "note what was made of a part", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewDelete().Model((*madeOfPartRow)(nil)).Where("order_id = ? AND key = ?", orderID, key).Exec(ctx)
		if err != nil || len(made) == 0 {
			return err
		}
		rows := make([]madeOfPartRow, len(made))
		for i, e := range made {
			rows[i] = madeOfPartRow{OrderID: orderID, Key: key, ID: e.Ref, Amount: e.Amount.Amount}
		}
		_, err = q.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
}

// knownOfParts returns what the provider is known to have made of failed parts, as further
// entries, by the keys of the parts. What has an entry already is left out.
func knownOfParts(ctx context.Context, q bun.IDB, payment booking.Payment) (map[string][]booking.Entry, error) {
	var rows []madeOfPartRow
	err := q.NewSelect().Model(&rows).Where("order_id = ?", payment.OrderID).Order("key", "id").Scan(ctx)
	made := map[string][]booking.Entry{}
	for _, r := range rows {
		if _, counted := payment.Entry(booking.KeyAtProvider(r.ID)); !counted {
			made[r.Key] = append(made[r.Key], madeAtProvider(payment, r.ID, r.Amount))
		}
	}
	return made, err
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
		made = append(made, madeAtProvider(payment, r.ID, r.Amount))
	}
	return made, err
}

// madeAtProvider is a refund of the payment that the provider has made, as a further entry.
func madeAtProvider(payment booking.Payment, id string, amount int64) booking.Entry {
	e := besides(booking.Entry{OrderID: payment.OrderID, Ref: id, Amount: booking.Money{Amount: amount, Currency: payment.Amount.Currency}})
	e.Kind = booking.RefundEntry
	return e
}
