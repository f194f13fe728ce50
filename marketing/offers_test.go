package marketing

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"
	"go.uber.org/zap"
)

// offered is an event of the catalogue, with further fields of the item.
func offered(eventType, itemID, itemName string, says map[string]any) string {
	data := map[string]any{"kind": "lodging", "ownerId": "bora", "item": map[string]any{"id": itemID, "name": itemName}, "withdrawn": false}
	for name, value := range says {
		data[name] = value
	}
	raw, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": fmt.Sprintf("%s/%s/1", itemID, eventType), "source": "/yeyak/lodging", "type": eventType,
		"subject": itemID, "time": firstTime, "datacontenttype": "application/json", "data": data,
	})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func withdrawn(itemID string) string {
	return offered("PlaceWithdrawn", itemID, "Name of "+itemID, map[string]any{"withdrawn": true})
}

func restored(itemID, name string) string {
	return offered("PlaceBroughtBack", itemID, name, nil)
}

func TestRecommend_NotWhatWasWithdrawn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		storeEvents(t, s, bookings("alice inn", "bora inn", "bora lake", "chan spa", "chan lake", "dana spa")...)
		require.Equal(t, []string{"also_booked lake 1", "popular spa 2"}, recommended(t, s, "alice", 5))

		storeEvents(t, s, withdrawn("lake"))
		require.Equal(t, []string{"popular spa 2"}, recommended(t, s, "alice", 5))
		storeEvents(t, s, restored("lake", "Lake"), withdrawn("spa"))
		require.Equal(t, []string{"also_booked lake 1"}, recommended(t, s, "alice", 5))
		storeEvents(t, s, placed("lodging-later", "erik", "spa"))
		require.Equal(t, []string{"also_booked lake 1"}, recommended(t, s, "alice", 5), "an order that was placed before, and received later")
		storeEvents(t, s, withdrawn("inn"), restored("spa", "Spa"))
		require.Equal(t, []string{"also_booked lake 1", "popular spa 3"}, recommended(t, s, "alice", 5), "the common bookings still count")

		deleted := offered("DrinkDeleted", "spa", "Spa", map[string]any{"withdrawn": true, "deleted": true})
		storeEvents(t, s, deleted, restored("spa", "Spa"))
		storeEvents(t, s, restored("spa", "Spa"))
		require.Equal(t, []string{"also_booked lake 1"}, recommended(t, s, "alice", 5), "what was deleted is never recommended again")
	})
}

// An event of a withdrawal may come before those of the bookings.
func TestRecommend_WithdrawnBeforeItIsBooked(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		storeEvents(t, s, withdrawn("inn"))
		storeEvents(t, s, bookings("alice inn", "bora inn", "bora lake")...)
		require.Equal(t, []string{"popular lake 1"}, recommended(t, s, "minho", 5))
	})
}

func TestRecommend_NotWhatHasEnded(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		storeEvents(t, s, bookings("alice yesterday", "alice tomorrow", "alice always")...)
		for name, ends := range map[string]time.Time{"yesterday": time.Now().Add(-time.Second), "tomorrow": time.Now().Add(24 * time.Hour)} {
			storeEvents(t, s, offered("DrinkRegistered", name, name, map[string]any{"endsAt": ends}))
		}
		storeEvents(t, s, offered("PlaceRegistered", "always", "always", nil))
		require.Equal(t, []string{"popular always 1", "popular tomorrow 1"}, recommended(t, s, "minho", 5))
	})
}

func TestRecommend_PresentName(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		name := func() string {
			items, err := s.recommend(t.Context(), "minho", 1)
			require.NoError(t, err)
			return items[0].Item.Name
		}
		storeEvents(t, s, placed("lodging-1", "alice", "inn"))
		require.Equal(t, "Name of inn", name())
		storeEvents(t, s, offered("PlaceRegistered", "inn", "Name of inn", nil), offered("PlaceChanged", "inn", "Seaside Inn", nil))
		require.Equal(t, "Seaside Inn", name())
		storeEvents(t, s, placed("lodging-2", "bora", "inn"))
		require.Equal(t, "Seaside Inn", name(), "an order keeps the name that it was placed under, and shows no newer one")
	})
}

// Before the feed has been read to its end once, a withdrawal may still come: nothing
// is recommended, whether the service is new, was started late, or has had its tables
// dropped.
func TestFollower_RecommendsNothingWithdrawnWhileItCatchesUp(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, history(900)...)
		f.add(withdrawn("place-1"))
		thirdPage, release := make(chan struct{}), make(chan struct{})
		pages := 0
		f.serves = func() {
			if pages++; pages == 3 {
				f.Unlock() // requests meanwhile do not use the feed
				close(thirdPage)
				<-release
				f.Lock()
			}
		}
		continues := sync.OnceFunc(func() { close(release) })
		t.Cleanup(continues) // the feed cannot be closed before
		s := start(t, f, databaseURL, zap.NewNop())
		<-thirdPage // two pages are processed
		require.Empty(t, s.recommended("minho"))
		continues()
		s.requireCaughtUp(f)
		require.NotEmpty(t, s.recommended("minho"))
		for _, item := range s.get("/recommendations/minho?limit=50").body.Items {
			require.NotEqual(t, "place-1", item.Item.ID)
		}

		_, err := s.store.db.ExecContext(t.Context(), "DROP TABLE marketing_offers")
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, s.get("/recommendations/minho").status)
		s.requireCaughtUp(f)
		eventually(t, func() bool {
			a := s.get("/recommendations/minho?limit=50")
			for _, item := range a.body.Items {
				require.NotEqual(t, "place-1", item.Item.ID)
			}
			return a.status == http.StatusOK && len(a.body.Items) > 0
		})
	})
}

