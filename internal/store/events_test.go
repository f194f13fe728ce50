package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

func newEvent(orderID string, n int) booking.Event {
	return booking.Event{
		Key: key(orderID, "/", n), Type: booking.ReservationStatusChanged, Subject: orderID, At: christmas.UTC(),
		Data: booking.EventData{Kind: booking.Lodging, CustomerID: "c", Quantity: n, Amount: won, Status: booking.Paid},
	}
}

// publishEvents publishes the order with its events from number `from` to number `to`.
func publishEvents(ctx context.Context, m *store.Mypage, orderID string, from, to int) error {
	p := contract.Publication{View: newView(orderID, "c", int64(to), booking.Paid)}
	for n := from; n <= to; n++ {
		p.Events = append(p.Events, newEvent(orderID, n))
	}
	return m.Publish(ctx, p)
}

// follower reads the feed from the beginning, page by page.
type follower struct {
	m      *store.Mypage
	cursor string
	seen   []booking.Event
}

// follow reads all events up to now.
func (f *follower) follow(t *testing.T) {
	t.Helper()
	for {
		events, next, err := f.m.Events(t.Context(), f.cursor, 7)
		require.NoError(t, err)
		f.seen = append(f.seen, events...)
		f.cursor = next
		if len(events) == 0 {
			return
		}
	}
}

// followUntil reads until n events were read. Transactions of other databases on the
// same server can block the feed, but not for long.
func (f *follower) followUntil(t *testing.T, n int) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(3 * time.Minute)
	for f.follow(t); len(f.seen) < n; f.follow(t) {
		select {
		case <-again.C:
		case <-timeout:
			require.Len(t, f.seen, n)
		}
	}
	require.Len(t, f.seen, n)
}

// requireInOrder requires each order's events from its first to its last, each once.
func (f *follower) requireInOrder(t *testing.T) {
	t.Helper()
	last := map[string]int{}
	for _, e := range f.seen {
		require.Equal(t, last[e.Subject]+1, e.Data.Quantity, e.Key)
		last[e.Subject]++
	}
}

func quantities(events []booking.Event) (all []int) {
	for _, e := range events {
		all = append(all, e.Data.Quantity)
	}
	return all
}

