package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/internal/payments"
)

type sandboxFailureRow struct {
	bun.BaseModel `bun:"table:sandbox_failures"`

	Key     string `bun:",pk"`
	Request string
	Status  int
	Body    string
}

// KeepFailure stores a request's failure, unless there is one under its key.
func (s *SandboxIntents) KeepFailure(ctx context.Context, f payments.Failure) error {
	return s.db.run(ctx, "keep failure in sandbox", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewInsert().Model(&sandboxFailureRow{Key: f.Key, Request: f.Request, Status: f.Status, Body: f.Body}).
			On("CONFLICT (key) DO NOTHING").Exec(ctx)
		return err
	})
}

// Failure returns the failure of the first request under the key; found is false if it
// did not fail.
func (s *SandboxIntents) Failure(ctx context.Context, key string) (f payments.Failure, found bool, err error) {
	err = s.db.run(ctx, "read failure in sandbox", func(ctx context.Context, q bun.IDB) error {
		var row sandboxFailureRow
		err := q.NewSelect().Model(&row).Where("key = ?", key).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		f, found = payments.Failure{Key: row.Key, Request: row.Request, Status: row.Status, Body: row.Body}, err == nil
		return err
	})
	return f, found, err
}

// Label adds labels to an intent's metadata, or changes them. NotFound: there is no
// such intent.
func (s *SandboxIntents) Label(ctx context.Context, id string, labels map[string]string) error {
	return s.db.inTx(ctx, "label intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		var row sandboxIntentRow
		if err := q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
			return orNotFound(err, "intent", id)
		}
		for name, value := range labels {
			row.Metadata[name] = value
		}
		_, err := q.NewUpdate().Model(&row).Column("metadata").Where("id = ?", id).Exec(ctx)
		return err
	})
}
