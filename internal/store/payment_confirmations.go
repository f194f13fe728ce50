package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// action is what the customer has to do, nil for nothing.
func (r paymentRow) action() *booking.NextAction {
	if r.ActionType == "" {
		return nil
	}
	action := &booking.NextAction{Type: r.ActionType, URL: r.ActionURL}
	if !r.ActionUntil.IsZero() {
		action.ExpiresAt = r.ActionUntil.UTC()
	}
	return action
}

// RequireAction turns a pending payment into one that the customer has to confirm,
// stores the provider's id of the confirmation, and returns the payment. NotFound: no
// charge of the order was begun.
func (p *Payments) RequireAction(ctx context.Context, orderID, ref string, action booking.NextAction) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "require action", func(ctx context.Context, q bun.IDB) error {
		var until bun.NullTime
		if !action.ExpiresAt.IsZero() {
			until = bun.NullTime{Time: micros(action.ExpiresAt)}
		}
		err := q.NewRaw(`UPDATE payments SET status = ?, action_ref = ?, action_type = ?, action_url = ?, action_until = ?,
			waits = FALSE, updated_at = ? WHERE order_id = ? AND status = ? RETURNING *`,
			booking.ActionRequired, ref, action.Type, action.URL, until, now(), orderID, booking.ChargePending).Scan(ctx, &row)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		row, err = paymentOf(ctx, q, orderID)
		return err
	})
	return row.payment(), err
}