func testEvents(t *testing.T, fresh newURL) {
	run(t, "InOrderOnce", func(t *testing.T) {
		reader := follower{m: store.NewMypage(setup(t, fresh, "mypage"))}
		reader.follow(t)
		require.Empty(t, reader.cursor)

		require.NoError(t, publishEvents(t.Context(), reader.m, "o1", 1, 3))
		require.NoError(t, publishEvents(t.Context(), reader.m, "o1", 2, 5))
		require.NoError(t, publishEvents(t.Context(), reader.m, "o1", 1, 2))
		reader.followUntil(t, 5)
		reader.requireInOrder(t)
		first := reader.seen[0]
		first.Cursor = ""
		require.Equal(t, newEvent("o1", 1), first)

		require.NoError(t, publishEvents(t.Context(), reader.m, "o1", 6, 6))
		reader.followUntil(t, 6)
		reader.requireInOrder(t)
	})

	run(t, "GoesOnAfterAnyEvent", func(t *testing.T) {
		reader := follower{m: store.NewMypage(setup(t, fresh, "mypage"))}
		require.NoError(t, publishEvents(t.Context(), reader.m, "o1", 1, 3))
		require.NoError(t, publishEvents(t.Context(), reader.m, "o2", 1, 2))
		require.NoError(t, publishEvents(t.Context(), reader.m, "o1", 4, 4))
		reader.followUntil(t, 6)
		for i, e := range reader.seen {
			following, next, err := reader.m.Events(t.Context(), e.Cursor, 10)
			require.NoError(t, err)
			require.Equal(t, reader.seen[i+1:], append([]booking.Event{}, following...))
			require.Equal(t, reader.cursor, next)
		}
		require.Equal(t, reader.cursor, reader.seen[5].Cursor)
	})

	run(t, "ManyWriters", func(t *testing.T) {
		const writers, publications, each = 16, 8, 3
		reader := follower{m: store.NewMypage(setup(t, fresh, "mypage"))}
		written := make(chan error, 1)
		go func() {
			_, err := atOnce(writers, func(i int) (struct{}, error) {
				for n := range publications {
					if err := publishEvents(t.Context(), reader.m, key("o", i), n*each+1, (n+1)*each); err != nil {
						return struct{}{}, err
					}
				}
				return struct{}{}, nil
			})
			written <- err
		}()
		for running := true; running; { // read while they write
			select {
			case err := <-written:
				require.NoError(t, err)
				running = false
			default:
				reader.follow(t)
			}
		}
		reader.followUntil(t, writers*publications*each)
		reader.requireInOrder(t)
	})

	run(t, "OnePublicationOvertakesAnother", func(t *testing.T) {
		// A publication is retried with the events of earlier ones while its first
		// attempt may still be on the way.
		reader := follower{m: store.NewMypage(setup(t, fresh, "mypage"))}
		const orders, depth = 10, 6
		together(t, orders*depth, func(i int) (struct{}, error) {
			return struct{}{}, publishEvents(t.Context(), reader.m, key("o", i%orders), 1, i/orders+1)
		})
		reader.followUntil(t, orders*depth)
		reader.requireInOrder(t)
	})

	run(t, "UnreadableEvents", func(t *testing.T) {
		db := setup(t, fresh, "mypage")
		var named []string
		m := store.NewMypage(db).ReportingSkipped(func(u *store.Unreadable) { named = append(named, u.OrderID+": "+u.Error()) })
		require.NoError(t, publishEvents(t.Context(), m, "o1", 1, 20))
		whole := follower{m: m}
		whole.followUntil(t, 20)
		require.Empty(t, named)
		spoil := func(from, to int) {
			for n := from; n <= to; n++ {
				_, err := db.SQL().ExecContext(t.Context(), "UPDATE events SET data = '[]' WHERE key = '"+newEvent("o1", n).Key+"'")
				require.NoError(t, err)
			}
		}
		spoil(3, 17) // more than two pages of a follower
		spoil(20, 20)

		reader := follower{m: m}
		reader.follow(t)
		require.Equal(t, []int{1, 2, 18, 19}, quantities(reader.seen))
		require.Contains(t, named, "o1: event "+newEvent("o1", 3).Key+": json: cannot unmarshal array into Go value of type booking.EventData")
		require.Equal(t, whole.cursor, reader.cursor, "the last one is skipped, too")
		require.NoError(t, publishEvents(t.Context(), m, "o1", 21, 21))
		reader.followUntil(t, 5)

		var found []string
		for _, err := range m.UnreadableEvents(t.Context()) {
			var u *store.Unreadable
			require.ErrorAs(t, err, &u)
			require.Equal(t, "o1", u.OrderID)
			found = append(found, u.Error())
		}
		require.Len(t, found, 16)

		// A row that is repaired and gets a new place is read by every reader.
		_, err := db.SQL().ExecContext(t.Context(), "DELETE FROM events WHERE key = '"+newEvent("o1", 3).Key+"'")
		require.NoError(t, err)
		require.NoError(t, publishEvents(t.Context(), m, "o1", 3, 3))
		reader.followUntil(t, 6)
		require.Equal(t, 3, reader.seen[5].Data.Quantity)
	})

	run(t, "OfOne", func(t *testing.T) { testEventsOfOne(t, setup(t, fresh, "mypage")) })

	run(t, "BadCursor", func(t *testing.T) {
		m := store.NewMypage(setup(t, fresh, "mypage"))
		_, _, err := m.Events(t.Context(), "bad", 1)
		requireCode(t, booking.InvalidCursor, err)
	})
}

// testEventsOfOne: the events of a customer's and of an owner's orders can be read
// apart from all others, in the order of the feed, from any of its cursors, without
// events of the catalogue.
func testEventsOfOne(t *testing.T, db *store.DB) {
	m := store.NewMypage(db)
	publish := func(orderID, customerID, ownerID string, n int) {
		e := newEvent(orderID, n)
		e.Data.CustomerID, e.Data.OwnerID = customerID, ownerID
		view := newView(orderID, customerID, int64(n), booking.Paid)
		require.NoError(t, m.Publish(t.Context(), contract.Publication{View: view, Events: []booking.Event{e}}))
	}
	follow := func(f booking.EventFilter, after string) (seen []int, end string) {
		for {
			events, next, err := m.EventsOf(t.Context(), f, after, 2)
			require.NoError(t, err)
			seen, after = append(seen, quantities(events)...), next
			if len(events) == 0 {
				return seen, after
			}
		}
	}
	start, err := m.EndOfFeed(t.Context())
	require.NoError(t, err)
	for n := 1; n <= 30; n++ {
		publish(key("o", n), key("c", n%3), key("w", n%5), n)
	}
	place := booking.Event{Key: "place-1/PlaceChanged/2", Type: booking.PlaceChanged, Subject: "place-1", At: christmas.UTC(), Catalogue: &booking.CatalogueData{OwnerID: "w1"}}
	require.NoError(t, m.AppendEvents(t.Context(), "catalogue", []booking.Event{place}))
	whole := follower{m: m}
	whole.followUntil(t, 31)
	end, err := m.EndOfFeed(t.Context())
	require.NoError(t, err)
	require.Equal(t, whole.cursor, end)

	ofCustomer, ofOwner := booking.EventFilter{CustomerID: "c1"}, booking.EventFilter{OwnerID: "w1"}
	for _, from := range []string{"", start} {
		seen, at := follow(ofCustomer, from)
		require.Equal(t, []int{1, 4, 7, 10, 13, 16, 19, 22, 25, 28}, seen)
		require.Equal(t, end, at, "behind what is not theirs")
		seen, _ = follow(ofOwner, from)
		require.Equal(t, []int{1, 6, 11, 16, 21, 26}, seen)
	}
	seen, _ := follow(ofCustomer, whole.seen[8].Cursor)
	require.Equal(t, []int{10, 13, 16, 19, 22, 25, 28}, seen, "from a cursor of the whole feed")
	seen, at := follow(booking.EventFilter{CustomerID: "unknown"}, "")
	require.Empty(t, seen)
	require.Equal(t, end, at)

	publish("o31", "c1", "w1", 31)
	whole.followUntil(t, 32)
	seen, _ = follow(ofCustomer, end)
	require.Equal(t, []int{31}, seen)
	_, _, err = m.EventsOf(t.Context(), ofCustomer, "bad", 1)
	requireCode(t, booking.InvalidCursor, err)
}

