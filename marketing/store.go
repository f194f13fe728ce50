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
	"github.com/uptrace/bun/driver/pgdriver"
)

// dbTimeout is the time limit of every operation, and of each statement on the server.
const dbTimeout = 5 * time.Second

// store stores the bookings, the offers, and the feed's cursor.
type store struct {
	db       *bun.DB
	dialect  dialect
	prepared atomic.Bool // the tables exist
}

// dialect is the difference between the two databases.
type dialect struct {
	// key is a text that is compared byte by byte, so that both list items in the same
	// order.
	key string
	// serialize makes processes create tables one after the other.
	serialize string
	// filled counts the existing tables that the feed fills.
	filled string
}

var (
	postgres = dialect{
		key:       `text COLLATE "C"`,
		serialize: `SELECT pg_advisory_xact_lock(hashtextextended('yeyak marketing tables', 0))`,
		filled: `SELECT count(*) FROM (VALUES ('marketing_offers'), ('marketing_bookings')) AS filled (name)
			WHERE to_regclass(name) IS NOT NULL`,
	}
	sqlite = dialect{
		key:       "text",
		serialize: "SELECT 1", // one writer: they do so anyway
		filled:    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('marketing_offers', 'marketing_bookings')",
	}
)

// filledTables is how many tables the feed fills.
const filledTables = 2

func (s *store) close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// tables, with {key} for the type of keys. Their names distinguish them in a shared
// database. The progress comes before the bookings, as in take: the INSERT waits for a
// page that is being written, and an index for the bookings of that page, so that the
// other order is a deadlock.
//
// The progress of the first version, which stored bookings only, has another name. It
// is left alone: a process of that version may still run, and would lead this one past
// events that it does not know. So this version reads the feed from the beginning once
// more; the existing bookings stay.
var tables = []string{
	`CREATE TABLE IF NOT EXISTS marketing_followed (
		id integer PRIMARY KEY CHECK (id = 1),
		cursor text NOT NULL,
		complete boolean NOT NULL,
		last_event_at timestamptz
	)`,
	beginning,
	`CREATE TABLE IF NOT EXISTS marketing_offers (
		kind {key} NOT NULL,
		item_id {key} NOT NULL,
		item_name text NOT NULL,
		withdrawn boolean NOT NULL,
		deleted boolean NOT NULL,
		ends_at bigint NOT NULL,
		PRIMARY KEY (kind, item_id)
	)`,
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

// beginning makes sure that there is a progress, from the feed's beginning if it is
// new.
const beginning = `INSERT INTO marketing_followed (id, cursor, complete) VALUES (1, '', FALSE) ON CONFLICT DO NOTHING`

type progressRow struct {
	bun.BaseModel `bun:"table:marketing_followed"`

	Cursor string
	// Complete: the feed has been read to its end once. Before that, a withdrawn offer may still
	// be shown as available.
	Complete    bool
	LastEventAt time.Time `bun:",nullzero"`
}

// prepare makes sure that the tables exist. If one that the feed fills is missing, the
// feed is read from the beginning.
func (s *store) prepare(ctx context.Context) error {
	if s.prepared.Load() {
		return nil
	}
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, s.dialect.serialize); err != nil {
			return err
		}
		var filled int
		if err := tx.NewRaw(s.dialect.filled).Scan(ctx, &filled); err != nil {
			return err
		}
		for _, statement := range tables {
			if _, err := tx.ExecContext(ctx, strings.ReplaceAll(statement, "{key}", s.dialect.key)); err != nil {
				return err
			}
			if statement == beginning && filled < filledTables {
				if _, err := tx.ExecContext(ctx, "UPDATE marketing_followed SET cursor = '', complete = FALSE"); err != nil {
					return err
				}
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

// noteMissing makes the next operation create the tables again if err says that one is
// missing: after dropping tables no restart is needed. After any other error they still
// exist, and creating them would wait for other processes' writes.
func (s *store) noteMissing(err error) {
	if isMissing(err) {
		s.prepared.Store(false)
	}
}

// undefinedTable is a code of PostgreSQL.
const undefinedTable = "42P01"

// isMissing reports whether a table, or the row of the progress, is missing.
func isMissing(err error) bool {
	if errors.Is(err, sql.ErrNoRows) {
		return true
	}
	if failed, ok := errors.AsType[pgdriver.Error](err); ok {
		return failed.Field('C') == undefinedTable
	}
	// SQLite's drivers have no code for that.
	return err != nil && strings.Contains(err.Error(), "no such table: ")
}

// progress returns the feed's cursor, "" for the beginning.
func (s *store) progress(ctx context.Context) (row progressRow, err error) {
	if err := s.prepare(ctx); err != nil {
		return progressRow{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, dbTimeout)
	defer cancel()
	if err := s.db.NewSelect().Model(&row).Where("id = 1").Scan(ctx); err != nil {
		s.noteMissing(err)
		return progressRow{}, fmt.Errorf("read cursor: %w", err)
	}
	return row, nil
}

// errConcurrent: another process has continued from the same cursor.
var errConcurrent = errors.New("another reader was faster")

// take writes the result of a page and the cursor after it, in one transaction.
// Bookings are stored by their orders' ids, so that a repeated event adds none. If the
// cursor is no longer at from, nothing is written: errConcurrent.
func (s *store) take(ctx context.Context, from string, p progress) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*progressRow)(nil)).Set("cursor = ?", p.cursor).Where("id = 1 AND cursor = ?", from)
		if p.complete {
			update.Set("complete = TRUE")
		}
		if !p.lastEventAt.IsZero() {
			update.Set("last_event_at = ?", p.lastEventAt)
		}
		if err := requireOne(update.Exec(ctx)); err != nil {
			return err
		}
		if err := writeOffers(ctx, tx, p.offers); err != nil {
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
		s.noteMissing(err)
		return fmt.Errorf("write a page: %w", err)
	}
	return nil
}

// writeOffers stores the offers' last known state. A deleted offer stays so.
func writeOffers(ctx context.Context, tx bun.Tx, all []offer) error {
	if len(all) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&all).
		On("CONFLICT (kind, item_id) DO UPDATE").
		Set("item_name = EXCLUDED.item_name").
		Set("withdrawn = EXCLUDED.withdrawn").
		Set("deleted = offer.deleted OR EXCLUDED.deleted").
		Set("ends_at = EXCLUDED.ends_at").Exec(ctx)
	return err
}

func requireOne(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errConcurrent
}

func (s *store) inTx(ctx context.Context, f func(context.Context, bun.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, dbTimeout)
	defer cancel()
	return s.db.RunInTx(ctx, nil, f)
}
