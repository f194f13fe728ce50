package marketing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
)

// dbTimeout bounds every operation, and each statement on the server.
const dbTimeout = 5 * time.Second

// store keeps the bookings and how far the feed has been read.
type store struct {
	db       *bun.DB
	dialect  dialect
	prepared atomic.Bool // the tables are there
}

// dialect is all in which the two databases differ.
type dialect struct {
	// key is a text that is compared byte by byte, so that both list items in
	// the same order.
	key string
	// takeTurns makes processes that create tables wait for each other.
	takeTurns string
}

var (
	postgres = dialect{`text COLLATE "C"`, `SELECT pg_advisory_xact_lock(hashtextextended('yeyak marketing tables', 0))`}
	sqlite   = dialect{"text", "SELECT 1"} // one writer: they do
)

func (s *store) close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// tables, with {key} for the type of keys. Their names keep apart what shares a
// database. The progress comes before the bookings, as in take: the INSERT waits
// for a page that is being written, and an index for the bookings of that page,
// so that the other order is a deadlock.
var tables = []string{
	`CREATE TABLE IF NOT EXISTS marketing_progress (
		id integer PRIMARY KEY CHECK (id = 1),
		cursor text NOT NULL,
		last_event_at timestamptz
	)`,
	`INSERT INTO marketing_progress (id, cursor) VALUES (1, '') ON CONFLICT DO NOTHING`,
	`CREATE TABLE IF NOT EXISTS marketing_bookings (
		order_id {key} PRIMARY KEY,
		customer_id {key} NOT NULL,
		kind {key} NOT NULL,
		item_id {key} NOT NULL,
		item_name text NOT NULL,
		placed_at timestamptz NOT NULL,
		cancelled boolean NOT NULL
	)`,
	`CREATE INDEX IF NOT EXISTS marketing_bookings_customer ON marketing_bookings (customer_id)`,
	`CREATE INDEX IF NOT EXISTS marketing_bookings_item ON marketing_bookings (kind, item_id, customer_id) WHERE NOT cancelled`,
	`CREATE INDEX IF NOT EXISTS marketing_bookings_name ON marketing_bookings (kind, item_id, placed_at, order_id)`,
}

type progressRow struct {
	bun.BaseModel `bun:"table:marketing_progress"`

	Cursor      string
	LastEventAt time.Time `bun:",nullzero"`
}

// prepare makes sure that the tables are there.
func (s *store) prepare(ctx context.Context) error {
	if s.prepared.Load() {
		return nil
	}
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, statement := range append([]string{s.dialect.takeTurns}, tables...) {
			if _, err := tx.ExecContext(ctx, strings.ReplaceAll(statement, "{key}", s.dialect.key)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	s.prepared.Store(true)
	return nil
}

// progress tells how far the feed has been read: the cursor to go on from, ""
// for the very beginning.
func (s *store) progress(ctx context.Context) (row progressRow, err error) {
	if err := s.prepare(ctx); err != nil {
		return progressRow{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, dbTimeout)
	defer cancel()
	if err := s.db.NewSelect().Model(&row).Where("id = 1").Scan(ctx); err != nil {
		s.prepared.Store(false) // who drops the tables to have them filled anew need not restart us
		return progressRow{}, fmt.Errorf("read cursor: %w", err)
	}
	return row, nil
}

// errOvertaken: another process has gone on from the same cursor.
var errOvertaken = errors.New("overtaken")

// take writes what a page came to and the cursor behind it, in one
// transaction: either both are there or neither. The bookings are kept by
// their orders' ids, so that one that is told of twice is still one. When the
// cursor is no longer at from, nothing is written: errOvertaken.
func (s *store) take(ctx context.Context, from string, p progress) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*progressRow)(nil)).Set("cursor = ?", p.cursor).Where("id = 1 AND cursor = ?", from)
		if !p.lastEventAt.IsZero() {
			update.Set("last_event_at = ?", p.lastEventAt)
		}
		if err := requireOne(update.Exec(ctx)); err != nil {
			return err
		}
		if len(p.bookings) == 0 {
			return nil
		}
		_, err := tx.NewInsert().Model(&p.bookings).
			On("CONFLICT (order_id) DO UPDATE").
			Set("cancelled = booking.cancelled OR EXCLUDED.cancelled").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("write bookings: %w", err)
	}
	return nil
}

func requireOne(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errOvertaken
}

func (s *store) inTx(ctx context.Context, f func(context.Context, bun.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, dbTimeout)
	defer cancel()
	return s.db.RunInTx(ctx, nil, f)
}
