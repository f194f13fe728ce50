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

	Seq     int64 `bun:",pk"` // this and Tx: given by the database
	Tx      int64
	Key     string
	Type    booking.EventType
	OrderID string // or the id of what can be ordered
	At      time.Time
	Data    string // JSON
}

func newEventRows(events []booking.Event) ([]eventRow, error) {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		var told any = e.Data
		if e.Catalogue != nil {
			told = e.Catalogue
		}
		data, err := json.Marshal(told)
		if err != nil {
			return nil, fmt.Errorf("write event %s as JSON: %w", e.Key, err)
		}
		rows[i] = eventRow{Key: e.Key, Type: e.Type, OrderID: e.Subject, At: micros(e.At), Data: string(data)}
	}
	return rows, nil
}

func (r eventRow) event() (booking.Event, error) {
	e := booking.Event{Key: r.Key, Type: r.Type, Subject: r.OrderID, At: r.At.UTC(), Cursor: r.cursor()}
	var told any = &e.Data
	if r.Type.OfCatalogue() {
		e.Catalogue = new(booking.CatalogueData)
		told = e.Catalogue
	}
	if err := json.Unmarshal([]byte(r.Data), told); err != nil {
		return booking.Event{}, fmt.Errorf("event %s: %w", r.Key, err)
	}
	return e, nil
}

// eventFeed is the name of the feed in its cursors.
const eventFeed = "events"

func (r eventRow) cursor() string {
	return encodeCursor(eventFeed, strconv.FormatInt(r.Tx, 10), strconv.FormatInt(r.Seq, 10))
}

// Events gives up to limit events that follow the cursor after, oldest first,
// and the cursor to go on from: after itself when there is nothing new. "" is
// the beginning. Each event carries the cursor that goes on after it, so that a
// reader can stop at any of them. InvalidCursor: after is not a cursor of this
// feed.
//
// A reader that goes on from cursor to cursor misses no event and sees none
// twice, and those of one order in the order of their publication. Events are
// read only once every transaction that could still put one before them has
// ended: on PostgreSQL, a transaction that stays open anywhere on the server
// and has written something holds the feed up until it ends.
//
// An event that cannot be read is passed over, and named to PassingOver: it must
// not keep all later ones from every reader.
func (m *Mypage) Events(ctx context.Context, after string, limit int) (_ []booking.Event, next string, err error) {
	var tx, seq int64
	if after != "" {
		if tx, seq, err = decodePosition(after); err != nil {
			return nil, "", err
		}
	}
	limit, next = pageSize(limit), after
	var events []booking.Event
	for last := false; !last && len(events) < limit; {
		var rows []eventRow
		err := m.db.list(ctx, "read events", func(ctx context.Context, q bun.IDB) error {
			rows = nil
			return q.NewSelect().Model(&rows).
				Where("(tx, seq) > (?, ?)", tx, seq).Where("?", m.db.dialect.settled).
				OrderExpr("tx, seq").Limit(limit - len(events)).Scan(ctx)
		})
		if err != nil {
			return nil, after, err
		}
		last = len(rows) < limit-len(events)
		for _, row := range rows {
			tx, seq, next = row.Tx, row.Seq, row.cursor()
			e, err := row.event()
			if err != nil {
				m.passOver(row.unreadable(err))
				continue
			}
			events = append(events, e)
		}
	}
	return events, next, nil
}

// PassingOver is the same read model, which tells note of each event that Events
// passes over.
func (m *Mypage) PassingOver(note func(*Unreadable)) *Mypage { return &Mypage{m.db, note} }

func (m *Mypage) passOver(u *Unreadable) {
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

// UnreadableEvents lists the events of the feed that its readers are not told,
// each as an Unreadable.
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

func decodePosition(cursor string) (tx, seq int64, err error) {
	place, err := decodeCursor(eventFeed, cursor, 2)
	if err != nil {
		return 0, 0, err
	}
	tx, txErr := strconv.ParseInt(place[0], 10, 64)
	seq, seqErr := strconv.ParseInt(place[1], 10, 64)
	if txErr != nil || seqErr != nil || tx < 0 || seq < 0 || (eventRow{Tx: tx, Seq: seq}).cursor() != cursor {
		return 0, 0, invalidCursor()
	}
	return tx, seq, nil
}
