package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/yeyak/yeyak/booking"
)

// Sizes of a part of a list.
const (
	defaultLimit = 50
	maxLimit     = 1000
)

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return min(limit, maxLimit)
}

// turnWithin is how long a list waits for its turn: most of the time that a request
// has, since a queue of lists that moves is no reason to refuse one.
const turnWithin = 5 * time.Second

// list is run for a list, which may take longer than what is read by a key.
// Lists together use half of the connections at most, so that they hold up
// only each other when they are slow. A list that gets no turn is Unavailable.
func (db *DB) list(ctx context.Context, what string, f func(context.Context, bun.IDB) error) error {
	waiting, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	select {
	case db.lists <- struct{}{}:
		defer func() { <-db.lists }()
		return db.run(ctx, what, f)
	case <-waiting.Done():
		return db.translate(what, waiting.Err())
	}
}

// encodeCursor makes a cursor of the list from the place where its next part
// begins.
func encodeCursor(list string, place ...string) string {
	text, err := json.Marshal(append([]string{list}, place...))
	if err != nil {
		panic(err) // strings can always be marshalled
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// decodeCursor reads what encodeCursor wrote for the list with the same number
// of parts, and nothing else: what encodeCursor would write in another way was
// made elsewhere. Its parts are texts that every database takes. Its error is a
// *booking.Error, InvalidCursor.
func decodeCursor(list, cursor string, parts int) ([]string, error) {
	var place []string
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &place)
	}
	if err != nil || len(place) != parts+1 || place[0] != list || cursor != encodeCursor(list, place[1:]...) {
		return nil, invalidCursor()
	}
	if slices.ContainsFunc(place, func(text string) bool { return strings.ContainsRune(text, 0) }) {
		return nil, invalidCursor() // PostgreSQL has no such text
	}
	return place[1:], nil
}

func invalidCursor() error {
	return booking.Errorf(booking.InvalidCursor, "the cursor was not given out by this list")
}

// moment is a place in a list that goes from new to old: an instant and what
// tells apart those of the same instant.
type moment struct {
	at time.Time
	id string
}

func (m moment) cursor(list string) string {
	return encodeCursor(list, m.at.UTC().Format(time.RFC3339Nano), m.id)
}

func decodeMoment(list, cursor string) (moment, error) {
	place, err := decodeCursor(list, cursor, 2)
	if err != nil {
		return moment{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, place[0])
	// A year 0 is one that no database has.
	if m := (moment{at, place[1]}); err == nil && at.Year() > 0 && m.cursor(list) == cursor {
		return m, nil
	}
	return moment{}, invalidCursor()
}

// part cuts rows, of which one more was asked for than fits, to the size of a
// page, and returns the cursor of the next one, "" at the end.
func part[T any](rows []T, size int, cursor func(last T) string) ([]T, string) {
	if len(rows) <= size {
		return rows, ""
	}
	return rows[:size], cursor(rows[size-1])
}

// merged is the beginning of the rows of all parts, in one order. Each part is
// cut to that beginning by itself: PostgreSQL merges what comes out of indexes
// only where it plans a part on its own.
func merged(q bun.IDB, parts []*bun.SelectQuery, order schema.Safe, limit int) *bun.RawQuery {
	if len(parts) == 1 {
		return q.NewRaw("? ORDER BY ? LIMIT ?", parts[0], order, limit)
	}
	arms := make([]string, len(parts))
	args := make([]any, 0, 3*len(parts)+2)
	for i, part := range parts {
		arms[i] = "SELECT * FROM (? ORDER BY ? LIMIT ?) AS part"
		args = append(args, part, order, limit)
	}
	return q.NewRaw(strings.Join(arms, " UNION ALL ")+" ORDER BY ? LIMIT ?", append(args, order, limit)...)
}

// equal is a column and what a filter wants of it, "" for anything.
type equal struct {
	column bun.Ident
	value  string
}

func whereEqual(query *bun.SelectQuery, conditions ...equal) *bun.SelectQuery {
	for _, c := range conditions {
		if c.value != "" {
			query.Where("? = ?", c.column, c.value)
		}
	}
	return query
}

// keyset is the two columns by which a list is ordered: an instant, and what
// tells apart those of the same instant.
type keyset [2]bun.Ident

// newestFirst reads a part of a list that goes from new to old. query selects
// the list's rows in that order, at is where a row stands in it. InvalidCursor:
// the page's cursor is not one of this list.
func newestFirst[R any](
	ctx context.Context, db *DB, list string, p booking.Page, at func(R) moment, query func(bun.IDB) *bun.SelectQuery, by keyset,
) (rows []R, next string, err error) {
	var after moment
	if p.Cursor != "" {
		if after, err = decodeMoment(list, p.Cursor); err != nil {
			return nil, "", err
		}
	}
	size := pageSize(p.Limit)
	err = db.list(ctx, "list "+list, func(ctx context.Context, q bun.IDB) error {
		rows = nil
		selection := query(q).Limit(size + 1)
		if p.Cursor != "" {
			selection.Where("(?, ?) < (?, ?)", by[0], by[1], after.at, after.id)
		}
		return selection.Scan(ctx, &rows)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last R) string { return at(last).cursor(list) })
	return rows, next, nil
}
