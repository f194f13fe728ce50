package marketing

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// storeEvents stores the events.
func storeEvents(t *testing.T, s *store, events ...string) {
	t.Helper()
	at, err := s.progress(t.Context())
	require.NoError(t, err)
	made := progress{cursor: at.Cursor + ".", complete: true}
	for _, e := range events {
		require.NoError(t, made.add(json.RawMessage(e)))
	}
	require.NoError(t, s.take(t.Context(), at.Cursor, made))
}

func recommended(t *testing.T, s *store, customer string, limit int) []string {
	t.Helper()
	items, err := s.recommend(t.Context(), customer, limit)
	require.NoError(t, err)
	require.NotNil(t, items, "null would break clients that loop over it")
	return inShort(items)
}

// bookings are events of orders "customer item", each placed.
func bookings(pairs ...string) (events []string) {
	for i, pair := range pairs {
		var customer, item string
		if _, err := fmt.Sscan(pair, &customer, &item); err != nil {
			panic(err)
		}
		events = append(events, placed(fmt.Sprintf("lodging-%d-%s", i, customer), customer, item))
	}
	return events
}

func TestRecommend(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		require.Empty(t, recommended(t, s, "alice", 5), "no customer has booked anything")

		storeEvents(t, s, bookings(
			"alice inn", "alice spa",
			"bora inn", "bora lake", "bora lake", // twice is one customer
			"chan spa", "chan lake", "chan attic",
			"dana inn", "dana Barn",
			"eun hall", "eun lake",
			"finn hall", "gina hall", "hana hall", "gina tent",
		)...)
		require.Equal(t, []string{
			"also_booked lake 2",                        // not eun's: she has no booking in common
			"also_booked Barn 1", "also_booked attic 1", // byte by byte, in every locale
			"popular hall 4", "popular tent 1",
		}, recommended(t, s, "alice", 5))
		require.Equal(t, []string{"also_booked lake 2", "also_booked Barn 1"}, recommended(t, s, "alice", 2))
		require.Equal(t, []string{"also_booked lake 2", "also_booked Barn 1", "also_booked attic 1", "popular hall 4"},
			recommended(t, s, "alice", 4))
		require.Equal(t, []string{"popular hall 4", "popular inn 3", "popular lake 3", "popular spa 2", "popular Barn 1"},
			recommended(t, s, "a stranger", 5))
		require.Equal(t, []string{"also_booked lake 1", "also_booked tent 1", "popular inn 3"}, recommended(t, s, "hana", 3))
	})
}

func TestRecommend_CancelledBookingsDoNotCount(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		storeEvents(t, s,
			placed("lodging-1", "alice", "inn"), placed("lodging-2", "bora", "inn"), placed("lodging-3", "bora", "lake"),
			placed("lodging-4", "chan", "lake"), placed("lodging-5", "chan", "tent"))
		require.Equal(t, []string{"also_booked lake 1", "popular tent 1"}, recommended(t, s, "alice", 5))

		storeEvents(t, s, cancelled("lodging-2", "bora", "inn"))
		require.Equal(t, []string{"popular lake 2", "popular tent 1"}, recommended(t, s, "alice", 5), "bora shares nothing any more")
		storeEvents(t, s, cancelled("lodging-4", "chan", "lake"))
		require.Equal(t, []string{"popular lake 1", "popular tent 1"}, recommended(t, s, "alice", 5))
		storeEvents(t, s, cancelled("lodging-1", "alice", "inn"), cancelled("lodging-5", "chan", "tent"))
		require.Equal(t, []string{"popular lake 1"}, recommended(t, s, "alice", 5), "what no customer has booked is not recommended")
		storeEvents(t, s, placed("lodging-6", "bora", "inn"))
		require.Equal(t, []string{"popular inn 1", "popular lake 1"}, recommended(t, s, "alice", 5),
			"what she has cancelled may be recommended to her again")
	})
}

