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

// dbTimeout bounds every operation, and each statement on the server.
const dbTimeout = 5 * time.Second

// store keeps the bookings, what can be booked, and how far the feed has been
// read.
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
	// filled counts those of the tables that are there which the feed fills.
	filled string
}

var (
	postgres = dialect{
		key:       `text COLLATE "C"`,
		takeTurns: `SELECT pg_advisory_xact_lock(hashtextextended('yeyak marketing tables', 0))`,
		filled: `SELECT count(*) FROM (VALUES ('marketing_offers'), ('marketing_bookings')) AS filled (name)
			WHERE to_regclass(name) IS NOT NULL`,
	}
	sqlite = dialect{
		key:       "text",
		takeTurns: "SELECT 1", // one writer: they do
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

// tables, with {key} for the type of keys. Their names keep apart what shares a
// database. The progress comes before the bookings, as in take: the INSERT waits
// for a page that is being written, and an index for the bookings of that page,
// so that the other order is a deadlock.
//
// The progress of the first version, which knew bookings only, has another name.
// It is left alone: a process of that version may still go on, and would lead
// this one past events that it does not know. So this version reads the feed
// from the beginning once more; the bookings that are there stay.
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

// beginning makes sure that there is a progress, of which nothing was read if it
// is new.
const beginning = `INSERT INTO marketing_followed (id, cursor, complete) VALUES (1, '', FALSE) ON CONFLICT DO NOTHING`

type progressRow struct {
	bun.BaseModel `bun:"table:marketing_followed"`

	Cursor string
	// Complete: the feed has been read to its end once. Before that, what was
	// taken off may still look as if it could be booked.
	Complete    bool
	LastEventAt time.Time `bun:",nullzero"`
}

// prepare makes sure that the tables are there. Where one is missing that the
// feed fills, the feed is read from the beginning.
func (s *store) prepare(ctx context.Context) error {
	if s.prepared.Load() {
		return nil
	}
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, s.dialect.takeTurns); err != nil {
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

// noteMissing makes the next operation create the tables again when err says that
// one is missing: dropping tables to have them filled anew takes no restart. After
// any other error they are still there, and creating them would take turns with
// what other processes write.
func (s *store) noteMissing(err error) {
	if isMissing(err) {
		s.prepared.Store(false)
	}
}

// undefinedTable is a code of PostgreSQL.
const undefinedTable = "42P01"

// isMissing tells whether a table, or the row of the progress, is not there.
func isMissing(err error) bool {
	if errors.Is(err, sql.ErrNoRows) {
		return true
	}
	if failed, ok := errors.AsType[pgdriver.Error](err); ok {
		return failed.Field('C') == undefinedTable
	}
	// The drivers for SQLite have no code of its own for that.
	return err != nil && strings.Contains(err.Error(), "no such table: ")
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
		s.noteMissing(err)
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

// writeOffers keeps what can be booked as the last event of it says. What was
// deleted stays so.
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
	return errOvertaken
}

func (s *store) inTx(ctx context.Context, f func(context.Context, bun.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, dbTimeout)
	defer cancel()
	return s.db.RunInTx(ctx, nil, f)
}
