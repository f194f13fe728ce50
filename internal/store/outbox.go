package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Outbox stores the events of a service's own data for the feed. A change and its event
// are written in one transaction, in the service's database; the feed is in another
// database and gets the event afterwards.
type Outbox struct {
	db    *DB
	table string
}

// CatalogueOutbox is the outbox of places, menus and drinks.
func CatalogueOutbox(db *DB) *Outbox { return &Outbox{db, catalogueOutbox} }

// InventoryOutbox is the outbox of the stock that owners set.
func InventoryOutbox(db *DB) *Outbox { return &Outbox{db, inventoryOutbox} }

// FulfilmentOutbox is the outbox of cleaners.
func FulfilmentOutbox(db *DB) *Outbox { return &Outbox{db, fulfilmentOutbox} }

// The tables of the outboxes.
const (
	catalogueOutbox  = "catalogue_outbox"
	inventoryOutbox  = "inventory_outbox"
	fulfilmentOutbox = "fulfilment_outbox"
)

type outboxRow struct {
	Seq     int64
	Key     string
	Type    booking.EventType
	Subject string
	At      time.Time
	Data    string // JSON
}

// writeEvent writes an event into an outbox, in the transaction of q. The row of the event's
// subject was changed in the same transaction, or is locked: so the events of one
// subject are in the order of its changes.
func writeEvent(ctx context.Context, q bun.IDB, table string, e booking.Event) error {
	data, err := json.Marshal(e.Catalogue)
	if err != nil {
		return fmt.Errorf("write event %s as JSON: %w", e.Key, err)
	}
	_, err = q.NewRaw("INSERT INTO ? (key, type, subject, at, data) VALUES (?, ?, ?, ?, ?)",
		bun.Ident(table), e.Key, e.Type, e.Subject, micros(e.At), string(data)).Exec(ctx)
	return err
}

// inTxWithEvent is inTx for a change with an event in the outbox's table.
func (db *DB) inTxWithEvent(ctx context.Context, table, what string, f func(context.Context, bun.IDB) error) error {
	if err := db.inTx(ctx, what, f); err != nil {
		return err
	}
	if written, followed := db.written.Load(table); followed {
		select {
		case written.(chan struct{}) <- struct{}{}:
		default: // the follower has been woken already
		}
	}
	return nil
}

// Written receives a value after a change that was made through the outbox's own
// database handle. One follower gets each value.
func (o *Outbox) Written() <-chan struct{} {
	written, _ := o.db.written.LoadOrStore(o.table, make(chan struct{}, 1))
	return written.(chan struct{})
}

// Waiting lists up to limit events that the feed may not have yet. The events of one
// subject are in the order of its changes; no earlier one is missing, except those that
// cannot be read. They stay in the outbox and are returned apart, as Unreadable.
func (o *Outbox) Waiting(ctx context.Context, limit int) (events []booking.Event, unreadable []error, err error) {
	limit = pageSize(limit)
	for after, last := int64(-1), false; !last && len(events) < limit; {
		var rows []outboxRow
		err := o.db.run(ctx, "read "+o.table, func(ctx context.Context, q bun.IDB) error {
			rows = nil
			return q.NewRaw("SELECT * FROM ? WHERE seq > ? ORDER BY seq LIMIT ?", bun.Ident(o.table), after, limit-len(events)).Scan(ctx, &rows)
		})
		if err != nil {
			return nil, nil, err
		}
		last = len(rows) < limit-len(events)
		for _, row := range rows {
			after = row.Seq
			e, err := row.event()
			if err != nil {
				unreadable = append(unreadable, &Unreadable{Item: row.Subject, Cause: err})
				continue
			}
			events = append(events, e)
		}
	}
	return events, unreadable, nil
}

func (r outboxRow) event() (booking.Event, error) {
	e := booking.Event{Key: r.Key, Type: r.Type, Subject: r.Subject, At: r.At.UTC(), Catalogue: new(booking.CatalogueData)}
	if err := json.Unmarshal([]byte(r.Data), e.Catalogue); err != nil {
		return booking.Event{}, fmt.Errorf("event %s: %w", r.Key, err)
	}
	return e, nil
}

// Delete deletes events that the feed has.
func (o *Outbox) Delete(ctx context.Context, events []booking.Event) error {
	if len(events) == 0 {
		return nil
	}
	keys := make([]string, len(events))
	for i, e := range events {
		keys[i] = e.Key
	}
	return o.db.run(ctx, "forget what the feed has of "+o.table, func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("DELETE FROM ? WHERE key IN (?)", bun.Ident(o.table), bun.List(keys)).Exec(ctx)
		return err
	})
}
