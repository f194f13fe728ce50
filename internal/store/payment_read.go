package store

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// entryOfPayment is a payment with one of its refunds, if it has any.
type entryOfPayment struct {
	paymentRow `bun:",extend"`

	Entry *entryRow `bun:"rel:has-one,join:order_id=order_id"`
	// HasMore: it has disputes or further charges.
	HasMore bool `bun:",scanonly"`
}

// paymentAtOnce is withEntries of the order's payment in one statement, and more only
// for disputes and further charges: pages wait for it.
func paymentAtOnce(ctx context.Context, q bun.IDB, orderID string) (booking.Payment, error) {
	var rows []entryOfPayment
	err := q.NewSelect().Model(&rows).Relation("Entry").ColumnExpr("?TableColumns").
		ColumnExpr("EXISTS (SELECT 1 FROM payment_disputes AS d WHERE d.order_id = ?TableAlias.order_id) OR "+
			"EXISTS (SELECT 1 FROM payment_charges AS c WHERE c.order_id = ?TableAlias.order_id) AS has_more").
		Where("?TableAlias.order_id = ?", orderID).OrderExpr("entry.key").Scan(ctx)
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return booking.Payment{}, orNotFound(err, "payment of order", orderID)
	}
	if rows[0].HasMore {
		return withEntries(ctx, q, rows[0].paymentRow)
	}
	var entries []entryRow
	for _, row := range rows {
		if row.Entry != nil {
			entries = append(entries, *row.Entry)
		}
	}
	oldestFirst(entries)
	payment := rows[0].payment()
	for _, e := range entries {
		payment.Entries = append(payment.Entries, e.entry())
	}
	return rows[0].ended(payment), nil
}
