package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func newDrink(id string) booking.Drink {
	return booking.Drink{ID: id, Name: "라떼 'large'?", OwnerID: "owner", Price: won, Date: day(4), TimeZone: "Asia/Seoul"}
}

func drinkID(d booking.Drink) string { return d.ID }

func testDrinks(t *testing.T, fresh newURL) {
	catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
	drink := func(t *testing.T, want *booking.DrinkDeletion) {
		t.Helper()
		got, deletion, err := catalogue.Drink(t.Context(), t.Name())
		require.NoError(t, err)
		require.Equal(t, newDrink(t.Name()), got)
		require.Equal(t, want, deletion)
	}

	run(t, "Sold", func(t *testing.T) {
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink(t.Name()), 5))
		drink(t, nil)
		require.Error(t, catalogue.AddDrink(t.Context(), "1025", newDrink(t.Name()), 5), "the id is used")
		_, _, err := catalogue.Drink(t.Context(), "none")
		requireCode(t, booking.NotFound, err)
		require.ErrorContains(t, err, "drink none")
	})

	run(t, "DeletionNeverGoesBackwards", func(t *testing.T) {
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink(t.Name()), 5))
		for _, tt := range []struct{ note, want booking.DrinkDeletion }{
			{booking.DrinkDeletion{}, booking.DrinkDeletion{}},
			{booking.DrinkDeletion{Orders: 9}, booking.DrinkDeletion{Orders: 9}},
			{booking.DrinkDeletion{Orders: 8, Cancelled: 3, Ended: 1}, booking.DrinkDeletion{Orders: 9, Cancelled: 3, Ended: 1}},
			{booking.DrinkDeletion{Orders: 9, Cancelled: 2, Ended: 2}, booking.DrinkDeletion{Orders: 9, Cancelled: 3, Ended: 2}},
			{
				booking.DrinkDeletion{Orders: 9, Cancelled: 7, Ended: 2, Done: true},
				booking.DrinkDeletion{Orders: 9, Cancelled: 7, Ended: 2, Done: true},
			},
			{booking.DrinkDeletion{Orders: 9}, booking.DrinkDeletion{Orders: 9, Cancelled: 7, Ended: 2, Done: true}},
		} {
			require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", t.Name(), tt.note))
			drink(t, &tt.want)
		}
	})

	run(t, "UntilTheirDayIsOver", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		west := newDrink("west")
		west.TimeZone = "America/Los_Angeles" // the same date, 17 hours later
		for _, d := range []booking.Drink{newDrink("east"), west} {
			require.NoError(t, catalogue.AddDrink(t.Context(), "1025", d, 5))
		}
		for now, want := range map[time.Time][]string{
			{}:                                    {"west", "east"},
			newDrink("").Ends().Add(-time.Second): {"east", "west"},
			newDrink("").Ends():                   {"west"},
			west.Ends().Add(-time.Second):         {"west"},
			west.Ends():                           nil,
		} {
			for _, f := range []booking.CatalogueFilter{
				{EndsAfter: now}, {EndsAfter: now, OwnerID: "owner"}, {EndsAfter: now, Date: west.Date}, {EndsAfter: now, OwnerID: "owner", Date: west.Date},
			} {
				require.Equal(t, want, ids(t, selected(catalogue.Drinks, f), drinkID), f)
				n, err := catalogue.CountDrinks(t.Context(), f)
				require.NoError(t, err)
				require.Len(t, want, n, f)
			}
		}
	})

	run(t, "OnSaleOnTheFirstAndLastDay", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink("on another day"), 5))
		for _, date := range []booking.Date{{Year: 1, Month: 1, Day: 1}, {Year: 9999, Month: 12, Day: 31}} {
			f := booking.CatalogueFilter{Date: date, EndsAfter: noon}
			require.Empty(t, ids(t, selected(catalogue.Drinks, f), drinkID), date)
			n, err := catalogue.CountDrinks(t.Context(), f)
			require.NoError(t, err)
			require.Zero(t, n, date)
		}
	})

	run(t, "OnSaleSoonestFirst", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		for _, id := range []string{"c6", "a6", "b5", "a4", "b6", "c4"} {
			d := newDrink(id)
			d.OwnerID, d.Date = id[:1], day(int(id[1]-'0'))
			require.NoError(t, catalogue.AddDrink(t.Context(), "1025", d, 5))
		}
		today := newDrink("").Ends().Add(-time.Second) // day 4
		all := booking.CatalogueFilter{EndsAfter: today}
		require.Equal(t, []string{"a4", "c4", "b5", "c6", "a6", "b6"}, ids(t, selected(catalogue.Drinks, all), drinkID), "those of one day as they were registered")
		require.Equal(t, []string{"a4", "a6"}, ids(t, selected(catalogue.Drinks, booking.CatalogueFilter{EndsAfter: today, OwnerID: "a"}), drinkID))
		require.Equal(t, []string{"c6", "a6", "b6"}, ids(t, selected(catalogue.Drinks, booking.CatalogueFilter{EndsAfter: today, Date: day(6)}), drinkID))

		_, next, err := catalogue.Drinks(t.Context(), all, booking.Page{Limit: 1})
		require.NoError(t, err)
		tomorrow := booking.CatalogueFilter{EndsAfter: today.Add(time.Second)}
		some, later, err := catalogue.Drinks(t.Context(), tomorrow, booking.Page{Limit: 2, Cursor: next})
		require.NoError(t, err)
		require.Equal(t, []string{"b5", "c6"}, []string{some[0].ID, some[1].ID}, "what has ended since the page before is left out")
		some, _, err = catalogue.Drinks(t.Context(), tomorrow, booking.Page{Cursor: later})
		require.NoError(t, err)
		require.Equal(t, []string{"a6", "b6"}, []string{some[0].ID, some[1].ID})

		_, newest, err := catalogue.Drinks(t.Context(), booking.CatalogueFilter{}, booking.Page{Limit: 1})
		require.NoError(t, err)
		_, _, err = catalogue.Drinks(t.Context(), all, booking.Page{Cursor: newest})
		requireCode(t, booking.InvalidCursor, err)
		_, _, err = catalogue.Drinks(t.Context(), booking.CatalogueFilter{}, booking.Page{Cursor: next})
		requireCode(t, booking.InvalidCursor, err)
	})

	run(t, "RegisteredBeforeTheirEndWasStored", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		catalogue := store.NewCatalogue(db)
		west := newDrink("west")
		west.TimeZone = "America/Los_Angeles"
		for _, d := range []booking.Drink{newDrink("east"), west} {
			require.NoError(t, catalogue.AddDrink(t.Context(), "1025", d, 5))
		}
		for _, change := range []string{
			"UPDATE drinks SET ends_at = '9999-12-31 00:00:00+00:00'", "DELETE FROM catalogue_migrations WHERE name = '0007'",
		} {
			_, err := db.SQL().ExecContext(t.Context(), change)
			require.NoError(t, err)
		}
		applied, err := store.Migrate(t.Context(), db, "catalogue")
		require.NoError(t, err)
		require.Equal(t, []string{"0007_drinks_before"}, applied)
		last := time.Date(west.Date.Year, west.Date.Month, west.Date.Day+1, 12, 0, 0, 0, time.UTC) // somewhere
		for now, want := range map[time.Time]int{west.Ends().Add(-time.Second): 2, last.Add(-time.Second): 2, last: 0} {
			n, err := catalogue.CountDrinks(t.Context(), booking.CatalogueFilter{EndsAfter: now})
			require.NoError(t, err)
			require.Equal(t, want, n, now)
		}
	})

	run(t, "OnlyWhatIsSoldIsListed", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		for _, id := range append(unordered, "aa", "z") {
			require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink(id), 5))
		}
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", "aa", booking.DrinkDeletion{Done: true}))
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", "z", booking.DrinkDeletion{Orders: 1}))
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", "of another time", booking.DrinkDeletion{Orders: 1}))
		all := selected(catalogue.Drinks, booking.CatalogueFilter{})
		require.Equal(t, newest, ids(t, all, drinkID))
		_, _, err := catalogue.Drinks(t.Context(), booking.CatalogueFilter{}, booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
	})

	run(t, "SelectedByOwnerAndDay", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		for _, id := range []string{"a4", "a5", "b4", "b5", "gone4"} {
			d := newDrink(id)
			d.OwnerID, d.Date = id[:1], day(int(id[len(id)-1]-'0'))
			require.NoError(t, catalogue.AddDrink(t.Context(), "1025", d, 5))
		}
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", "gone4", booking.DrinkDeletion{}))
		_, err := catalogue.ChangeDrink(t.Context(), "1025", "b5", func(d *booking.Drink) error { d.Withdrawn = true; return nil })
		require.NoError(t, err)
		for _, tt := range []struct {
			filter booking.CatalogueFilter
			want   []string
		}{
			{booking.CatalogueFilter{}, []string{"b4", "a5", "a4"}},
			{booking.CatalogueFilter{OwnerID: "a"}, []string{"a5", "a4"}},
			{booking.CatalogueFilter{Date: day(4)}, []string{"b4", "a4"}},
			{booking.CatalogueFilter{OwnerID: "b", Date: day(4)}, []string{"b4"}},
			{booking.CatalogueFilter{OwnerID: "b", Date: day(5)}, nil},
			{booking.CatalogueFilter{OwnerID: "b", Date: day(5), Withdrawn: true}, []string{"b5"}},
		} {
			n, err := catalogue.CountDrinks(t.Context(), tt.filter)
			require.NoError(t, err)
			require.Len(t, tt.want, n, tt.filter)
			require.Equal(t, tt.want, ids(t, selected(catalogue.Drinks, tt.filter), drinkID), tt.filter)
		}
	})

	run(t, "ChangeDrink", func(t *testing.T) {
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink(t.Name()), 5))
		changed, err := catalogue.ChangeDrink(t.Context(), "1025", t.Name(), func(d *booking.Drink) error {
			d.ID, d.Date, d.Name, d.Price.Amount = "other", day(9), "Mocha", 1
			return nil
		})
		require.NoError(t, err)
		want := newDrink(t.Name())
		want.Name, want.Price.Amount = "Mocha", 1
		require.Equal(t, want, changed, "whatever is changed, it is of its day")
		got, _, err := catalogue.Drink(t.Context(), t.Name())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}
