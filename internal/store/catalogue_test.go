package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func newPlace(id string) booking.Place {
	return booking.Place{
		ID: id, Name: "바다 'n' 하늘?", OwnerID: "owner", Price: won, Confirmation: booking.Manual,
		ConfirmWithin: booking.Duration(24 * time.Hour), TimeZone: "Asia/Seoul",
		CheckInTime: booking.Clock{Hour: 15}, CheckOutTime: booking.Clock{Hour: 11, Minute: 30},
	}
}

func testCatalogue(t *testing.T, fresh newURL) {
	catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))

	run(t, "Place", func(t *testing.T) {
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace("place")))
		p, err := catalogue.Place(t.Context(), "place")
		require.NoError(t, err)
		require.Equal(t, newPlace("place"), p)
		require.Error(t, catalogue.AddPlace(t.Context(), "1025", newPlace("place")), "the id is used")
	})

	run(t, "PlaceWithPolicy", func(t *testing.T) {
		want := newPlace("policed")
		want.Cancellation = &booking.CancellationPolicy{
			Tiers: []booking.Tier{{Before: new(booking.Duration(72 * time.Hour)), Percent: 100}, {Before: new(booking.Duration(0)), Percent: 50}},
			Fee:   5000, NoShow: new(0), EarlyDeparture: 25,
		}
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", want))
		p, err := catalogue.Place(t.Context(), "policed")
		require.NoError(t, err)
		require.Equal(t, want, p)
	})

	run(t, "CallPolicy", func(t *testing.T) {
		policy, err := catalogue.CallPolicy(t.Context())
		require.NoError(t, err)
		require.Nil(t, policy)
		want := &booking.CancellationPolicy{
			Tiers: []booking.Tier{{Within: new(booking.Duration(0)), Percent: 100}, {Within: new(booking.Duration(time.Hour)), Percent: 50}},
		}
		for _, p := range []*booking.CancellationPolicy{want, want, nil, want} {
			require.NoError(t, catalogue.SetCallPolicy(t.Context(), "1025", p))
			policy, err = catalogue.CallPolicy(t.Context())
			require.NoError(t, err)
			require.Equal(t, p, policy)
		}
		together(t, 12, func(int) (any, error) { return nil, catalogue.SetCallPolicy(t.Context(), "1025", want) })
	})

	run(t, "NotFound", func(t *testing.T) {
		_, err := catalogue.Place(t.Context(), "nowhere")
		requireCode(t, booking.NotFound, err)
		_, err = catalogue.ChangePlace(t.Context(), "1025", "nowhere", func(*booking.Place) error { return nil })
		requireCode(t, booking.NotFound, err)
	})

	run(t, "ChangePlace", func(t *testing.T) {
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace("changing")))
		refusal := errors.New("no")
		_, err := catalogue.ChangePlace(t.Context(), "1025", "changing", func(p *booking.Place) error { p.Name = "lost"; return refusal })
		require.ErrorIs(t, err, refusal)

		together(t, 12, func(int) (booking.Place, error) {
			return catalogue.ChangePlace(t.Context(), "1025", "changing", func(p *booking.Place) error { p.Price.Amount++; return nil })
		})
		want := newPlace("changing")
		want.Price.Amount += 12
		got, err := catalogue.Place(t.Context(), "changing")
		require.NoError(t, err)
		require.Equal(t, want, got)
	})

	run(t, "Places", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		for _, id := range unordered {
			require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace(id)))
		}
		otherPlace := newPlace("other place")
		otherPlace.OwnerID = "other owner"
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", otherPlace))
		withdraw := func(withdrawn bool) {
			place, err := catalogue.ChangePlace(t.Context(), "1025", "a", func(p *booking.Place) error { p.Withdrawn = withdrawn; return nil })
			require.NoError(t, err)
			require.Equal(t, withdrawn, place.Withdrawn)
		}
		list := func(f booking.CatalogueFilter) []string {
			return ids(t, selected(catalogue.Places, f), func(p booking.Place) string { return p.ID })
		}
		require.Equal(t, append([]string{"other place"}, newest...), list(booking.CatalogueFilter{}))
		require.Equal(t, newest, list(booking.CatalogueFilter{OwnerID: "owner"}))
		require.Empty(t, list(booking.CatalogueFilter{Withdrawn: true}))
		count := func(f booking.CatalogueFilter, want int) {
			got, err := catalogue.CountPlaces(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		withdraw(true)
		count(booking.CatalogueFilter{}, 6)
		count(booking.CatalogueFilter{OwnerID: "owner"}, 5)
		count(booking.CatalogueFilter{OwnerID: "owner", Withdrawn: true}, 1)
		require.Equal(t, []string{"a-", "é", "C", "B", "b"}, list(booking.CatalogueFilter{OwnerID: "owner"}))
		require.Equal(t, []string{"a"}, list(booking.CatalogueFilter{OwnerID: "owner", Withdrawn: true}))
		require.Equal(t, []string{"a"}, list(booking.CatalogueFilter{Withdrawn: true}))
		withdraw(false)
		require.Equal(t, newest, list(booking.CatalogueFilter{OwnerID: "owner"}), "it keeps its place in the list")
		_, _, err := catalogue.Places(t.Context(), booking.CatalogueFilter{}, booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
	})

	run(t, "Menus", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		newMenu := func(id string) booking.Menu {
			return booking.Menu{ID: id, Name: "김밥 'deluxe'?", OwnerID: "owner", Price: won}
		}
		for _, id := range unordered {
			require.NoError(t, catalogue.AddMenu(t.Context(), "1025", newMenu(id)))
		}
		all := selected(catalogue.Menus, booking.CatalogueFilter{})
		require.Equal(t, newest, ids(t, all, func(m booking.Menu) string { return m.ID }))
		none := selected(catalogue.Menus, booking.CatalogueFilter{OwnerID: "no owner"})
		require.Empty(t, ids(t, none, func(m booking.Menu) string { return m.ID }))
		m, err := catalogue.Menu(t.Context(), "a-")
		require.NoError(t, err)
		require.Equal(t, newMenu("a-"), m)
		_, err = catalogue.Menu(t.Context(), "none")
		requireCode(t, booking.NotFound, err)
		require.ErrorContains(t, err, "menu none")
		require.Error(t, catalogue.AddMenu(t.Context(), "1025", newMenu("a")), "the id is used")
		_, menus, err := catalogue.Menus(t.Context(), booking.CatalogueFilter{}, booking.Page{Limit: 1})
		require.NoError(t, err)
		_, _, err = catalogue.Places(t.Context(), booking.CatalogueFilter{}, booking.Page{Cursor: menus})
		requireCode(t, booking.InvalidCursor, err)

		changed, err := catalogue.ChangeMenu(t.Context(), "1025", "a", func(m *booking.Menu) error {
			m.ID, m.Name, m.OwnerID, m.Price.Amount, m.Withdrawn = "b", "Bibimbap", "bora", 1, true
			return nil
		})
		require.NoError(t, err)
		want := booking.Menu{ID: "a", Name: "Bibimbap", OwnerID: "bora", Price: booking.Money{Amount: 1, Currency: "KRW"}, Withdrawn: true}
		require.Equal(t, want, changed)
		got, err := catalogue.Menu(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, want, got)
		withdrawn := selected(catalogue.Menus, booking.CatalogueFilter{OwnerID: "bora", Withdrawn: true})
		require.Equal(t, []string{"a"}, ids(t, withdrawn, func(m booking.Menu) string { return m.ID }))
		_, err = catalogue.ChangeMenu(t.Context(), "1025", "none", func(*booking.Menu) error { return nil })
		requireCode(t, booking.NotFound, err)
	})

	t.Run("Drinks", func(t *testing.T) { t.Parallel(); testDrinks(t, fresh) })
}

var (
	unordered = []string{"b", "a", "B", "C", "é", "a-"}
	newest    = []string{"a-", "é", "C", "B", "a", "b"} // first
)

// selected is the list of a filter.
func selected[T, F any](
	list func(context.Context, F, booking.Page) ([]T, string, error), f F,
) func(context.Context, booking.Page) ([]T, string, error) {
	return func(ctx context.Context, p booking.Page) ([]T, string, error) { return list(ctx, f, p) }
}

// ids are those of the whole list, read in pages of two.
func ids[T any](
	t *testing.T, list func(context.Context, booking.Page) ([]T, string, error), id func(T) string,
) (all []string) {
	t.Helper()
	page := booking.Page{Limit: 2}
	for {
		some, next, err := list(t.Context(), page)
		require.NoError(t, err)
		for _, one := range some {
			all = append(all, id(one))
		}
		if page.Cursor = next; next == "" {
			return all
		}
	}
}
