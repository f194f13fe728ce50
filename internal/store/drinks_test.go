package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func newDrink(id string) booking.Drink {
	return booking.Drink{ID: id, Name: "라떼 'large'?", OwnerID: "owner", Price: won, Date: day(4), TimeZone: "Asia/Seoul"}
}

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
		require.NoError(t, catalogue.AddDrink(t.Context(), newDrink(t.Name())))
		drink(t, nil)
		require.Error(t, catalogue.AddDrink(t.Context(), newDrink(t.Name())), "the id is taken")
		_, _, err := catalogue.Drink(t.Context(), "none")
		requireCode(t, booking.NotFound, err)
		require.ErrorContains(t, err, "drink none")
	})

	run(t, "DeletionNeverGoesBackwards", func(t *testing.T) {
		require.NoError(t, catalogue.AddDrink(t.Context(), newDrink(t.Name())))
		for _, tt := range []struct{ note, want booking.DrinkDeletion }{
			{booking.DrinkDeletion{}, booking.DrinkDeletion{}},
			{booking.DrinkDeletion{Orders: 9}, booking.DrinkDeletion{Orders: 9}},
			{booking.DrinkDeletion{Orders: 8, Cancelled: 3, Over: 1}, booking.DrinkDeletion{Orders: 9, Cancelled: 3, Over: 1}},
			{booking.DrinkDeletion{Orders: 9, Cancelled: 2, Over: 2}, booking.DrinkDeletion{Orders: 9, Cancelled: 3, Over: 2}},
			{
				booking.DrinkDeletion{Orders: 9, Cancelled: 7, Over: 2, Done: true},
				booking.DrinkDeletion{Orders: 9, Cancelled: 7, Over: 2, Done: true},
			},
			{booking.DrinkDeletion{Orders: 9}, booking.DrinkDeletion{Orders: 9, Cancelled: 7, Over: 2, Done: true}},
		} {
			require.NoError(t, catalogue.NoteDeletion(t.Context(), t.Name(), tt.note))
			drink(t, &tt.want)
		}
	})

	run(t, "UntilTheirDayIsOver", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		west := newDrink("west")
		west.TimeZone = "America/Los_Angeles" // the same date, 17 hours later
		for _, d := range []booking.Drink{newDrink("east"), west} {
			require.NoError(t, catalogue.AddDrink(t.Context(), d))
		}
		for now, want := range map[time.Time][]string{
			newDrink("").Ends().Add(-time.Second): {"east", "west"},
			newDrink("").Ends():                   {"west"},
			west.Ends().Add(-time.Second):         {"west"},
			west.Ends():                           {},
		} {
			drinks, _, err := catalogue.Drinks(t.Context(), booking.Page{Limit: 9}, now)
			require.NoError(t, err)
			listed := []string{}
			for _, d := range drinks {
				listed = append(listed, d.ID)
			}
			require.Equal(t, want, listed, now)
		}
	})

	run(t, "OnlyWhatIsSoldIsListed", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		morning := day(4).At(booking.Clock{Hour: 9}, time.UTC)
		sold := func(ctx context.Context, p booking.Page) ([]booking.Drink, string, error) {
			return catalogue.Drinks(ctx, p, morning)
		}
		for _, id := range append(unordered, "aa", "z") {
			require.NoError(t, catalogue.AddDrink(t.Context(), newDrink(id)))
		}
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "aa", booking.DrinkDeletion{Done: true}))
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "z", booking.DrinkDeletion{Orders: 1}))
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "of another time", booking.DrinkDeletion{Orders: 1}))
		require.Equal(t, ordered, ids(t, sold, func(d booking.Drink) string { return d.ID }))
		_, _, err := catalogue.Drinks(t.Context(), booking.Page{Cursor: "bad"}, morning)
		requireCode(t, booking.InvalidCursor, err)
	})
}
