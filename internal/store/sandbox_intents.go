package store

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// SandboxIntents is what the sandbox remembers that speaks a payment
// provider's API: intents to pay, refunds, and under which key each was asked
// for.
type SandboxIntents struct{ db *DB }

// NewSandboxIntents keeps intents and refunds in db.
func NewSandboxIntents(db *DB) *SandboxIntents { return &SandboxIntents{db} }

// SandboxIntent is an intent to pay. Its statuses are the provider's.
type SandboxIntent struct {
	Key       string // the request's Idempotency-Key
	ID        string
	Request   string // what was asked for under the key
	Amount    booking.Money
	Metadata  map[string]string
	ChargeKey string // what it is searched by
	Answered  string // the status that its creation was answered with
	Status    string
	Refusal   string // why it was refused, "" when it was not
	Refunded  int64  // minor units of Amount.Currency
	At        time.Time
}

// SandboxRefund is a refund of an intent.
type SandboxRefund struct {
	Key      string
	ID       string
	Request  string
	IntentID string
	Amount   booking.Money
	At       time.Time
}

type sandboxIntentRow struct {
	bun.BaseModel `bun:"table:sandbox_intents"`

	Key       string `bun:",pk"`
	ID        string
	Request   string
	Amount    int64
	Currency  string
	Metadata  map[string]string
	ChargeKey string
	Answered  string
	Status    string
	Refusal   string
	Refunded  int64
	At        time.Time
}

func (r sandboxIntentRow) intent() SandboxIntent {
	return SandboxIntent{
		Key: r.Key, ID: r.ID, Request: r.Request, Amount: booking.Money{Amount: r.Amount, Currency: r.Currency},
		Metadata: r.Metadata, ChargeKey: r.ChargeKey, Answered: r.Answered, Status: r.Status,
		Refusal: r.Refusal, Refunded: r.Refunded, At: r.At.UTC(),
	}
}

type sandboxRefundRow struct {
	bun.BaseModel `bun:"table:sandbox_refunds"`

	Key      string `bun:",pk"`
	ID       string
	Request  string
	IntentID string
	Amount   int64
	Currency string
	At       time.Time
}

func (r sandboxRefundRow) refund() SandboxRefund {
	return SandboxRefund{
		Key: r.Key, ID: r.ID, Request: r.Request, IntentID: r.IntentID,
		Amount: booking.Money{Amount: r.Amount, Currency: r.Currency}, At: r.At.UTC(),
	}
}

// Create keeps the intent unless there is one under its key, and returns the
// one that stands there.
func (s *SandboxIntents) Create(ctx context.Context, i SandboxIntent) (SandboxIntent, error) {
	var row sandboxIntentRow
	err := s.db.run(ctx, "create intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxIntentRow{
			Key: i.Key, ID: i.ID, Request: i.Request, Amount: i.Amount.Amount, Currency: i.Amount.Currency,
			Metadata: i.Metadata, ChargeKey: i.ChargeKey, Answered: i.Answered, Status: i.Status,
			Refusal: i.Refusal, At: now(),
		}
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil || inserted == 1 {
			return err
		}
		row = sandboxIntentRow{}
		return q.NewSelect().Model(&row).Where("key = ?", i.Key).Scan(ctx)
	})
	return row.intent(), err
}

// Intent finds one by its id. NotFound: there is none.
func (s *SandboxIntents) Intent(ctx context.Context, id string) (SandboxIntent, error) {
	var row sandboxIntentRow
	err := s.db.run(ctx, "read intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxIntentRow{}
		return orNotFound(q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx), "intent", id)
	})
	return row.intent(), err
}

// Change gives the intent another status if it has one of those named, and
// tells whether it had.
func (s *SandboxIntents) Change(ctx context.Context, id string, from []string, to string) (changed bool, err error) {
	err = s.db.run(ctx, "change intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		updated, err := affected(q.NewUpdate().Model((*sandboxIntentRow)(nil)).Set("status = ?", to).
			Where("id = ?", id).Where("status IN (?)", bun.List(from)).Exec(ctx))
		changed = updated > 0
		return err
	})
	return changed, err
}

// Search lists the intents of a charge, oldest first.
func (s *SandboxIntents) Search(ctx context.Context, chargeKey string) ([]SandboxIntent, error) {
	return s.list(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("charge_key = ?", chargeKey).OrderExpr("at, id")
	})
}

// List lists up to limit intents, newest first, from the one that follows the
// intent with the id after; from the newest when that is "".
func (s *SandboxIntents) List(ctx context.Context, after string, limit int) ([]SandboxIntent, error) {
	return s.list(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		if after != "" {
			q = q.Where("(at, id) < (SELECT at, id FROM sandbox_intents WHERE id = ?)", after)
		}
		return q.OrderExpr("at DESC, id DESC").Limit(limit)
	})
}

func (s *SandboxIntents) list(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) ([]SandboxIntent, error) {
	var rows []sandboxIntentRow
	err := s.db.run(ctx, "list intents in sandbox", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return which(q.NewSelect().Model(&rows)).Scan(ctx)
	})
	intents := make([]SandboxIntent, len(rows))
	for i, row := range rows {
		intents[i] = row.intent()
	}
	return intents, err
}

// errNotRefundable takes a refund back that its intent does not allow.
var errNotRefundable = errors.New("more than is left of the intent")

// Refund gives back some of a succeeded intent, once per key, and returns the
// refund that stands under it. given is false when nothing is: the intent has
// not succeeded, or that much of it is not left.
func (s *SandboxIntents) Refund(ctx context.Context, r SandboxRefund) (stands SandboxRefund, given bool, err error) {
	var row sandboxRefundRow
	err = s.db.inTx(ctx, "refund intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxRefundRow{
			Key: r.Key, ID: r.ID, Request: r.Request, IntentID: r.IntentID,
			Amount: r.Amount.Amount, Currency: r.Amount.Currency, At: now(),
		}
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil {
			return err
		}
		if inserted == 0 {
			row = sandboxRefundRow{}
			return q.NewSelect().Model(&row).Where("key = ?", r.Key).Scan(ctx)
		}
		updated, err := affected(q.NewRaw(`UPDATE sandbox_intents SET refunded = refunded + ?
			WHERE id = ? AND status = 'succeeded' AND refunded + ? <= amount`, r.Amount.Amount, r.IntentID, r.Amount.Amount).Exec(ctx))
		if err == nil && updated == 0 {
			return errNotRefundable
		}
		return err
	})
	if errors.Is(err, errNotRefundable) {
		return SandboxRefund{}, false, nil
	}
	return row.refund(), err == nil, err
}

// Totals are what was ever charged and what of it was refunded, in minor units
// and over all currencies.
func (s *SandboxIntents) Totals(ctx context.Context) (charged, refunded int64, err error) {
	err = s.db.run(ctx, "add up intents in sandbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT CAST(COALESCE(SUM(amount), 0) AS bigint), CAST(COALESCE(SUM(refunded), 0) AS bigint)
			FROM sandbox_intents WHERE status = 'succeeded'`).Scan(ctx, &charged, &refunded)
	})
	return charged, refunded, err
}
