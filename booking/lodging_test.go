package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

var (
	checkIn = time.Date(2026, time.December, 24, 6, 0, 0, 0, time.UTC)
	before  = checkIn.Add(-time.Nanosecond)
)

func TestMayConfirm(t *testing.T) {
	t.Parallel()
	rule{
		booking.Received:        booking.NotAwaitingOwner,
		booking.PaymentPending:  booking.NotAwaitingOwner,
		booking.AwaitingPayment: booking.NotAwaitingOwner,
		booking.Paid:            booking.NotAwaitingOwner,
		booking.AwaitingOwner:   allowed,
		booking.Confirmed:       booking.AlreadyConfirmed,
		booking.Completed:       booking.AlreadyCompleted,
		booking.Cancelling:      booking.BeingCancelled,
		booking.Cancelled:       booking.AlreadyCancelled,
	}.check(t, booking.Lodging, booking.MayConfirm)
	requireMoves(t, booking.Lodging, booking.MayConfirm, booking.Confirmed, booking.Cancelling) // confirm, reject
}

func TestMayCancelStay(t *testing.T) {
	t.Parallel()
	want := rule{
		booking.Received:        allowed,
		booking.PaymentPending:  allowed,
		booking.AwaitingPayment: allowed,
		booking.Paid:            allowed,
		booking.AwaitingOwner:   allowed,
		booking.Confirmed:       allowed,
		booking.Completed:       booking.AlreadyCompleted,
		booking.Cancelling:      allowed, // repeating it is no error
		booking.Cancelled:       booking.AlreadyCancelled,
	}
	at := func(now time.Time) func(booking.Status) error {
		return func(s booking.Status) error { return booking.MayCancelStay(s, now, checkIn) }
	}
	want.check(t, booking.Lodging, at(before))
	requireMoves(t, booking.Lodging, at(before), booking.Cancelling)

	want[booking.Confirmed] = booking.AlreadyCheckedIn
	for _, now := range []time.Time{checkIn, checkIn.AddDate(1, 0, 0)} {
		want.check(t, booking.Lodging, at(now))
		requireMoves(t, booking.Lodging, at(now), booking.Cancelling)
	}
}

func TestMayCheckOut(t *testing.T) {
	t.Parallel()
	want := rule{
		booking.Received:        booking.NotConfirmed,
		booking.PaymentPending:  booking.NotConfirmed,
		booking.AwaitingPayment: booking.NotConfirmed,
		booking.Paid:            booking.NotConfirmed,
		booking.AwaitingOwner:   booking.NotConfirmed,
		booking.Confirmed:       booking.NotCheckedIn,
		booking.Completed:       booking.AlreadyCompleted,
		booking.Cancelling:      booking.BeingCancelled,
		booking.Cancelled:       booking.AlreadyCancelled,
	}
	at := func(now time.Time) func(booking.Status) error {
		return func(s booking.Status) error { return booking.MayCheckOut(s, now, checkIn) }
	}
	want.check(t, booking.Lodging, at(before))

	want[booking.Confirmed] = allowed
	want.check(t, booking.Lodging, at(checkIn))
	requireMoves(t, booking.Lodging, at(checkIn), booking.Completed)
}

func TestMaySayNoShow(t *testing.T) {
	t.Parallel()
	want := rule{
		booking.Received:        booking.NotConfirmed,
		booking.PaymentPending:  booking.NotConfirmed,
		booking.AwaitingPayment: booking.NotConfirmed,
		booking.Paid:            booking.NotConfirmed,
		booking.AwaitingOwner:   booking.NotConfirmed,
		booking.Confirmed:       booking.NotCheckedIn,
		booking.Completed:       booking.AlreadyCompleted,
		booking.Cancelling:      booking.BeingCancelled,
		booking.Cancelled:       booking.AlreadyCancelled,
	}
	at := func(now time.Time) func(booking.Status) error {
		return func(s booking.Status) error { return booking.MaySayNoShow(s, now, checkIn) }
	}
	want.check(t, booking.Lodging, at(before))

	want[booking.Confirmed] = allowed
	want.check(t, booking.Lodging, at(checkIn))
	requireMoves(t, booking.Lodging, at(checkIn), booking.Cancelling)
}

// A guest can always do one of the two: cancel the stay, or end it.
func TestConfirmed_CanBeCancelledOrCompleted(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{before, checkIn, checkIn.Add(time.Nanosecond)} {
		cancel := booking.MayCancelStay(booking.Confirmed, now, checkIn) == nil
		complete := booking.MayCheckOut(booking.Confirmed, now, checkIn) == nil
		require.NotEqual(t, cancel, complete, now)
	}
}

