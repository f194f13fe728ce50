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

// Sandbox is the memory of the built-in payment provider, so that it charges and
// refunds once, however often it is restarted. It implements payments.Memory.
type Sandbox struct{ db *DB }

// NewSandbox stores the sandbox's charges in db.
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

	Disputed   int64
	Dispute    booking.DisputeState // "" for none
	DisputedAt bun.NullTime

	Token     string // of the page where the customer confirms it
	ReturnTo  string
	ExpiresAt bun.NullTime
}

func (r sandboxRow) amount() booking.Money {
	return booking.Money{Amount: r.Amount, Currency: r.Currency}
}

func (r sandboxRow) record() payments.Record {
	return payments.Record{Ref: r.Ref, Status: r.Status, Amount: r.amount(), Token: r.Token, ExpiresAt: r.ExpiresAt.UTC()}
}

// charge is the row for an audit.
func (r sandboxRow) charge() audit.ProviderCharge {
	c := audit.ProviderCharge{OrderID: r.OrderID, Ref: r.Ref, Refunded: r.Refunded}
	if r.Status == booking.Charged {
		c.Charged = booking.Money{Amount: r.Amount, Currency: r.Currency}
	}
	return c
}

// sandboxRef is the prefix of a charge's reference; its key follows.
const sandboxRef = "sandbox/"

// Charge records the answer to a charge once per key, and returns the recorded one.
func (s *Sandbox) Charge(ctx context.Context, c booking.Charge, answer payments.Record) (payments.Record, error) {
	row := sandboxRow{Status: answer.Status, Token: answer.Token}
	switch answer.Status {
	case booking.Charged:
		row.Ref = sandboxRef + c.Key
	case booking.ActionRequired:
		row.ReturnTo, row.ExpiresAt = c.ReturnTo, bun.NullTime{Time: answer.ExpiresAt}
	}
	return s.decide(ctx, c, row)
}

// Void prevents a charge under the key unless it was made already, and returns the
// recorded answer.
func (s *Sandbox) Void(ctx context.Context, c booking.Charge) (payments.Record, error) {
	stored, err := s.decide(ctx, c, sandboxRow{Status: booking.ChargePrevented})
	if err != nil || stored.Status != booking.ActionRequired {
		return stored, err
	}
	err = s.db.run(ctx, "cancel charge in sandbox", func(ctx context.Context, q bun.IDB) error {
		var row sandboxRow
		_, err := q.NewRaw("UPDATE sandbox_charges SET status = ? WHERE key = ? AND status = ?",
			booking.ChargePrevented, c.Key, booking.ActionRequired).Exec(ctx)
		if err == nil {
			err = q.NewSelect().Model(&row).Where("key = ?", c.Key).Scan(ctx) // the customer may have been first
		}
		stored = row.record()
		return err
	})
	return stored, err
}

// decide records the row of a charge unless there is one under its key, and returns the
// recorded one.
func (s *Sandbox) decide(ctx context.Context, c booking.Charge, answer sandboxRow) (payments.Record, error) {
	var row sandboxRow
	answer.Key, answer.OrderID, answer.Amount, answer.Currency = c.Key, c.OrderID, c.Amount.Amount, c.Amount.Currency
	err := s.db.run(ctx, "decide charge in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = answer
		row.At = now()
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil || inserted == 1 {
			return err
		}
		row = sandboxRow{}
		return q.NewSelect().Model(&row).Where("key = ?", c.Key).Scan(ctx)
	})
	if err != nil {
		return payments.Record{}, err
	}
	return row.record(), nil
}

type sandboxPartRow struct {
	bun.BaseModel `bun:"table:sandbox_parts"`

	Key    string `bun:",pk"`
	Ref    string
	Amount int64
	At     time.Time
	Failed bool
}

// Refund refunds amount of the charge with the reference, once per key: repeating it
// changes nothing. More than is left of the charge is an error, as is another amount
// under the same key. NotFound: there is no such charge.
func (s *Sandbox) Refund(ctx context.Context, key, ref string, amount booking.Money) error {
	return s.db.inTx(ctx, "refund in sandbox", func(ctx context.Context, q bun.IDB) error {
		var row sandboxRow
		err := q.NewRaw("SELECT * FROM sandbox_charges WHERE ref = ? AND ref <> '' ?", ref, s.db.dialect.forUpdate).Scan(ctx, &row)
		if err != nil {
			return orNotFound(err, "charge", ref)
		}
		part := sandboxPartRow{Key: key, Ref: ref, Amount: amount.Amount, At: now()}
		inserted, err := affected(q.NewInsert().Model(&part).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil {
			return err
		}
		stored := part
		if inserted == 0 {
			if err := q.NewSelect().Model(&stored).Where("key = ?", key).Scan(ctx); err != nil {
				return err
			}
		}
		switch {
		case stored.Ref != ref || stored.Amount != amount.Amount || row.Currency != amount.Currency:
			return fmt.Errorf("charge %s in %s cannot be refunded %d %s under %q, which is for %d of %s",
				ref, row.Currency, amount.Amount, amount.Currency, key, stored.Amount, stored.Ref)
		case inserted == 0:
			return nil
		case amount.Amount > row.Amount-row.Refunded:
			return fmt.Errorf("charge %s of %d %s, %d refunded, cannot be refunded %d", ref, row.Amount, row.Currency, row.Refunded, amount.Amount)
		}
		_, err = q.NewRaw("UPDATE sandbox_charges SET refunded = refunded + ? WHERE key = ?", amount.Amount, row.Key).Exec(ctx)
		return err
	})
}

// Retrieve returns what was charged and refunded of the charge with the reference.
// NotFound: there is none.
func (s *Sandbox) Retrieve(ctx context.Context, ref string) (is payments.Balance, err error) {
	err = s.db.run(ctx, "retrieve charge in sandbox", func(ctx context.Context, q bun.IDB) error {
		var row sandboxRow
		if err := q.NewSelect().Model(&row).Where("ref = ? AND ref <> ''", ref).Scan(ctx); err != nil {
			return orNotFound(err, "charge", ref)
		}
		var parts []sandboxPartRow
		if err := q.NewSelect().Model(&parts).Where("ref = ?", ref).OrderExpr("at, key").Scan(ctx); err != nil {
			return err
		}
		is = payments.Balance{OrderID: row.OrderID, Charged: booking.Money{Amount: row.Amount, Currency: row.Currency}, Refunded: row.Refunded}
		if row.Dispute != "" {
			is.Dispute = &payments.Dispute{Amount: row.Disputed, State: row.Dispute, At: row.DisputedAt.UTC()}
		}
		for _, part := range parts {
			is.Parts = append(is.Parts, payments.Part{Key: part.Key, Amount: part.Amount, At: part.At.UTC(), Failed: part.Failed})
		}
		return nil
	})
	return is, err
}

// Totals are all charges and refunds, in minor units and over all currencies: they show
// whether the ledger agrees with the sandbox.
func (s *Sandbox) Totals(ctx context.Context) (charged, refunded int64, err error) {
	err = s.db.run(ctx, "add up charges in sandbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT CAST(COALESCE(SUM(amount), 0) AS bigint), CAST(COALESCE(SUM(refunded), 0) AS bigint)
			FROM sandbox_charges WHERE status = ?`, booking.Charged).Scan(ctx, &charged, &refunded)
	})
	return charged, refunded, err
}
