package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type eventRow struct {
	bun.BaseModel `bun:"table:events"`

	Seq     int64 `bun:",pk"` // Seq and Tx are set by the database
	Tx      int64
	Key     string
	Type    booking.EventType
	OrderID string // or the id of a thing of the catalogue
	At      time.Time
	Data    string // JSON
}

func newEventRows(events []booking.Event) ([]eventRow, error) {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		var payload any = e.Data
		if e.Catalogue != nil {
			payload = e.Catalogue
		}
		data, err := json.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("write event %s as JSON: %w", e.Key, err)
		}
		rows[i] = eventRow{Key: e.Key, Type: e.Type, OrderID: e.Subject, At: micros(e.At), Data: string(data)}
	}
	return rows, nil
}

func (r eventRow) event() (booking.Event, error) {
	e := booking.Event{Key: r.Key, Type: r.Type, Subject: r.OrderID, At: r.At.UTC(), Cursor: r.cursor()}
	var payload any = &e.Data
	if r.Type.OfCatalogue() {
		e.Catalogue = new(booking.CatalogueData)
		payload = e.Catalogue
	}
	if err := json.Unmarshal([]byte(r.Data), payload); err != nil {
		return booking.Event{}, fmt.Errorf("event %s: %w", r.Key, err)
	}
	return e, nil
}

// eventFeed is the name of the feed in its cursors.
const eventFeed = "events"

// position is a place in the feed, after the event with these numbers. The zero value
// is the beginning.
type position struct{ tx, seq int64 }

func (r eventRow) position() position { return position{r.Tx, r.Seq} }

func (r eventRow) cursor() string { return r.position().cursor() }

func (p position) cursor() string {
	return encodeCursor(eventFeed, strconv.FormatInt(p.tx, 10), strconv.FormatInt(p.seq, 10))
}

func (p position) before(other position) bool {
	return p.tx < other.tx || p.tx == other.tx && p.seq < other.seq
}

// Events returns up to limit events after the cursor, oldest first, and the next cursor: the same
// one if there is nothing new. "" is the beginning. Each event has the cursor that follows it, so
// that a reader can stop at any of them. InvalidCursor: after is not a cursor of this feed.
//
// A reader that follows the cursors misses no event and reads none twice; the events of
// one order are in the order of their publication. An event can be read only once no
// running transaction can add an earlier one: on PostgreSQL, a transaction that has
// written something and stays open, anywhere on the server, blocks the feed until it
// ends.
//
// An event that cannot be read is skipped and reported to ReportingSkipped: it must not
// block all later ones.
func (m *Mypage) Events(ctx context.Context, after string, limit int) (_ []booking.Event, next string, err error) {
	from, err := decodePosition(after)
	if err != nil {
		return nil, "", err
	}
	events, at, _, err := m.eventsAfter(ctx, from, limit, func(*bun.SelectQuery) {})
	if err != nil || at == from {
		return nil, after, err
	}
	return events, at.cursor(), nil
}

// EventsOf is Events for the orders that the filter selects, by an index. The next
// cursor may follow other orders' events, so that they are not read again.
func (m *Mypage) EventsOf(ctx context.Context, f booking.EventFilter, after string, limit int) (_ []booking.Event, next string, err error) {
	from, err := decodePosition(after)
	if err != nil {
		return nil, "", err
	}
	end, err := m.endOfFeed(ctx)
	if err != nil || !from.before(end) {
		return nil, after, err
	}
	events, at, all, err := m.eventsAfter(ctx, from, limit, func(q *bun.SelectQuery) {
		q.Where("(tx, seq) <= (?, ?)", end.tx, end.seq).Where("(data->>'customerId') IS NOT NULL")
		if f.CustomerID != "" {
			q.Where("(data->>'customerId') = ?", f.CustomerID)
		}
		if f.OwnerID != "" {
			q.Where("(data->>'ownerId') = ?", f.OwnerID)
		}
	})
	if err != nil {
		return nil, after, err
	}
	if all {
		at = end
	}
	return events, at.cursor(), nil
}