// TestFirstFreeNight: guests of the nights from the 24th to the 27th leave at a time of day
// in the place's zone.
func TestFirstFreeNight(t *testing.T) {
	t.Parallel()
	from, to := date(t, "2026-12-24"), date(t, "2026-12-28")
	for name, tt := range map[string]struct {
		zone, left, want string
		checkIn          booking.Clock
	}{
		"OnTheFirstEvening":       {"Asia/Seoul", "2026-12-24T22:00:00+09:00", "2026-12-25", booking.Clock{Hour: 15}},
		"AtCheckIn":               {"Asia/Seoul", "2026-12-24T15:00:00+09:00", "2026-12-25", booking.Clock{Hour: 15}},
		"BeforeCheckIn":           {"Asia/Seoul", "2026-12-24T14:59:59+09:00", "2026-12-25", booking.Clock{Hour: 15}}, // one is used
		"AfterTheFirstMidnight":   {"Asia/Seoul", "2026-12-25T00:00:00+09:00", "2026-12-25", booking.Clock{Hour: 15}},
		"InTheMorning":            {"Asia/Seoul", "2026-12-25T09:00:00+09:00", "2026-12-25", booking.Clock{Hour: 15}},
		"BeforeTheNightBegins":    {"Asia/Seoul", "2026-12-25T14:59:59+09:00", "2026-12-25", booking.Clock{Hour: 15}},
		"WhenTheNightBegins":      {"Asia/Seoul", "2026-12-25T15:00:00+09:00", "2026-12-26", booking.Clock{Hour: 15}},
		"InTheEvening":            {"Asia/Seoul", "2026-12-25T23:59:59+09:00", "2026-12-26", booking.Clock{Hour: 15}},
		"AfterAnotherMidnight":    {"Asia/Seoul", "2026-12-26T00:00:00+09:00", "2026-12-26", booking.Clock{Hour: 15}},
		"DayOfTheZoneAndNotOfUTC": {"Asia/Seoul", "2026-12-25T23:00:00Z", "2026-12-26", booking.Clock{Hour: 15}}, // 08:00 on the 26th
		"DayOfAZoneBehindUTC":     {"America/Los_Angeles", "2026-12-26T05:00:00Z", "2026-12-26", booking.Clock{Hour: 15}},
		"NightsFromMidnight":      {"Asia/Seoul", "2026-12-25T00:00:00+09:00", "2026-12-26", booking.Clock{}},
		"JustBeforeMidnight":      {"Asia/Seoul", "2026-12-24T23:59:59+09:00", "2026-12-25", booking.Clock{}},
		"OnTheLastMorning":        {"Asia/Seoul", "2026-12-28T10:00:00+09:00", "2026-12-28", booking.Clock{Hour: 15}},
		"OnTheLastEvening":        {"Asia/Seoul", "2026-12-27T20:00:00+09:00", "2026-12-28", booking.Clock{Hour: 15}},
		"LongAfter":               {"Asia/Seoul", "2027-02-01T10:00:00+09:00", "2026-12-28", booking.Clock{Hour: 15}},
	} {
		left, err := time.Parse(time.RFC3339, tt.left)
		require.NoError(t, err)
		end := booking.StayEnd{Hold: booking.Hold{From: from, To: to}, Left: left, CheckInTime: tt.checkIn, TimeZone: tt.zone}
		require.Equal(t, tt.want, end.FirstFreeNight().String(), name)
	}
}

// In a zone that this build does not know, clocks have the offset from UTC of the stay's
// beginning.
func TestFirstFreeNight_ZoneThatThisBuildHasLost(t *testing.T) {
	t.Parallel()
	from := date(t, "2026-12-24")
	end := booking.StayEnd{
		Hold: booking.Hold{From: from, To: date(t, "2026-12-28")}, CheckInTime: booking.Clock{Hour: 15}, TimeZone: "Mars/Olympus_Mons",
		Begins: from.At(booking.Clock{Hour: 15}, zone(t, "Asia/Seoul")),
	}
	for left, want := range map[string]string{
		"2026-12-25T14:59:59+09:00": "2026-12-25", "2026-12-25T15:00:00+09:00": "2026-12-26", "2026-12-26T02:00:00+09:00": "2026-12-26",
	} {
		var err error
		end.Left, err = time.Parse(time.RFC3339, left)
		require.NoError(t, err)
		require.Equal(t, want, end.FirstFreeNight().String(), left)
	}
}

// A night that begins at a midnight that the clocks skip begins an hour later.
func TestFirstFreeNight_MidnightThatDoesNotExist(t *testing.T) {
	t.Parallel()
	santiago := zone(t, "America/Santiago")
	from, to := date(t, "2027-09-03"), date(t, "2027-09-08")
	begins := date(t, "2027-09-05").At(booking.Clock{}, santiago)
	free := func(left time.Time) string {
		return booking.FirstFreeNight(from, to, booking.Clock{}, left, santiago).String()
	}
	require.Equal(t, "2027-09-05", free(begins.Add(-time.Nanosecond)))
	require.Equal(t, "2027-09-06", free(begins))
}

// TestFirstFreeNight_TheLaterTheFewer: from minute to minute no used night becomes free
// again, and at most one more is used.
func TestFirstFreeNight_TheLaterTheFewer(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	from, to := date(t, "2026-10-23"), date(t, "2026-10-28") // the clocks go back on the 25th
	for _, checkIn := range []booking.Clock{{}, {Hour: 2, Minute: 30}, {Hour: 15}, {Hour: 23, Minute: 59}} {
		before := from.AddDays(1)
		for left := from.At(checkIn, berlin); left.Before(to.At(checkIn, berlin)); left = left.Add(time.Minute) {
			night := booking.FirstFreeNight(from, to, checkIn, left, berlin)
			require.GreaterOrEqual(t, before.DaysUntil(night), 0)
			require.LessOrEqual(t, before.DaysUntil(night), 1)
			before = night
		}
		require.Equal(t, to, before)
	}
}
