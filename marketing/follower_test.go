package marketing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// history makes n events: orders that come into being, and every tenth of them
// cancelled.
func history(n int) (events []string) {
	for i := 0; len(events) < n; i++ {
		order, customer, item := fmt.Sprintf("lodging-%d", i), fmt.Sprintf("customer-%d", i/2), fmt.Sprintf("place-%d", i%7)
		events = append(events, placed(order, customer, item),
			cloudEvent("ReservationConfirmed", order, customer, "lodging", item, "", firstTime))
		if i%10 == 9 {
			events = append(events, cancelled(order, customer, item))
		}
	}
	return events[:n]
}

// requireExactly checks that a store has exactly the feed's content up to the store's
// own cursor, and returns the number of events.
func requireExactly(t *testing.T, s *store, events []string) int {
	t.Helper()
	var at progressRow
	var rows []booking
	// At one moment: the server may still be writing when its client is dead.
	snapshot := &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
	if s.dialect == sqlite {
		snapshot = nil // there are no writers meanwhile
	}
	require.NoError(t, s.db.RunInTx(t.Context(), snapshot, func(ctx context.Context, tx bun.Tx) error {
		return errors.Join(tx.NewSelect().Model(&at).Where("id = 1").Scan(ctx), tx.NewSelect().Model(&rows).Scan(ctx))
	}))
	position := positionOf(at.Cursor)
	want := map[string]bool{}
	for _, raw := range events[:position] {
		e, err := readEvent([]byte(raw))
		require.NoError(t, err)
		b, ok, err := e.booking()
		require.NoError(t, err)
		if ok {
			want[b.OrderID] = b.Cancelled
		}
	}
	got := map[string]bool{}
	for _, b := range rows {
		got[b.OrderID] = b.Cancelled
		require.NotEmpty(t, b.CustomerID)
	}
	require.Equal(t, len(want), len(rows)) //nolint:testifylint // Len would print every row
	require.True(t, maps.Equal(want, got), "a booking is not the one that was placed")
	return position
}

func TestFollower_StartedLateCatchesUpFromTheBeginning(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, history(1030)...)
		s := start(t, f, databaseURL, zap.NewNop())
		s.requireCaughtUp(f)
		require.Equal(t, []string{"", cursorAt(200), cursorAt(400)}, f.questions()[:3])
		require.Equal(t, 1030, requireExactly(t, openStore(t, databaseURL), f.events))
		require.Equal(t, firstTime, *s.get("/readyz").body.LastEventAt)

		f.add(placed("lodging-new", "customer-new", "place-new"))
		s.requireCaughtUp(f)
		require.Equal(t, 1031, requireExactly(t, openStore(t, databaseURL), f.events))
	})
}

func TestFollower_StoppedBetweenPagesContinues(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, history(900)...)
		thirdPage := make(chan struct{})
		pages := 0
		f.serves = func() {
			if pages++; pages == 3 {
				close(thirdPage)
			}
		}
		first := start(t, f, databaseURL, zap.NewNop())
		<-thirdPage
		first.stop()
		before := len(f.questions())
		reached := requireExactly(t, openStore(t, databaseURL), f.events)
		require.GreaterOrEqual(t, reached, 400, "two pages at least were stored")

		second := start(t, f, databaseURL, zap.NewNop())
		second.requireCaughtUp(f)
		require.Equal(t, cursorAt(reached), f.questions()[before], "it does not begin anew")
		require.Equal(t, 900, requireExactly(t, openStore(t, databaseURL), f.events))
	})
}

// Two processes on one database share the work and do not disturb each other.
func TestFollower_TwoAtOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, history(1500)...)
		one, other := start(t, f, databaseURL, zap.NewNop()), start(t, f, databaseURL, zap.NewNop())
		one.requireCaughtUp(f)
		other.requireCaughtUp(f)
		require.Equal(t, 1500, requireExactly(t, openStore(t, databaseURL), f.events))
	})
}

// Dropped tables are filled again from the beginning.
func TestFollower_BeginsAnew(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, history(300)...)
		s := start(t, f, databaseURL, zap.NewNop())
		s.requireCaughtUp(f)
		for i, tables := range [][]string{{"followed", "offers", "bookings"}, {"bookings"}, {"offers"}, {"followed"}} {
			for _, table := range tables {
				_, err := s.store.db.ExecContext(t.Context(), "DROP TABLE marketing_"+table)
				require.NoError(t, err)
			}
			f.add(placed(fmt.Sprintf("lodging-new-%d", i), "customer-new", "place-new"))
			s.requireCaughtUp(f)
			require.Equal(t, 301+i, requireExactly(t, s.store, f.events))
		}
	})
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		c.Close()
	}
}