// EndOfFeed is the cursor after all events that can be read now.
func (m *Mypage) EndOfFeed(ctx context.Context) (string, error) {
	end, err := m.endOfFeed(ctx)
	return end.cursor(), err
}

func (m *Mypage) endOfFeed(ctx context.Context) (end position, err error) {
	var last []eventRow
	err = m.db.list(ctx, "find end of events", func(ctx context.Context, q bun.IDB) error {
		last = nil
		return q.NewSelect().Model(&last).Column("tx", "seq").Where("?", m.db.dialect.final).
			OrderExpr("tx DESC, seq DESC").Limit(1).Scan(ctx)
	})
	if err != nil || len(last) == 0 {
		return position{}, err
	}
	return last[0].position(), nil
}

// eventsAfter reads events in the order of the feed. at is the position of the last
// one, or of a later one that was skipped; it is `from` if there is none. all means
// that no other event follows at the moment.
func (m *Mypage) eventsAfter(
	ctx context.Context, from position, limit int, narrow func(*bun.SelectQuery),
) (events []booking.Event, at position, all bool, err error) {
	limit, at = pageSize(limit), from
	for !all && len(events) < limit {
		var rows []eventRow
		err := m.db.list(ctx, "read events", func(ctx context.Context, q bun.IDB) error {
			rows = nil
			query := q.NewSelect().Model(&rows).
				Where("(tx, seq) > (?, ?)", at.tx, at.seq).Where("?", m.db.dialect.final).
				OrderExpr("tx, seq").Limit(limit - len(events))
			narrow(query)
			return query.Scan(ctx)
		})
		if err != nil {
			return nil, from, false, err
		}
		all = len(rows) < limit-len(events)
		for _, row := range rows {
			at = row.position()
			e, err := row.event()
			if err != nil {
				m.reportSkipped(row.unreadable(err))
				continue
			}
			events = append(events, e)
		}
	}
	return events, at, all, nil
}

// ReportingSkipped returns a read model that calls note with each event that Events skips.
func (m *Mypage) ReportingSkipped(note func(*Unreadable)) *Mypage { return &Mypage{m.db, note} }

func (m *Mypage) reportSkipped(u *Unreadable) {
	if m.note != nil {
		m.note(u)
	}
}

func (r eventRow) unreadable(cause error) *Unreadable {
	if r.Type.OfCatalogue() {
		return &Unreadable{Item: r.OrderID, Cause: cause}
	}
	return &Unreadable{OrderID: r.OrderID, Cause: cause}
}

// UnreadableEvents lists the events of the feed that cannot be read, each as an
// Unreadable.
func (m *Mypage) UnreadableEvents(ctx context.Context) iter.Seq2[booking.Event, error] {
	rows := all(ctx, m.db, "list every event", func(ctx context.Context, q bun.IDB, is after, last eventRow) (rows []eventRow, err error) {
		err = q.NewSelect().Model(&rows).Where("(tx, seq) ? (?, ?)", is, last.Tx, last.Seq).
			OrderExpr("tx, seq").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	isUnreadable := func(r eventRow) bool { _, err := r.event(); return err != nil }
	return as(only(rows, isUnreadable), func(r eventRow) (booking.Event, error) {
		_, err := r.event()
		return booking.Event{}, r.unreadable(err)
	})
}

// decodePosition parses a cursor of the feed; "" is the beginning.
func decodePosition(cursor string) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	place, err := decodeCursor(eventFeed, cursor, 2)
	if err != nil {
		return position{}, err
	}
	tx, txErr := strconv.ParseInt(place[0], 10, 64)
	seq, seqErr := strconv.ParseInt(place[1], 10, 64)
	p := position{tx, seq}
	if txErr != nil || seqErr != nil || tx < 0 || seq < 0 || p.cursor() != cursor {
		return position{}, invalidCursor()
	}
	return p, nil
}
