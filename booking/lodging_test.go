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
		booking.Received:       booking.NotAwaitingOwner,
		booking.PaymentPending: booking.NotAwaitingOwner,
		booking.Paid:           booking.NotAwaitingOwner,
		booking.AwaitingOwner:  allowed,
		booking.Confirmed:      booking.AlreadyConfirmed,
		booking.Completed:      booking.AlreadyCompleted,
		booking.Cancelling:     booking.BeingCancelled,
		booking.Cancelled:      booking.AlreadyCancelled,
	}.check(t, booking.Lodging, booking.MayConfirm)
	requireMoves(t, booking.Lodging, booking.MayConfirm, booking.Confirmed, booking.Cancelling) // confirm, reject
}

func TestMayCancelStay(t *testing.T) {
	t.Parallel()
	want := rule{
		booking.Received:       allowed,
		booking.PaymentPending: allowed,
		booking.Paid:           allowed,
		booking.AwaitingOwner:  allowed,
		booking.Confirmed:      allowed,
		booking.Completed:      booking.AlreadyCompleted,
		booking.Cancelling:     allowed, // it asks for what is happening
		booking.Cancelled:      booking.AlreadyCancelled,
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
		booking.Received:       booking.NotConfirmed,
		booking.PaymentPending: booking.NotConfirmed,
		booking.Paid:           booking.NotConfirmed,
		booking.AwaitingOwner:  booking.NotConfirmed,
		booking.Confirmed:      booking.NotCheckedIn,
		booking.Completed:      booking.AlreadyCompleted,
		booking.Cancelling:     booking.BeingCancelled,
		booking.Cancelled:      booking.AlreadyCancelled,
	}
	at := func(now time.Time) func(booking.Status) error {
		return func(s booking.Status) error { return booking.MayCheckOut(s, now, checkIn) }
	}
	want.check(t, booking.Lodging, at(before))

	want[booking.Confirmed] = allowed
	want.check(t, booking.Lodging, at(checkIn))
	requireMoves(t, booking.Lodging, at(checkIn), booking.Completed)
}

// A guest can always do one of the two: give the stay up, or end it.
func TestConfirmed_CanBeCancelledOrCompleted(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{before, checkIn, checkIn.Add(time.Nanosecond)} {
		cancel := booking.MayCancelStay(booking.Confirmed, now, checkIn) == nil
		complete := booking.MayCheckOut(booking.Confirmed, now, checkIn) == nil
		require.NotEqual(t, cancel, complete, now)
	}
}
