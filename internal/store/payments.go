package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Payments is our ledger of what was asked of the payment provider. It
// implements activities.PaymentLedger.
type Payments struct{ db *DB }

// NewPayments keeps the ledger in db.
func NewPayments(db *DB) *Payments { return &Payments{db} }

type paymentRow struct {
	bun.BaseModel `bun:"table:payments"`

	OrderID   string `bun:",pk"`
	Key       string
	Amount    int64
	Currency  string
	Method    string
	Why       booking.Reason // it is taken back
	Status    booking.PaymentStatus
	Ref       string
	Refunded  int64
	Waits     bool // it stands in line
	CreatedAt time.Time
	UpdatedAt time.Time
}

func newPaymentRow(c booking.Charge, status booking.PaymentStatus) paymentRow {
	at := now()
	return paymentRow{
		OrderID: c.OrderID, Key: c.Key, Amount: c.Amount.Amount, Currency: c.Amount.Currency,
		Method: c.Method, Status: status, CreatedAt: at, UpdatedAt: at,
	}
}

func (r paymentRow) payment() booking.Payment {
	return booking.Payment{
		Charge: booking.Charge{
			Key: r.Key, OrderID: r.OrderID, Method: r.Method, Why: r.Why,
			Amount: booking.Money{Amount: r.Amount, Currency: r.Currency},
		},
		Status: r.Status, Refunded: r.Refunded, Ref: r.Ref, At: r.CreatedAt.UTC(),
	}
}

// BeginCharge writes a pending payment unless the order has one, turns one that
// is deferred into a pending one, and returns the order's payment as it stands.
func (p *Payments) BeginCharge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "begin charge", func(ctx context.Context, q bun.IDB) error {
		row = newPaymentRow(c, booking.ChargePending)
		return q.NewInsert().Model(&row).
			On("CONFLICT (order_id) DO UPDATE").
			Set("status = CASE WHEN ?TableAlias.status = ? THEN EXCLUDED.status ELSE ?TableAlias.status END", booking.ChargeDeferred).
			Set("updated_at = EXCLUDED.updated_at").
			Returning("*").Scan(ctx)
	})
	return row.payment(), err
}

// DeferCharge writes a deferred payment unless the order has one, notes that it
// waits unless it is decided on, and returns the order's payment as it stands.
func (p *Payments) DeferCharge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "defer charge", func(ctx context.Context, q bun.IDB) error {
		row = newPaymentRow(c, booking.ChargeDeferred)
		row.Waits = true
		return q.NewInsert().Model(&row).
			On("CONFLICT (order_id) DO UPDATE").
			Set("waits = ?TableAlias.status IN (?, ?)", booking.ChargeDeferred, booking.ChargePending).
			Returning("*").Scan(ctx)
	})
	return row.payment(), err
}

// EndCharge records the provider's answer, Charged with its reference or
// Declined, if the payment is still pending, and returns the payment as it
// stands then. NotFound: no charge of the order was begun.
func (p *Payments) EndCharge(ctx context.Context, orderID string, answer booking.PaymentStatus, ref string) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "end charge", func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw(`UPDATE payments SET status = ?, ref = ?, waits = FALSE, updated_at = ?
			WHERE order_id = ? AND status = ? RETURNING *`,
			answer, ref, now(), orderID, booking.ChargePending).Scan(ctx, &row)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		row, err = paymentOf(ctx, q, orderID)
		return err
	})
	return row.payment(), err
}

// BeginRefund turns the pending or charged payment of c's order into
// RefundPending, for the reason c.Why, and a deferred one into one that is
// ChargePrevented. So becomes c for an order without a payment, so that a
// charge that comes late finds it. The first reason given stays. Returns the
// payment as it stands then.
func (p *Payments) BeginRefund(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "begin refund", func(ctx context.Context, q bun.IDB) error {
		row = newPaymentRow(c, booking.ChargePrevented)
		row.Why = c.Why
		return q.NewInsert().Model(&row).
			On("CONFLICT (order_id) DO UPDATE").
			Set("status = CASE WHEN ?TableAlias.status IN (?, ?) THEN ? WHEN ?TableAlias.status = ? THEN ? ELSE ?TableAlias.status END",
				booking.ChargePending, booking.Charged, booking.RefundPending, booking.ChargeDeferred, booking.ChargePrevented).
			Set("why = CASE WHEN ?TableAlias.status IN (?, ?, ?) THEN EXCLUDED.why ELSE ?TableAlias.why END",
				booking.ChargePending, booking.Charged, booking.ChargeDeferred).
			Set("waits = FALSE").
			Set("updated_at = EXCLUDED.updated_at").
			Returning("*").Scan(ctx)
	})
	return row.payment(), err
}

// EndRefund records what a RefundPending payment came to: Refunded with the
// amount given back, in minor units, or ChargePrevented. Repeating it changes
// nothing; any other payment is an error, NotFound when there is none.
func (p *Payments) EndRefund(ctx context.Context, orderID string, end booking.PaymentStatus, ref string, refunded int64) error {
	return p.db.run(ctx, "end refund", func(ctx context.Context, q bun.IDB) error {
		updated, err := affected(q.NewRaw(`UPDATE payments SET status = ?, ref = ?, refunded = ?, updated_at = ?
			WHERE order_id = ? AND status = ?`,
			end, ref, refunded, now(), orderID, booking.RefundPending).Exec(ctx))
		if err != nil || updated == 1 {
			return err
		}
		row, err := paymentOf(ctx, q, orderID)
		if err != nil {
			return err
		}
		if row.Status != end || row.Refunded != refunded {
			return fmt.Errorf("payment of order %s is %s with %d refunded, cannot become %s with %d",
				orderID, row.Status, row.Refunded, end, refunded)
		}
		return nil
	})
}

// Payment is the order's payment; NotFound when nothing was ever asked for.
func (p *Payments) Payment(ctx context.Context, orderID string) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "read payment", func(ctx context.Context, q bun.IDB) (err error) {
		row, err = paymentOf(ctx, q, orderID)
		return err
	})
	return row.payment(), err
}

func paymentOf(ctx context.Context, q bun.IDB, orderID string) (paymentRow, error) {
	var row paymentRow
	err := q.NewSelect().Model(&row).Where("order_id = ?", orderID).Scan(ctx)
	return row, orNotFound(err, "payment of order", orderID)
}
