package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

type breakerRow struct {
	bun.BaseModel `bun:"table:payment_breakers"`

	Worker    string `bun:",pk"`
	ShutUntil time.Time
}

// Outlook returns how many payments are queued, and until when a worker's breaker keeps
// new ones from the provider: a past time, or zero, if none does.
func (p *Payments) Outlook(ctx context.Context) (waiting int, shutUntil time.Time, err error) {
	var rows []breakerRow
	err = p.db.run(ctx, "outlook for payments", func(ctx context.Context, q bun.IDB) error {
		if err := q.NewRaw("SELECT count(*) FROM payments WHERE waits").Scan(ctx, &waiting); err != nil {
			return err
		}
		rows = nil
		return q.NewSelect().Model(&rows).Order("shut_until DESC").Limit(1).Scan(ctx)
	})
	if len(rows) > 0 {
		shutUntil = rows[0].ShutUntil.UTC()
	}
	return waiting, shutUntil, err
}

// Shut records until when the worker's breaker keeps payments from the provider, and
// deletes other workers' past records: those workers may have ended.
func (p *Payments) Shut(ctx context.Context, worker string, until time.Time) error {
	return p.db.run(ctx, "note payment breaker", func(ctx context.Context, q bun.IDB) error {
		if _, err := q.NewDelete().Model((*breakerRow)(nil)).Where("shut_until < ?", now()).Exec(ctx); err != nil {
			return err
		}
		_, err := q.NewInsert().Model(&breakerRow{Worker: worker, ShutUntil: micros(until)}).
			On("CONFLICT (worker) DO UPDATE").Set("shut_until = EXCLUDED.shut_until").Exec(ctx)
		return err
	})
}
