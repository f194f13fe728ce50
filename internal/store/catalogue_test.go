package store_test

import (
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
		require.NoError(t, catalogue.AddPlace(t.Context(), newPlace("place")))
		p, err := catalogue.Place(t.Context(), "place")
		require.NoError(t, err)
		require.Equal(t, newPlace("place"), p)
		require.Error(t, catalogue.AddPlace(t.Context(), newPlace("place")), "the id is taken")
	})

	run(t, "NotFound", func(t *testing.T) {
		_, err := catalogue.Place(t.Context(), "nowhere")
		requireCode(t, booking.NotFound, err)
		_, err = catalogue.ChangePlace(t.Context(), "nowhere", func(*booking.Place) error { return nil })
		requireCode(t, booking.NotFound, err)
	})

	run(t, "ChangePlace", func(t *testing.T) {
		require.NoError(t, catalogue.AddPlace(t.Context(), newPlace("changing")))
		refusal := errors.New("no")
		_, err := catalogue.ChangePlace(t.Context(), "changing", func(p *booking.Place) error { p.Name = "lost"; return refusal })
		require.ErrorIs(t, err, refusal)

		together(t, 12, func(int) (booking.Place, error) {
			return catalogue.ChangePlace(t.Context(), "changing", func(p *booking.Place) error { p.Price.Amount++; return nil })
		})
		want := newPlace("changing")
		want.Price.Amount += 12
		got, err := catalogue.Place(t.Context(), "changing")
		require.NoError(t, err)
		require.Equal(t, want, got)
	})

	run(t, "Places", func(t *testing.T) {
		catalogue := store.NewCatalogue(setup(t, fresh, "catalogue"))
		for _, id := range []string{"b", "a", "B", "C", "é", "a-"} {
			require.NoError(t, catalogue.AddPlace(t.Context(), newPlace(id)))
		}
		var got []string
		page := booking.Page{Limit: 2}
		for {
			places, next, err := catalogue.Places(t.Context(), page)
			require.NoError(t, err)
			for _, p := range places {
				got = append(got, p.ID)
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		require.Equal(t, []string{"B", "C", "a", "a-", "b", "é"}, got)
		_, _, err := catalogue.Places(t.Context(), booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
	})
}