func TestFollower_FeedAwayForAWhile(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
	f.answers(hangUp)
	s := start(t, f, "sqlite://"+t.TempDir()+"/marketing.db", zap.New(core))
	logged := func(message string) int { return logs.FilterMessage(message).Len() }
	eventually(t, func() bool { return logged(feedAway) == 1 })
	ready := s.get("/readyz")
	require.Equal(t, http.StatusOK, ready.status, "recommendations are answered all the same")
	require.False(t, ready.body.CaughtUp)
	require.Empty(t, s.recommended("minho"))

	f.answers(nil)
	s.requireCaughtUp(f)
	eventually(t, func() bool { return logged("the event feed is followed again") == 1 })
	require.Equal(t, []string{"popular place-1 1"}, s.recommended("minho"))

	tried := make(chan struct{}, 100)
	f.answers(func(w http.ResponseWriter, _ *http.Request) {
		tried <- struct{}{}
		http.Error(w, "restarting", http.StatusServiceUnavailable)
	})
	for range 4 {
		<-tried
	}
	require.Equal(t, 2, logged(feedAway), "once an outage, however often it is tried")
	require.False(t, s.get("/readyz").body.CaughtUp)
	require.Equal(t, []string{"popular place-1 1"}, s.recommended("minho"), "what is known stays")
	f.answers(nil)
	f.add(placed("lodging-2", "bora", "place-1"))
	s.requireCaughtUp(f)
	require.Equal(t, []string{"popular place-1 2"}, s.recommended("minho"))
}

// Any answer of the feed that is no page is a temporary failure, and each kind is
// logged once.
func TestFollower_FeedThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status       int
		answer, want string
	}{
		"NotThere":       {http.StatusNotFound, `nothing here`, feedRefuses},
		"CursorRefused":  {http.StatusUnprocessableEntity, `{"code":"invalid_cursor"}`, feedRefuses},
		"TooMany":        {http.StatusTooManyRequests, ``, feedAway},
		"Broken":         {http.StatusBadGateway, `<html>`, feedAway},
		"NotJSON":        {http.StatusOK, `<html>welcome</html>`, feedUnreadable},
		"SomethingElse":  {http.StatusOK, `{"status":"ok"}`, feedUnreadable},
		"CutOff":         {http.StatusOK, `{"items":[{"specversion":`, feedUnreadable},
		"StandsStill":    {http.StatusOK, `{"items":[{}],"next":""}`, feedUnreadable},
		"ItemsAreNoList": {http.StatusOK, `{"items":{},"next":"1"}`, feedUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zap.WarnLevel)
			f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
			f.answers(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.answer)
			})
			s := start(t, f, "sqlite://"+t.TempDir()+"/marketing.db", zap.New(core))
			eventually(t, func() bool { return logs.Len() > 0 })
			require.Equal(t, tt.want, logs.All()[0].Message)
			f.answers(nil)
			s.requireCaughtUp(f)
			require.Equal(t, 1, logs.Len())
		})
	}
}

// poison is a page of events that can be in a feed and are no valid booking.
var poison = []string{
	`null`, `7`, `"text"`, `[]`, `{}`, `{"specversion":"1.0"}`,
	`{"specversion":"2.0","type":"ReservationPlaced","subject":"lodging-p","data":{}}`,
	`{"specversion":"1.0","type":7}`,
	`{"specversion":"1.0","type":"ReservationPlaced","subject":"lodging-p","time":"yesterday","data":{}}`,
	`{"specversion":"1.0","type":"ReservationPlaced","subject":"lodging-p","time":"0000-01-01T00:00:00Z","data":{}}`,
	`{"specversion":"1.0","type":"ReservationPlaced","subject":"lodging-p","time":"9999-12-31T23:59:59-10:00","data":{}}`,
	`{"specversion":"1.0","type":"ReservationPlaced","subject":"lodging-p"}`,
	`{"specversion":"1.0","type":"ReservationPlaced","subject":"lodging-p","data":"text"}`,
	`{"specversion":"1.0","type":"ReservationPlaced","subject":"lodging-p","data":null}`,
	`{"specversion":"1.0","type":"ReservationCanceled"}`,
	placed("", "alice", "place-1"),
	placed("lodging-p", "", "place-1"),
	placed("lodging-p", "alice", ""),
	placed("lodging-p", "al\x00ice", "place-1"),
	placed("lodging-p", "alice", strings.Repeat("x", longestID+1)),
	placed("lodging-p\x00", "alice", "place-1"),
	cloudEvent("ReservationPlaced", "lodging-p", "alice", "", "place-1", "", firstTime),
}

func TestFollower_PoisonBlocksNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		core, logs := observer.New(zap.WarnLevel)
		f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
		f.add(poison...)
		f.add(
			`{"specversion":"1.0","type":"SomethingNew","subject":"","data":"of another shape"}`,
			cloudEvent("ReservationPlaced", "lodging-2", "예약 😀", "lodging", strings.Repeat("가", longestID/3), "na\x00me", time.Time{}),
		)
		s := start(t, f, databaseURL, zap.New(core))
		s.requireCaughtUp(f)
		require.Len(t, s.recommended("minho"), 2)
		skipped := logs.FilterMessage("an event cannot be read and is passed over").All()
		at := map[any]bool{} // a page that could not be stored is read again
		for _, entry := range skipped {
			require.NotContains(t, fmt.Sprint(entry.ContextMap()), "alice")
			at[entry.ContextMap()["position"]] = true
		}
		require.Len(t, at, len(poison))
		require.True(t, at[int64(1)], "counted from the first of the page")
	})
}

func TestFollower_Backoff(t *testing.T) {
	t.Parallel()
	f := &follower{pollEvery: time.Second}
	for setbacks, longest := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 6: longestPause, 1000: longestPause,
	} {
		for range 100 {
			d := f.backoff(setbacks)
			require.GreaterOrEqual(t, d, longest/2)
			require.LessOrEqual(t, d, longest)
		}
	}
	f.pollEvery = time.Hour
	require.GreaterOrEqual(t, f.backoff(3), time.Hour/2, "never more eager than in good times")
}
