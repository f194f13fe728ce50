package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testLate: a step that is requested too late is only Done if it was done in time.
func testLate(t *testing.T, fresh newURL) {
	fulfilment, inventory := setup(t, fresh, "fulfilment"), store.NewInventory(setup(t, fresh, "inventory"))
	management, deliveries, crew := store.NewManagement(setup(t, fresh, "management")), store.NewDeliveries(fulfilment), store.NewCrew(fulfilment)
	_, err := crew.AddCleaner(t.Context(), "1025", newCleaner("kim"))
	require.NoError(t, err)
	days := func(t *testing.T) booking.Hold { return newHold("place", t.Name(), 0, 2, 1) }
	require.NoError(t, inventory.SetCapacity(t.Context(), "place", day(0), day(2), 2))
	const late = booking.TooLate
	for name, step := range map[string]struct {
		inTime, late func(context.Context, *testing.T) (booking.Outcome, error)
	}{
		"Hold": {
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) { return inventory.Hold(ctx, days(t)) },
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) {
				h := days(t)
				h.Late, h.Reason = true, late
				return inventory.Hold(ctx, h)
			},
		},
		"Job": {
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) {
				return deliveries.Start(ctx, newJob(t.Name(), ""))
			},
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) {
				j := newJob(t.Name(), late)
				j.Late = true
				return deliveries.Start(ctx, j)
			},
		},
		"Registration": {
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) {
				return management.Register(ctx, newCall(t.Name(), ""))
			},
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) {
				return management.Register(ctx, lateCall(t))
			},
		},
		"Assignment": {
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) {
				return crew.Assign(ctx, newCall(t.Name(), ""))
			},
			func(ctx context.Context, t *testing.T) (booking.Outcome, error) { return crew.Assign(ctx, lateCall(t)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("NotDoneBefore", func(t *testing.T) {
				for _, call := range []func(context.Context, *testing.T) (booking.Outcome, error){step.late, step.inTime, step.late} {
					got, err := call(t.Context(), t)
					require.NoError(t, err)
					require.Equal(t, booking.Outcome{Result: booking.Undone, Reason: late}, got)
				}
			})
			t.Run("DoneBefore", func(t *testing.T) {
				first, err := step.inTime(t.Context(), t)
				require.NoError(t, err)
				require.Equal(t, booking.Done, first.Result)
				got, err := step.late(t.Context(), t)
				require.NoError(t, err)
				require.Equal(t, first, got)
			})
		})
	}
	remaining(t, inventory, "place", 1, 1) // what was held in time, and nothing else
	cleaners, _, err := crew.Cleaners(t.Context(), booking.CleanerFilter{}, booking.Page{})
	require.NoError(t, err)
	require.Contains(t, cleaners[0].OrderID, "DoneBefore", "no other call has the cleaner")
}

func lateCall(t *testing.T) booking.Call {
	c := newCall(t.Name(), booking.TooLate)
	c.Late = true
	return c
}