// The feed does not pass a transaction that inserts first and commits last.
func TestEvents_CommittedOutOfOrder(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	db := open(t, url)
	_, err := store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	reader := follower{m: store.NewMypage(db)}
	require.NoError(t, publishEvents(t.Context(), reader.m, "before", 1, 1))
	reader.followUntil(t, 1)

	slow, err := sql.Open("pg", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, slow.Close()) })
	tx, err := slow.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `INSERT INTO events (key, type, order_id, at, data)
		VALUES ('slow/1', 'ReservationPlaced', 'slow', now(), '{"quantity": 1}')`)
	require.NoError(t, err)

	require.NoError(t, publishEvents(t.Context(), reader.m, "fast", 1, 4))
	reader.follow(t)
	require.Len(t, reader.seen, 1, "nothing after the open transaction")

	require.NoError(t, tx.Commit())
	reader.followUntil(t, 6)
	reader.requireInOrder(t)
	require.Equal(t, "slow/1", reader.seen[1].Key)
}

// Sixteen writers have a transaction open each, and commit in any order but that in
// which they inserted, while a reader follows.
func TestEvents_ManyWritersCommitOutOfOrder(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	db := open(t, url)
	_, err := store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	reader := follower{m: store.NewMypage(db)}
	writers, err := sql.Open("pg", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, writers.Close()) })

	const many, each = 16, 6
	insert := func(writer, n int) *sql.Tx {
		tx, err := writers.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		order := key("o", writer)
		_, err = tx.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO events (key, type, order_id, at, data)
			VALUES ('%s/%d', 'ReservationStatusChanged', '%s', now(), '{"quantity": %d}')`, order, n, order, n))
		require.NoError(t, err)
		return tx
	}
	under := make([]*sql.Tx, many)
	for writer := range under {
		under[writer] = insert(writer, 1)
	}
	for n := 1; n <= each; n++ {
		for _, writer := range rand.Perm(many) {
			require.NoError(t, under[writer].Commit())
			if n < each {
				under[writer] = insert(writer, n+1)
			}
			reader.follow(t)
		}
	}
	reader.followUntil(t, many*each)
	reader.requireInOrder(t)
}

// A publication that waits for an earlier one of the same order gets a later place in
// the feed, although it had begun before the earlier one wrote anything.
func TestEvents_PublicationsOfAnOrderWaitForEachOther(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	db := open(t, url)
	_, err := store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	reader := follower{m: store.NewMypage(db)}

	other, err := sql.Open("pg", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	earlier, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = earlier.ExecContext(t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('o1', 0))`)
	require.NoError(t, err)

	published := make(chan error, 1)
	go func() { published <- publishEvents(t.Context(), reader.m, "o1", 1, 2) }()
	awaitBlocked(t, other)
	_, err = earlier.ExecContext(t.Context(), `INSERT INTO events (key, type, order_id, at, data)
		VALUES ('o1/1', 'ReservationPlaced', 'o1', now(), '{"quantity": 1}')`)
	require.NoError(t, err)
	require.NoError(t, earlier.Commit())
	require.NoError(t, <-published)
	reader.followUntil(t, 2)
	reader.requireInOrder(t)
}

// awaitBlocked waits until a session of the database waits for a lock.
func awaitBlocked(t *testing.T, db *sql.DB) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(3 * time.Minute)
	for {
		var blocked bool
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&blocked))
		if blocked {
			return
		}
		select {
		case <-again.C:
		case <-timeout:
			require.Fail(t, "no session waits for a lock")
		}
	}
}
