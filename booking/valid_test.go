package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func day(y int, m time.Month, d int) booking.Date { return booking.Date{Year: y, Month: m, Day: d} }

// TestKindOf: an id names the kind of order that it was made for; ids of other workflows
// name none.
func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, kind := range booking.Kinds() {
		require.Equal(t, kind, booking.KindOf(string(kind)+"-1"))
		require.True(t, booking.IsOrderID(kind, string(kind)+"-1"))
		require.False(t, booking.IsOrderID(kind, string(kind)+"-"))
	}
	for _, id := range []string{"", "-", "-1", "food", "foods-1", "Food-1", "deletion-1", "temporal-sys-scheduler"} {
		require.Empty(t, booking.KindOf(id), id)
		require.False(t, booking.IsOrderID("", id), id)
	}
	require.False(t, booking.IsOrderID(booking.Cafe, "food-1"))
}

// TestAheadFault: a day has passed when it has in its time zone or, if that is unknown,
// everywhere.
func TestAheadFault(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC) // at UTC-12 still the 19th
	const past, far = "is in the past", "is more than 2 years ahead"
	for _, test := range []struct {
		day  booking.Date
		zone string
		want string
	}{
		{day(2026, 11, 19), "Asia/Seoul", past},
		{day(2026, 11, 20), "Asia/Seoul", ""},
		{day(2028, 11, 20), "Asia/Seoul", ""},
		{day(2028, 11, 21), "Asia/Seoul", far},
		{day(2026, 11, 20), "Pacific/Kiritimati", ""},
		{day(2026, 11, 19), "", ""},
		{day(2026, 11, 18), "", past},
		{day(2026, 11, 19), "Mars/Base", ""},
		{day(2028, 11, 20), "Mars/Base", far},
	} {
		require.Equal(t, test.want, booking.AheadFault(test.day, test.zone, now), "%s in %q", test.day, test.zone)
	}
}

func TestRangeFault(t *testing.T) {
	t.Parallel()
	first := day(2026, 12, 24)
	require.Empty(t, booking.RangeFault("from", first, first.AddDays(1)))
	require.Empty(t, booking.RangeFault("from", first, first.AddDays(booking.MaxNights)))
	require.Equal(t, "is more than 366 nights after from", booking.RangeFault("from", first, first.AddDays(booking.MaxNights+1)))
	require.Equal(t, "must be after checkIn", booking.RangeFault("checkIn", first, first))
	require.Equal(t, "must be after checkIn", booking.RangeFault("checkIn", first, first.AddDays(-1)))
}

func TestFaulty(t *testing.T) {
	t.Parallel()
	err := booking.Faulty([]booking.Fault{{Field: "rooms", Words: "is too much"}, {Field: "checkIn", Words: "is in the past"}})
	require.ErrorIs(t, err, &booking.Error{Code: booking.Invalid})
	require.EqualError(t, err, "validation_failed: rooms: is too much; checkIn: is in the past")
	require.Len(t, err.Faults, 2)
}
