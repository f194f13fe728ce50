package store

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// SandboxIntents is the memory of the sandbox that speaks a payment provider's API:
// payment intents, refunds, and the keys of their requests. It implements
// payments.Intents.
type SandboxIntents struct{ db *DB }

// NewSandboxIntents stores intents and refunds in db.
func NewSandboxIntents(db *DB) *SandboxIntents { return &SandboxIntents{db} }

type sandboxIntentRow struct {
	bun.BaseModel `bun:"table:sandbox_intents"`

	Key       string `bun:",pk"`
	ID        string
	Request   string
	Amount    int64
	Currency  string
	Method    string
	Metadata  map[string]string
	ChargeKey string
	Answered  string
	Status    string
	Refusal   string
	Refunded  int64
	Disputed  int64
	Dispute   string
	At        time.Time

	DisputedAt bun.NullTime

	OrderID  string
	ReturnTo string
	Customer string
	Keeps    bool
}

func (r sandboxIntentRow) intent() payments.Intent {
	return payments.Intent{
		Key: r.Key, ID: r.ID, Request: r.Request, Amount: booking.Money{Amount: r.Amount, Currency: r.Currency},
		Method: r.Method, Metadata: r.Metadata, ChargeKey: r.ChargeKey, Answered: r.Answered, Status: r.Status,
		Refusal: r.Refusal, Refunded: r.Refunded, Disputed: r.Disputed, Dispute: r.Dispute, At: r.At.UTC(), DisputedAt: r.DisputedAt.UTC(),
		ReturnTo: r.ReturnTo, Customer: r.Customer, Keeps: r.Keeps,
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
	Label    string
	Status   string
	At       time.Time
}

func (r sandboxRefundRow) refund() payments.Refund {
	return payments.Refund{
		Key: r.Key, ID: r.ID, Request: r.Request, IntentID: r.IntentID,
		Amount: booking.Money{Amount: r.Amount, Currency: r.Currency}, Label: r.Label, Status: r.Status, At: r.At.UTC(),
	}
}

// errUsed rolls back an intent whose payment method has paid before.
var errUsed = errors.New("the payment method was used before")

// Create stores the intent unless there is one under its key, and returns the stored
// one. used: nothing was stored, since the payment method can be used once and has
// been, or belongs to another customer.
func (s *SandboxIntents) Create(ctx context.Context, i payments.Intent, once bool) (stored payments.Intent, used bool, err error) {
	var row sandboxIntentRow
	requested := sandboxIntentRow{
		Key: i.Key, ID: i.ID, Request: i.Request, Amount: i.Amount.Amount, Currency: i.Amount.Currency, Method: i.Method,
		Metadata: i.Metadata, ChargeKey: i.ChargeKey, Answered: i.Answered, Status: i.Status, Refusal: i.Refusal, At: now(),
		OrderID: i.Metadata["order_id"], ReturnTo: i.ReturnTo, Customer: i.Customer, Keeps: i.Keeps,
	}
	if !once {
		err = s.db.run(ctx, "create intent in sandbox", func(ctx context.Context, q bun.IDB) error {
			row = requested
			_, err := create(ctx, q, &row)
			return err
		})
		return row.intent(), false, err
	}
	err = s.db.inTx(ctx, "create intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = requested
		created, err := create(ctx, q, &row)
		if err != nil || !created {
			return err
		}
		usable, err := spend(ctx, q, row)
		if err == nil && !usable {
			return errUsed
		}
		return err
	})
	if errors.Is(err, errUsed) {
		return payments.Intent{}, true, nil
	}
	return row.intent(), false, err
}

// create inserts the row, or reads the one under its key.
func create(ctx context.Context, q bun.IDB, row *sandboxIntentRow) (created bool, err error) {
	inserted, err := affected(q.NewInsert().Model(row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
	if err != nil || inserted == 1 {
		return err == nil, err
	}
	key := row.Key
	*row = sandboxIntentRow{}
	return false, q.NewSelect().Model(row).Where("key = ?", key).Scan(ctx)
}

// Intent returns the intent with the id, or NotFound.
func (s *SandboxIntents) Intent(ctx context.Context, id string) (payments.Intent, error) {
	var row sandboxIntentRow
	err := s.db.run(ctx, "read intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxIntentRow{}
		return orNotFound(q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx), "intent", id)
	})
	return row.intent(), err
}

// Change changes the intent's status if it is one of `from`, and reports whether it
// was.
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
func (s *SandboxIntents) Search(ctx context.Context, chargeKey string) ([]payments.Intent, error) {
	return s.list(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("charge_key = ?", chargeKey).OrderExpr("at, id")
	})
}

// List lists up to limit intents, newest first, from the one that follows the intent
// with the id after, or from the newest if after is "".
func (s *SandboxIntents) List(ctx context.Context, after string, limit int) ([]payments.Intent, error) {
	return s.list(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		if after != "" {
			q = q.Where("(at, id) < (SELECT at, id FROM sandbox_intents WHERE id = ?)", after)
		}
		return q.OrderExpr("at DESC, id DESC").Limit(limit)
	})
}

func (s *SandboxIntents) list(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) ([]payments.Intent, error) {
	var rows []sandboxIntentRow
	err := s.db.run(ctx, "list intents in sandbox", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return which(q.NewSelect().Model(&rows)).Scan(ctx)
	})
	intents := make([]payments.Intent, len(rows))
	for i, row := range rows {
		intents[i] = row.intent()
	}
	return intents, err
}

// Totals are all charges and refunds, in minor units and over all currencies.
func (s *SandboxIntents) Totals(ctx context.Context) (charged, refunded int64, err error) {
	err = s.db.run(ctx, "add up intents in sandbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT CAST(COALESCE(SUM(amount), 0) AS bigint), CAST(COALESCE(SUM(refunded), 0) AS bigint)
			FROM sandbox_intents WHERE status = 'succeeded'`).Scan(ctx, &charged, &refunded)
	})
	return charged, refunded, err
}