// Orders of every kind have events with names of their own.
func TestRecommend_EveryKindOfOrder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		kinds := []struct{ kind, comes, ends string }{
			{"lodging", "ReservationPlaced", "ReservationCanceled"}, {"food", "OrderPlaced", "OrderCanceled"},
			{"cafe", "OrderPlaced", "OrderCanceled"}, {"cleaning", "CallPlaced", "CallCanceled"},
		}
		for _, k := range kinds {
			// One id in four kinds is four things.
			storeEvents(t, s, cloudEvent(k.comes, k.kind+"-1", "bora", k.kind, "same", "A "+k.kind, firstTime))
		}
		storeEvents(t, s, cloudEvent("OrderPlaced", "food-2", "alice", "food", "same", "A food", firstTime))
		items, err := s.recommend(t.Context(), "alice", 5)
		require.NoError(t, err)
		require.Equal(t, []recommendation{
			{"cafe", item{"same", "A cafe"}, alsoBooked, 1}, {"cleaning", item{"same", "A cleaning"}, alsoBooked, 1},
			{"lodging", item{"same", "A lodging"}, alsoBooked, 1},
		}, items)
		for _, k := range kinds {
			storeEvents(t, s, cloudEvent(k.ends, k.kind+"-1", "bora", k.kind, "same", "A "+k.kind, firstTime))
		}
		require.Empty(t, recommended(t, s, "alice", 5))
	})
}

func TestRecommend_LatestName(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		name := func() string {
			items, err := s.recommend(t.Context(), "minho", 1)
			require.NoError(t, err)
			return items[0].Item.Name
		}
		named := func(order, name string, after time.Duration) string {
			return cloudEvent("ReservationPlaced", order, "alice", "lodging", "inn", name, firstTime.Truncate(time.Second).Add(after))
		}
		storeEvents(t, s, named("lodging-1", "Seaside Inn", 0))
		storeEvents(t, s, named("lodging-2", "Seaside Hotel", 500*time.Millisecond))
		require.Equal(t, "Seaside Hotel", name())
		storeEvents(t, s, named("lodging-3", "An old name", -time.Hour))
		require.Equal(t, "Seaside Hotel", name(), "an order that paid late was placed under an older name")
		storeEvents(t, s, named("lodging-4", "Seaside Palace", time.Second))
		storeEvents(t, s, cloudEvent("ReservationCanceled", "lodging-1", "alice", "lodging", "inn", "Seaside Inn", firstTime.Add(time.Hour)))
		require.Equal(t, "Seaside Palace", name(), "an order keeps the name that it was placed under")
	})
}

func TestStore_EventsTwiceChangeNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		events := append(bookings("alice inn", "bora inn", "bora lake", "chan lake"),
			placed("lodging-x", "chan", "tent"), cancelled("lodging-x", "chan", "tent"))
		rows := func() (all []booking) {
			require.NoError(t, s.db.NewSelect().Model(&all).Order("order_id").Scan(context.WithoutCancel(t.Context())))
			return all
		}
		storeEvents(t, s, events...)
		before, known := rows(), recommended(t, s, "alice", 5)
		require.Len(t, before, 5)
		storeEvents(t, s, events...) // all once more
		require.Equal(t, before, rows())
		for _, e := range events { // and one by one, each twice
			storeEvents(t, s, e, e)
			require.Equal(t, before, rows())
		}
		require.Equal(t, known, recommended(t, s, "alice", 5))
	})
}

// A cancellation of an otherwise unknown order is stored.
func TestStore_CancelledBeforePlaced(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		storeEvents(t, s, `{"specversion":"1.0","type":"ReservationCanceled","subject":"lodging-1"}`)
		storeEvents(t, s, placed("lodging-1", "alice", "inn"))
		storeEvents(t, s, cancelled("lodging-2", "alice", "lake"), placed("lodging-2", "alice", "lake"))
		require.Empty(t, recommended(t, s, "minho", 5))
	})
}

func TestStore_AllOrNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := openStore(t, databaseURL)
		made := progress{cursor: "1", complete: true}
		require.NoError(t, made.add(json.RawMessage(placed("lodging-1", "alice", "inn"))))
		require.NoError(t, s.take(t.Context(), "", made))

		require.NoError(t, made.add(json.RawMessage(placed("lodging-2", "alice", "lake"))))
		made.cursor = "2"
		require.ErrorIs(t, s.take(t.Context(), "", made), errConcurrent, "another process has continued from there")
		// If the database refuses a booking, the cursor is rolled back, too.
		_, err := s.db.ExecContext(t.Context(), "CREATE UNIQUE INDEX one_a_customer ON marketing_bookings (customer_id)")
		require.NoError(t, err)
		require.Error(t, s.take(t.Context(), "1", made))

		at, err := s.progress(t.Context())
		require.NoError(t, err)
		require.Equal(t, "1", at.Cursor)
		require.Equal(t, []string{"popular inn 1"}, recommended(t, s, "minho", 5))
	})
}
