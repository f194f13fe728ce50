package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// CallPolicy is the cancellation policy of calls for a cleaner; nil for none.
func (c *Catalogue) CallPolicy(ctx context.Context) (p *booking.CancellationPolicy, err error) {
	text := "null"
	err = c.db.run(ctx, "read policy of calls", func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw("SELECT doc FROM policies WHERE kind = ?", booking.Cleaning).Scan(ctx, &text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, fmt.Errorf("policy of calls: %w", err)
	}
	return p, nil
}

// SetCallPolicy sets the policy of calls from now on; nil for none. by is the number of
// the caller.
func (c *Catalogue) SetCallPolicy(ctx context.Context, by string, p *booking.CancellationPolicy) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write policy of calls as JSON: %w", err)
	}
	return c.db.run(ctx, "set policy of calls", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("INSERT INTO policies (kind, doc, changed_by, changed_at) VALUES (?, ?, ?, ?) "+
			"ON CONFLICT (kind) DO UPDATE SET doc = excluded.doc, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
			booking.Cleaning, string(text), by, now()).Exec(ctx)
		return err
	})
}
