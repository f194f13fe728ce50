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

// Payments is the ledger of requests to the payment provider and their results. It implements
// activities.PaymentLedger.
type Payments struct{ db *DB }

// NewPayments stores the ledger in db.
func NewPayments(db *DB) *Payments { return &Payments{db} }

type paymentRow struct {
	bun.BaseModel `bun:"table:payments"`

	OrderID  string `bun:",pk"`
	Key      string
	Amount   int64
	Currency string
	Method   string
	// What the charge says about its customer.
	Customer    string
	KeepsMethod bool
	CustomerRef string
	Reason      booking.Reason `bun:"why"` // of the undo
	Status      booking.PaymentStatus
	Ref         string
	Refunded    int64
	Waits       bool // it is queued
	Kept        int64
	Tier        string
	// What the customer has to do before the charge.
	ActionRef   string
	ActionType  string
	ActionURL   string `bun:"action_url"`
	ActionUntil bun.NullTime
	Requested   int64        `bun:"asked"`
	RequestedAt bun.NullTime `bun:"asked_at"`
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func newPaymentRow(c booking.Charge, status booking.PaymentStatus) paymentRow {
	at := now()
	return paymentRow{
		OrderID: c.OrderID, Key: c.Key, Amount: c.Amount.Amount, Currency: c.Amount.Currency,
		Method: c.Method, Customer: c.Customer, KeepsMethod: c.KeepsMethod, Status: status, CreatedAt: at, UpdatedAt: at,
	}
}

func (r paymentRow) payment() booking.Payment {
	payment := booking.Payment{
		Charge: booking.Charge{
			Key: r.Key, OrderID: r.OrderID, Method: r.Method, Reason: r.Reason, Tier: r.Tier,
			Amount:   booking.Money{Amount: r.Amount, Currency: r.Currency},
			Customer: r.Customer, KeepsMethod: r.KeepsMethod, CustomerRef: r.CustomerRef,
		},
		Status: r.Status, Refunded: r.Refunded, Kept: r.Kept, Ref: r.Ref, At: r.CreatedAt.UTC(),
		ActionRef: r.ActionRef,
		Requested: r.Requested, RequestedAt: r.RequestedAt.UTC(),
	}
	if r.Status == booking.ActionRequired {
		payment.Action = r.action()
	}
	return payment
}

// customerRef is the provider's id of a customer, "" if there is none.
const customerRef = "COALESCE((SELECT ref FROM payment_customers WHERE customer = ?), '')"

// BeginCharge writes a pending payment unless the order has one, makes a deferred one
// pending, and returns the order's payment. The provider's id of the customer is that of the
// moment when the payment became pending, or none if the provider does not know it any more.
func (p *Payments) BeginCharge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "begin charge", func(ctx context.Context, q bun.IDB) error {
		row = newPaymentRow(c, booking.ChargePending)
		return q.NewInsert().Model(&row).Value("customer_ref", customerRef, c.Customer).
			On("CONFLICT (order_id) DO UPDATE").
			Set("customer_ref = CASE WHEN ?TableAlias.status = ? OR ?TableAlias.customer_ref = EXCLUDED.customer_ref THEN EXCLUDED.customer_ref ELSE '' END",
				booking.ChargeDeferred).
			Set("status = CASE WHEN ?TableAlias.status = ? THEN EXCLUDED.status ELSE ?TableAlias.status END", booking.ChargeDeferred).
			Set("updated_at = EXCLUDED.updated_at").
			Returning("*").Scan(ctx)
	})
	return row.payment(), err
}

// DeferCharge writes a deferred payment unless the order has one, queues it unless it
// is decided, and returns the order's payment.
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

// EndCharge records the provider's answer, Charged with its reference or Declined, if
// the payment is pending or to be confirmed, and returns the payment. NotFound: no
// charge of the order was begun.
func (p *Payments) EndCharge(ctx context.Context, orderID string, answer booking.PaymentStatus, ref string) (booking.Payment, error) {
	var row paymentRow
	err := p.db.run(ctx, "end charge", func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw(`UPDATE payments SET status = ?, ref = ?, waits = FALSE, updated_at = ?
			WHERE order_id = ? AND status IN (?, ?) RETURNING *`,
			answer, ref, now(), orderID, booking.ChargePending, booking.ActionRequired).Scan(ctx, &row)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		row, err = paymentOf(ctx, q, orderID)
		return err
	})
	return row.payment(), err
}

// BeginRefund makes a pending, charged or to be confirmed payment of c's order
// RefundPending, for the reason c.Reason, and a deferred one ChargePrevented. An order
// without a payment gets one that is ChargePrevented, for charges that come late. The
// first reason stays; so does, for a charged payment, the kept amount and the refund's
// entry. It returns the payment with its entries.
func (p *Payments) BeginRefund(ctx context.Context, c booking.Charge) (payment booking.Payment, err error) {
	err = p.db.inTx(ctx, "begin refund", func(ctx context.Context, q bun.IDB) error {
		row, err := p.locked(ctx, q, c.OrderID)
		if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
			prevented := newPaymentRow(c, booking.ChargePrevented)
			prevented.Reason = c.Reason
			inserted, failed := affected(q.NewInsert().Model(&prevented).On("CONFLICT (order_id) DO NOTHING").Exec(ctx))
			if failed != nil || inserted == 1 {
				payment = prevented.payment()
				return failed
			}
			row, err = p.locked(ctx, q, c.OrderID) // another transaction was first
		}
		if err != nil {
			return err
		}
		if payment, err = withEntries(ctx, q, row); err != nil {
			return err
		}
		return beginUndo(ctx, q, c, &payment)
	})
	return payment, err
}

