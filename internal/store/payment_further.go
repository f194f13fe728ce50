package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// furtherRow is a further charge of an order, after its first one.
type furtherRow struct {
	bun.BaseModel `bun:"table:payment_charges"`

	OrderID  string `bun:",pk"`
	Key      string `bun:",pk"`
	Amount   int64
	Currency string
	Method   string
	ByWhom   string
	// What the charge says about its customer: see paymentRow.
	Customer    string
	KeepsMethod bool
	CustomerRef string

	Ref       string
	Status    booking.PaymentStatus
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (r furtherRow) charge() booking.FurtherCharge {
	return booking.FurtherCharge{
		Charge: booking.Charge{
			Key: r.Key, OrderID: r.OrderID, Method: r.Method, By: r.ByWhom,
			Amount:   booking.Money{Amount: r.Amount, Currency: r.Currency},
			Customer: r.Customer, KeepsMethod: r.KeepsMethod, CustomerRef: r.CustomerRef,
		},
		Status: r.Status, Ref: r.Ref, At: r.CreatedAt.UTC(),
	}
}

// addFurther adds their further charges, oldest first, to payments. at is the index of each
// order's payment.
func addFurther(ctx context.Context, q bun.IDB, payments []booking.Payment, at map[string]int) error {
	first, last := payments[0].OrderID, payments[len(payments)-1].OrderID
	var rows []furtherRow
	err := q.NewSelect().Model(&rows).Where("order_id BETWEEN ? AND ?", first, last).OrderExpr("order_id, key").Scan(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b furtherRow) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for _, row := range rows {
		if i, ok := at[row.OrderID]; ok {
			payments[i].Further = append(payments[i].Further, row.charge())
		}
	}
	return nil
}

// BeginFurther writes a pending charge unless there is one under c's key, and returns it. If
// the order's payment is not Charged, the new charge is ChargePrevented. Returns NotFound if
// the order has no payment.
func (p *Payments) BeginFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error) {
	return p.further(ctx, "begin further charge", c, func(payment booking.Payment) booking.PaymentStatus {
		if payment.Status == booking.Charged && payment.Amount.Currency == c.Amount.Currency {
			return booking.ChargePending
		}
		return booking.ChargePrevented
	})
}

// PreventFurther writes a charge that is ChargePrevented unless there is one under c's key, and
// returns it. Returns NotFound if the order has no payment.
func (p *Payments) PreventFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error) {
	return p.further(ctx, "prevent further charge", c, func(booking.Payment) booking.PaymentStatus { return booking.ChargePrevented })
}

func (p *Payments) further(
	ctx context.Context, what string, c booking.Charge, status func(booking.Payment) booking.PaymentStatus,
) (further booking.FurtherCharge, err error) {
	err = p.db.inTx(ctx, what, func(ctx context.Context, q bun.IDB) error {
		locked, err := p.locked(ctx, q, c.OrderID)
		if err != nil {
			return err
		}
		at := now()
		row := furtherRow{
			OrderID: c.OrderID, Key: c.Key, Amount: c.Amount.Amount, Currency: c.Amount.Currency, Method: c.Method, ByWhom: c.By,
			Customer: c.Customer, KeepsMethod: c.KeepsMethod, Status: status(locked.payment()), CreatedAt: at, UpdatedAt: at,
		}
		_, err = q.NewInsert().Model(&row).Value("customer_ref", customerRef, c.Customer).
			On("CONFLICT (order_id, key) DO UPDATE").
			Set("customer_ref = CASE WHEN ?TableAlias.customer_ref = EXCLUDED.customer_ref THEN EXCLUDED.customer_ref ELSE '' END").
			Exec(ctx)
		if err != nil {
			return err
		}
		row, err = furtherOf(ctx, q, c)
		further = row.charge()
		return err
	})
	return further, err
}

func furtherOf(ctx context.Context, q bun.IDB, c booking.Charge) (row furtherRow, err error) {
	err = q.NewSelect().Model(&row).Where("order_id = ? AND key = ?", c.OrderID, c.Key).Scan(ctx)
	return row, orNotFound(err, "further charge", c.Key)
}

// EndFurther records the result of a pending charge, and returns the charge: Charged with its
// reference, Declined or ChargePrevented. A successful charge adds to the order's payment. If
// the payment is being refunded, the refund grows by the amount; if it was refunded, it is
// RefundPending again.
func (p *Payments) EndFurther(
	ctx context.Context, c booking.Charge, answer booking.PaymentStatus, ref string,
) (further booking.FurtherCharge, err error) {
	err = p.db.inTx(ctx, "end further charge", func(ctx context.Context, q bun.IDB) error {
		if _, err := p.locked(ctx, q, c.OrderID); err != nil {
			return err
		}
		row, err := furtherOf(ctx, q, c)
		if err != nil || row.Status != booking.ChargePending {
			further = row.charge()
			return err
		}
		row.Status, row.Ref, row.UpdatedAt = answer, ref, now()
		further = row.charge()
		if _, err := q.NewUpdate().Model(&row).Column("status", "ref", "updated_at").WherePK().Exec(ctx); err != nil {
			return err
		}
		if answer != booking.Charged {
			return nil
		}
		_, err = q.NewRaw(`UPDATE payments SET amount = amount + ?, ref = ref || ?, updated_at = ?,
			status = CASE WHEN status IN (?, ?, ?) THEN ? ELSE status END WHERE order_id = ?`,
			row.Amount, booking.BetweenRefs+ref, now(),
			booking.Refunded, booking.Retained, booking.Returned, booking.RefundPending, c.OrderID).Exec(ctx)
		if err != nil {
			return err
		}
		return fitOwn(ctx, q, c.OrderID, false)
	})
	return further, err
}
