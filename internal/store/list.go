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

// Page sizes of lists.
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

// turnWithin is how long a list waits for its turn: most of a request's time, so that
// lists are not refused while others proceed.
const turnWithin = 5 * time.Second

// list is run for a list, which may take longer than a read by key. Lists use at most
// half of the connections, so that slow ones delay only each other. Unavailable: the
// list got no turn in time.
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

// encodeCursor makes a list's cursor of the place where the next page begins.
func encodeCursor(list string, place ...string) string {
	text, err := json.Marshal(append([]string{list}, place...))
	if err != nil {
		panic(err) // strings can always be marshalled
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// decodeCursor parses a cursor that encodeCursor made for the list with the same number
// of parts, and no other notation of it. Its parts are texts that every database
// accepts. Its error is InvalidCursor.
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
	return booking.Errorf(booking.InvalidCursor, "the cursor is not one of this list")
}

// moment is a place in a list from new to old: an instant and the id that orders rows
// of the same instant.
type moment struct {
	at time.Time
	id string
}

func (m moment) cursor(list string) string { return encodeCursor(list, textOf(m.at), m.id) }

// textOf is an instant in a cursor.
func textOf(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// instantOf parses what textOf has made of an instant that every database has: none has a
// year 0.
func instantOf(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil && at.Year() > 0 && textOf(at) == text
}

func decodeMoment(list, cursor string) (moment, error) {
	place, err := decodeCursor(list, cursor, 2)
	if err != nil {
		return moment{}, err
	}
	at, known := instantOf(place[0])
	if !known {
		return moment{}, invalidCursor()
	}
	return moment{at, place[1]}, nil
}

// part cuts rows, of which one more was read than fits, to the size of a page, and
// returns the next page's cursor, "" at the end.
func part[T any](rows []T, size int, cursor func(last T) string) ([]T, string) {
	if len(rows) <= size {
		return rows, ""
	}
	return rows[:size], cursor(rows[size-1])
}

// merged is the beginning of the rows of all parts, in one order. Each part is limited
// by itself: PostgreSQL merges the output of indexes only if it plans each part on its
// own.
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

// equal is a column and the value that a filter wants, "" for any.
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

// keyset is the two columns by which a list is ordered: an instant, and the id of rows
// of the same instant.
type keyset [2]bun.Ident

// newestFirst reads a page of a list from new to old. query selects the list's rows in
// that order, at is a row's place. It returns InvalidCursor for a cursor of another
// list.
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
