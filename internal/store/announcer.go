package store

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"
)

const (
	announcements = "yeyak_orders" // the channel
	// maxQueued limits the queue while the database is away. An order that is not
	// announced is noticed later, when its waiters read it themselves.
	maxQueued = 10_000
	// quiet is how long a listener receives nothing before it tests its connection with
	// an announcement of its own, and how long it waits for that.
	quiet = 10 * time.Second
	// reconnectAfter is the pause before a listener reconnects.
	reconnectAfter = 500 * time.Millisecond
)

// Announcer wakes other processes when orders change, and listens to their
// announcements. It only makes waiting shorter: announcements can be lost, and none
// ever fails. On SQLite there are no other processes to wake.
type Announcer struct {
	db *DB

	mu     sync.Mutex
	queued map[string]struct{}
	closed bool

	wake chan struct{} // holds a token while something is queued; closed at the end
	done chan struct{} // closed when the sender has ended
}

// NewAnnouncer starts an announcer on db. Close it before db.
func NewAnnouncer(db *DB) *Announcer {
	a := &Announcer{db: db, queued: map[string]struct{}{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if db.dialect.oneWriter {
		close(a.done)
		return a
	}
	go a.send()
	return a
}

// Close sends the queue and stops.
func (a *Announcer) Close() {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.wake)
	}
	a.mu.Unlock()
	<-a.done
}

// Announce wakes other processes: the order has changed. It does not block:
// concurrent announcements are sent together. Call it after the commit, since a NOTIFY
// within a transaction makes commits wait for each other.
func (a *Announcer) Announce(_ context.Context, orderID string) {
	if a.db.dialect.oneWriter || orderID == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || len(a.queued) >= maxQueued {
		return
	}
	a.queued[orderID] = struct{}{}
	select {
	case a.wake <- struct{}{}:
	default: // the sender has been woken already
	}
}

func (a *Announcer) send() {
	defer close(a.done)
	for range a.wake {
		a.flush()
	}
	a.flush()
}

func (a *Announcer) flush() {
	a.mu.Lock()
	ids := make([]string, 0, len(a.queued))
	for id := range a.queued {
		ids = append(ids, id)
	}
	clear(a.queued)
	a.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	ctx := context.Background() // announcements belong to no request; run sets a deadline
	if err := a.notify(ctx, ids); err != nil {
		a.db.options.Logger.DebugContext(ctx, "orders not announced", "orders", len(ids), "error", err)
	}
}

func (a *Announcer) notify(ctx context.Context, ids []string) error {
	return a.db.run(ctx, "announce orders", func(ctx context.Context, q bun.IDB) error {
		// The transaction need not be on disk: a crash that loses an announcement also
		// closes its listeners' connections.
		_, err := q.NewRaw(`SET LOCAL synchronous_commit TO off;
			SELECT pg_notify(?, id) FROM unnest(?::text[]) AS id`, announcements, pgdialect.Array(ids)).Exec(ctx)
		return err
	})
}

// Listen calls announced with the id of each order that this or another process announces, until
// ctx ends, and then returns nil. It reconnects when the database was away; announcements of that
// time are lost.
func (a *Announcer) Listen(ctx context.Context, announced func(orderID string)) error {
	if a.db.dialect.oneWriter {
		<-ctx.Done()
		return nil
	}
	for ctx.Err() == nil {
		err := a.listen(ctx, announced)
		a.db.options.Logger.DebugContext(ctx, "not listening to announcements", "error", err)
		select {
		case <-time.After(reconnectAfter):
		case <-ctx.Done():
		}
	}
	return nil
}

// listen listens on one connection until it fails or ctx ends.
func (a *Announcer) listen(ctx context.Context, announced func(orderID string)) error {
	listener := pgdriver.NewListener(a.db.bun)
	closeListener := sync.OnceFunc(func() { _ = listener.Close() }) // its error does not matter
	defer closeListener()
	defer context.AfterFunc(ctx, closeListener)() // ends Receive, which does not watch ctx
	if err := listener.Listen(ctx, announcements); err != nil {
		return err
	}
	requested := false
	for {
		_, orderID, err := listener.ReceiveTimeout(ctx, quiet)
		switch {
		case err == nil:
			requested = false
			if orderID != "" {
				announced(orderID)
			}
		case !isTimeout(err) || requested:
			return err
		default:
			requested = true
			if err := a.notify(ctx, []string{""}); err != nil {
				return err
			}
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