// beginUndo begins the undo of a locked payment, unless it has begun.
func beginUndo(ctx context.Context, q bun.IDB, c booking.Charge, payment *booking.Payment) error {
	was := payment.Status
	switch was {
	case booking.ChargePending, booking.ActionRequired, booking.Charged:
		payment.Status = booking.RefundPending
	case booking.ChargeDeferred:
		payment.Status = booking.ChargePrevented
	default:
		return nil
	}
	payment.Reason = c.Reason
	if was == booking.Charged {
		payment.Kept, payment.Tier = max(0, min(c.Keep, payment.Amount.Amount)), c.Tier
		if owed := payment.Owed(); owed > 0 {
			own := booking.Entry{
				Key: payment.RefundKey(), OrderID: c.OrderID, Amount: booking.Money{Amount: owed, Currency: payment.Amount.Currency},
				Reason: booking.EntryReason(c.Reason), By: c.By, State: booking.EntryPending, At: now(),
			}
			for _, e := range payment.Entries {
				if e.At.After(own.At) && !e.ByOthers() {
					own.At = e.At // earlier decisions are not later, whatever another process's clock says
				}
			}
			row := newEntryRow(own)
			if _, err := q.NewInsert().Model(&row).Exec(ctx); err != nil {
				return err
			}
			payment.Entries = append(payment.Entries, row.entry())
		}
	}
	_, err := q.NewRaw(`UPDATE payments SET status = ?, why = ?, kept = ?, tier = ?, waits = FALSE, updated_at = ? WHERE order_id = ?`,
		payment.Status, payment.Reason, payment.Kept, payment.Tier, now(), c.OrderID).Exec(ctx)
	return err
}

// EndRefund records the outcome of a RefundPending payment: end is Refunded, Retained,
// Returned or ChargePrevented. refunded is the amount of the undo's own refund in minor
// units, and refundID the provider's id of that refund. If refunds from outside have
// returned more than the policy gives, the policy keeps less. EndRefund returns the
// payment with its entries, also when it is repeated, which changes nothing. Returns
// NotFound if there is no payment, and an error for a payment in another state.
func (p *Payments) EndRefund(
	ctx context.Context, orderID string, end booking.PaymentStatus, ref string, refunded int64, refundID string,
) (payment booking.Payment, err error) {
	err = p.db.inTx(ctx, "end refund", func(ctx context.Context, q bun.IDB) error {
		row, err := p.locked(ctx, q, orderID)
		if err != nil {
			return err
		}
		if payment, err = withEntries(ctx, q, row); err != nil {
			return err
		}
		own, _ := payment.Entry(payment.RefundKey())
		if row.Status != booking.RefundPending {
			if row.Status != end || end == booking.Refunded && own.Amount.Amount != refunded {
				return fmt.Errorf("payment of order %s is %s with %d refunded, cannot become %s with %d",
					orderID, row.Status, own.Amount.Amount, end, refunded)
			}
			return nil
		}
		if err := endOwn(ctx, q, payment, end, refunded, refundID); err != nil {
			return err
		}
		kept := payment.Kept
		if own.State != booking.EntryDone || !own.ByHand { // what follows a refund by hand comes out of what is kept
			kept = payment.KeptAfter(refunded)
		}
		err = q.NewRaw(`UPDATE payments SET status = ?, ref = ?, kept = ?, refunded = `+byProvider+`, updated_at = ? WHERE order_id = ? RETURNING *`,
			end, ref, kept, orderID, now(), orderID).Scan(ctx, &row)
		if err != nil {
			return err
		}
		payment, err = withEntries(ctx, q, row)
		return err
	})
	return payment, err
}

// Payment returns the order's payment with its entries and disputes. NotFound: there
// never was a charge.
func (p *Payments) Payment(ctx context.Context, orderID string) (payment booking.Payment, err error) {
	err = p.db.run(ctx, "read payment", func(ctx context.Context, q bun.IDB) (err error) {
		payment, err = paymentAtOnce(ctx, q, orderID)
		return err
	})
	return payment, err
}

func paymentOf(ctx context.Context, q bun.IDB, orderID string) (paymentRow, error) {
	var row paymentRow
	err := q.NewSelect().Model(&row).Where("order_id = ?", orderID).Scan(ctx)
	return row, orNotFound(err, "payment of order", orderID)
}

// locked returns the order's payment with a lock until the end of the transaction.
// Partial refunds are added up under this lock.
func (p *Payments) locked(ctx context.Context, q bun.IDB, orderID string) (paymentRow, error) {
	var row paymentRow
	err := q.NewRaw("SELECT * FROM payments WHERE order_id = ? ?", orderID, p.db.dialect.forUpdate).Scan(ctx, &row)
	return row, orNotFound(err, "payment of order", orderID)
}