// oldTables are those of the first version, which stored bookings only.
var oldTables = []string{
	`CREATE TABLE marketing_progress (id integer PRIMARY KEY CHECK (id = 1), cursor text NOT NULL, last_event_at timestamptz)`,
	`CREATE TABLE marketing_bookings (order_id text PRIMARY KEY, customer_id text NOT NULL, kind text NOT NULL, item_id text NOT NULL,
		item_name text NOT NULL, placed_at timestamptz NOT NULL, cancelled boolean NOT NULL)`,
	`INSERT INTO marketing_progress (id, cursor) VALUES (1, '` + cursorAt(3) + `')`,
	`INSERT INTO marketing_bookings VALUES ('lodging-1', 'alice', 'lodging', 'place-1', 'Old name', '2026-11-24 01:38:28+00:00', FALSE)`,
}

// A store of the first version, which skipped the events of the catalogue, is migrated
// by the service itself.
func TestFollower_UpgradesAStoreOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"), withdrawn("place-1"), placed("lodging-2", "bora", "place-2"))
		db := withoutTables(t, databaseURL)
		for _, statement := range oldTables {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		require.NoError(t, db.Close())

		s := start(t, f, databaseURL, zap.NewNop())
		s.requireCaughtUp(f)
		require.Equal(t, []string{"popular place-2 1"}, s.recommended("minho"))
		require.Equal(t, 3, requireExactly(t, s.store, f.events))
	})
}

// withoutTables opens a database without creating tables, which opening a store does.
func withoutTables(t *testing.T, databaseURL string) *sql.DB {
	t.Helper()
	where, err := Settings{DatabaseURL: databaseURL}.database()
	require.NoError(t, err)
	if where.postgres == nil {
		return sql.OpenDB(connector{"file:" + where.file})
	}
	return sql.OpenDB(pgdriver.NewConnector(where.postgres...))
}

// An offer with a day and without an end ends with that day in its time zone.
func TestEvent_EndsWithItsDay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		says map[string]any
		want int64
	}{
		"Ahead":         {map[string]any{"date": "2026-11-24", "timeZone": "Asia/Seoul"}, time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC).Unix()},
		"Behind":        {map[string]any{"date": "2026-12-31", "timeZone": "America/New_York"}, time.Date(2027, 1, 1, 5, 0, 0, 0, time.UTC).Unix()},
		"DayOf23Hours":  {map[string]any{"date": "2026-03-29", "timeZone": "Europe/Berlin"}, time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC).Unix()},
		"NoMidnight":    {map[string]any{"date": "2027-09-04", "timeZone": "America/Santiago"}, time.Date(2027, 9, 5, 4, 0, 0, 0, time.UTC).Unix()},
		"NoZone":        {map[string]any{"date": "2026-11-24"}, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC).Unix()},
		"UnknownZone":   {map[string]any{"date": "2026-11-24", "timeZone": "Sea/Bottom"}, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC).Unix()},
		"EndIsToldToo":  {map[string]any{"date": "2026-11-24", "timeZone": "Asia/Seoul", "endsAt": time.Unix(7, 0).UTC()}, 7},
		"NeitherIsTold": {nil, noEnd},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := readEvent([]byte(offered("DrinkRegistered", "latte", "Latte", tt.says)))
			require.NoError(t, err)
			o, ok, err := e.offer()
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, tt.want, o.EndsAt)
		})
	}
	e, err := readEvent([]byte(offered("DrinkRegistered", "latte", "Latte", map[string]any{"date": "today"})))
	require.NoError(t, err)
	_, _, err = e.offer()
	require.ErrorContains(t, err, "data.date")
}

// A drink that was registered before there were events is not recommended after its
// day.
func TestRecommend_NotADrinkOfThePast(t *testing.T) {
	t.Parallel()
	s := openStore(t, "sqlite://"+t.TempDir()+"/marketing.db")
	storeEvents(t, s, bookings("alice gone", "alice coming")...)
	for name, date := range map[string]time.Time{"gone": time.Now().AddDate(0, 0, -3), "coming": time.Now().AddDate(0, 0, 3)} {
		storeEvents(t, s, offered("DrinkRegistered", name, name, map[string]any{"date": date.Format(time.DateOnly), "timeZone": "Asia/Seoul"}))
	}
	require.Equal(t, []string{"popular coming 1"}, recommended(t, s, "minho", 5))
}
