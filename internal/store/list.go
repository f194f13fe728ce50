package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

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

// listByID reads a part of a list that is ordered by id. read gives up to
// limit rows whose id follows after. InvalidCursor: the page's cursor is not
// one of this list.
func listByID[R interface{ id() string }](
	ctx context.Context, db *DB, list string, p booking.Page,
	read func(ctx context.Context, q bun.IDB, after string, limit int) ([]R, error),
) (rows []R, next string, err error) {
	var after string
	if p.Cursor != "" {
		cursor, err := decodeCursor(list, p.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		after = cursor[0]
	}
	size := pageSize(p.Limit)
	err = db.run(ctx, "list "+list, func(ctx context.Context, q bun.IDB) (err error) {
		rows, err = read(ctx, q, after, size+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last R) string { return encodeCursor(list, last.id()) })
	return rows, next, nil
}
