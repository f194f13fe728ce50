package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

const allowed booking.Code = ""

// rule is what a rule answers in each status.
type rule map[booking.Status]booking.Code

// check holds may to the rule in every status there is.
func (r rule) check(t *testing.T, may func(booking.Status) error) {
	t.Helper()
	for _, s := range booking.Statuses() {
		code, known := r[s]
		require.True(t, known, "the test says nothing about %s", s)
		err := may(s)
		if code == allowed {
			require.NoError(t, err, s)
			continue
		}
		var refusal *booking.Error
		require.ErrorAs(t, err, &refusal, s)
		require.Equal(t, code, refusal.Code, s)
		require.NotEmpty(t, refusal.Message, s)
	}
}

// requireMoves requires that an order can go to each of the statuses from
// wherever the rule allows a decision, or is there already.
func requireMoves(t *testing.T, may func(booking.Status) error, to ...booking.Status) {
	t.Helper()
	for _, s := range booking.Statuses() {
		if may(s) != nil {
			continue
		}
		for _, next := range to {
			require.True(t, s == next || booking.Lodging.May(s, next), "%s may be decided on, and cannot become %s", s, next)
		}
	}
}

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
	}.check(t, booking.MayConfirm)
	requireMoves(t, booking.MayConfirm, booking.Confirmed, booking.Cancelling) // confirm, reject
}

func TestMayCancel(t *testing.T) {
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
		return func(s booking.Status) error { return booking.MayCancel(s, now, checkIn) }
	}
	want.check(t, at(before))
	requireMoves(t, at(before), booking.Cancelling)

	want[booking.Confirmed] = booking.AlreadyCheckedIn
	for _, now := range []time.Time{checkIn, checkIn.AddDate(1, 0, 0)} {
		want.check(t, at(now))
		requireMoves(t, at(now), booking.Cancelling)
	}
}

func TestMayComplete(t *testing.T) {
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
		return func(s booking.Status) error { return booking.MayComplete(s, now, checkIn) }
	}
	want.check(t, at(before))

	want[booking.Confirmed] = allowed
	want.check(t, at(checkIn))
	requireMoves(t, at(checkIn), booking.Completed)
}

// A guest can always do one of the two: give the stay up, or end it.
func TestConfirmed_CanBeCancelledOrCompleted(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{before, checkIn, checkIn.Add(time.Nanosecond)} {
		cancel := booking.MayCancel(booking.Confirmed, now, checkIn) == nil
		complete := booking.MayComplete(booking.Confirmed, now, checkIn) == nil
		require.NotEqual(t, cancel, complete, now)
	}
}

func TestOvertaken(t *testing.T) {
	t.Parallel()
	rule{
		booking.Received:       booking.Superseded,
		booking.PaymentPending: booking.Superseded,
		booking.Paid:           booking.Superseded,
		booking.AwaitingOwner:  booking.Superseded,
		booking.Confirmed:      booking.Superseded,
		booking.Completed:      booking.AlreadyCompleted,
		booking.Cancelling:     booking.BeingCancelled,
		booking.Cancelled:      booking.AlreadyCancelled,
	}.check(t, booking.Overtaken)
}

func TestStanding(t *testing.T) {
	t.Parallel()
	for _, s := range booking.Statuses() {
		require.Equal(t, s, booking.Standing(s, "", ""), "nothing was decided")
		givenUp, taken := booking.Cancelling, booking.Confirmed
		if s.Final() {
			givenUp, taken = s, s
		}
		require.Equal(t, givenUp, booking.Standing(s, booking.ByCustomer, ""), s)
		require.Equal(t, taken, booking.Standing(s, "", booking.Confirmed), s)
		require.Equal(t, givenUp, booking.Standing(s, booking.ByCustomer, booking.Confirmed), "giving up counts most: %s", s)
	}
}
