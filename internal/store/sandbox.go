package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/payments"
)

// Sandbox is what the built-in stand-in for a payment provider remembers, so
// that it takes and gives back money once, however often it is restarted. It
// implements payments.Memory.
type Sandbox struct{ db *DB }

// NewSandbox keeps the sandbox's charges in db.
func NewSandbox(db *DB) *Sandbox { return &Sandbox{db} }

type sandboxRow struct {
	bun.BaseModel `bun:"table:sandbox_charges"`

	Key       string `bun:",pk"`
	OrderID   string
	Amount    int64
	Currency  string
	Status    booking.PaymentStatus
	Ref       string
	Refunded  int64
	RefundKey string
	At        time.Time
}

func (r sandboxRow) record() payments.Record { return payments.Record{Ref: r.Ref, Status: r.Status} }

// charge is the row as an audit reads it.
func (r sandboxRow) charge() audit.ProviderCharge {
	c := audit.ProviderCharge{OrderID: r.OrderID, Ref: r.Ref, Refunded: r.Refunded}
	if r.Status == booking.Charged {
		c.Taken = booking.Money{Amount: r.Amount, Currency: r.Currency}
	}
	return c
}

// Charge takes, or declines to take, the money once per key, and returns what
// stands under it.
func (s *Sandbox) Charge(ctx context.Context, c booking.Charge, declined bool) (payments.Record, error) {
	if declined {
		return s.decide(ctx, c, booking.Declined, "")
	}
	return s.decide(ctx, c, booking.Charged, "sandbox/"+c.Key)
}

// Void makes certain that nothing will be taken under the charge's key, unless
// it already was, and returns what stands under it.
func (s *Sandbox) Void(ctx context.Context, c booking.Charge) (payments.Record, error) {
	return s.decide(ctx, c, booking.ChargePrevented, "")
}

func (s *Sandbox) decide(ctx context.Context, c booking.Charge, status booking.PaymentStatus, ref string) (payments.Record, error) {
	var row sandboxRow
	err := s.db.run(ctx, "decide charge in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxRow{
			Key: c.Key, OrderID: c.OrderID, Amount: c.Amount.Amount, Currency: c.Amount.Currency,
			Status: status, Ref: ref, At: now(),
		}
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil || inserted == 1 {
			return err
		}
		return q.NewSelect().Model(&row).Where("key = ?", c.Key).Scan(ctx)
	})
	if err != nil {
		return payments.Record{}, err
	}
	return row.record(), nil
}

// Refund gives amount of the charge with the reference back, once: repeating
// it with the same refundKey changes nothing, another refund of the charge is
// an error, as is more than was charged. NotFound: there is no such charge.
func (s *Sandbox) Refund(ctx context.Context, refundKey, ref string, amount booking.Money) error {
	return s.db.run(ctx, "refund in sandbox", func(ctx context.Context, q bun.IDB) error {
		updated, err := affected(q.NewRaw(`UPDATE sandbox_charges SET refunded = ?, refund_key = ?
			WHERE ref = ? AND ref <> '' AND refund_key = '' AND amount >= ? AND currency = ?`,
			amount.Amount, refundKey, ref, amount.Amount, amount.Currency).Exec(ctx))
		if err != nil || updated == 1 {
			return err
		}
		var row sandboxRow
		err = q.NewSelect().Model(&row).Where("ref = ? AND ref <> ''", ref).Scan(ctx)
		if err != nil {
			return orNotFound(err, "charge", ref)
		}
		if row.RefundKey != refundKey {
			return fmt.Errorf("charge %s of %d %s, %d refunded under %q, cannot be refunded %d %s under %q",
				ref, row.Amount, row.Currency, row.Refunded, row.RefundKey, amount.Amount, amount.Currency, refundKey)
		}
		return nil
	})
}

// Totals are what was ever charged and what of it was refunded, in minor units
// and over all currencies: they say whether the ledger agrees with the sandbox.
func (s *Sandbox) Totals(ctx context.Context) (charged, refunded int64, err error) {
	err = s.db.run(ctx, "add up charges in sandbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT CAST(COALESCE(SUM(amount), 0) AS bigint), CAST(COALESCE(SUM(refunded), 0) AS bigint)
			FROM sandbox_charges WHERE status = ?`, booking.Charged).Scan(ctx, &charged, &refunded)
	})
	return charged, refunded, err
}
