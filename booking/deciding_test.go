package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

const allowed booking.Code = ""

// rule is the expected code in each status.
type rule map[booking.Status]booking.Code

// check compares may with the rule in every status that orders of the kind have.
func (r rule) check(t *testing.T, k booking.Kind, may func(booking.Status) error) {
	t.Helper()
	for _, s := range reachable(k, booking.Received) {
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

// requireMoves requires that from every status where the rule allows a decision, the order
// can go to each of the statuses or is there already.
func requireMoves(t *testing.T, k booking.Kind, may func(booking.Status) error, to ...booking.Status) {
	t.Helper()
	for _, s := range reachable(k, booking.Received) {
		if may(s) != nil {
			continue
		}
		for _, next := range to {
			require.True(t, s == next || k.May(s, next), "%s may be decided on, and cannot become %s", s, next)
		}
	}
}

func TestSupersededBy(t *testing.T) {
	t.Parallel()
	rule{
		booking.Received:        booking.Superseded,
		booking.PaymentPending:  booking.Superseded,
		booking.AwaitingPayment: booking.Superseded,
		booking.Paid:            booking.Superseded,
		booking.AwaitingOwner:   booking.Superseded,
		booking.Confirmed:       booking.Superseded,
		booking.Completed:       booking.AlreadyCompleted,
		booking.Cancelling:      booking.BeingCancelled,
		booking.Cancelled:       booking.AlreadyCancelled,
	}.check(t, booking.Lodging, booking.SupersededBy)
}

func TestEffectiveStatus(t *testing.T) {
	t.Parallel()
	for _, s := range booking.Statuses() {
		require.Equal(t, s, booking.EffectiveStatus(s, "", ""), "nothing was decided")
		cancelled, decided := booking.Cancelling, booking.Confirmed
		if s.Final() {
			cancelled, decided = s, s
		}
		if s == booking.Cancelling {
			decided = s // the earlier decision is superseded
		}
		require.Equal(t, cancelled, booking.EffectiveStatus(s, booking.ByCustomer, ""), s)
		require.Equal(t, decided, booking.EffectiveStatus(s, "", booking.Confirmed), s)
		require.Equal(t, cancelled, booking.EffectiveStatus(s, booking.ByCustomer, booking.Confirmed), "the cancellation counts most: %s", s)
	}
}

func TestMayCancel(t *testing.T) {
	t.Parallel()
	for kind, finished := range map[booking.Kind]rule{
		booking.Food: {booking.Delivered: booking.AlreadyDelivered}, booking.Cafe: {booking.Completed: booking.AlreadyCompleted},
		booking.Cleaning: {booking.Completed: booking.AlreadyCompleted},
	} {
		rule := finished
		rule[booking.Cancelled] = booking.AlreadyCancelled
		for _, s := range reachable(kind, booking.Received) {
			if _, known := rule[s]; !known {
				rule[s] = allowed // repeating a cancellation that is under way is no error
			}
		}
		rule.check(t, kind, booking.MayCancel)
		requireMoves(t, kind, booking.MayCancel, booking.Cancelling)
	}
}

// The work of each kind can be finished in one status only.
func TestMayDeliver_MayServe_MayFinish(t *testing.T) {
	t.Parallel()
	for kind, work := range map[booking.Kind]struct {
		may      func(booking.Status) error
		at, ends booking.Status
		not      booking.Code
	}{
		booking.Food:     {booking.MayDeliver, booking.Delivering, booking.Delivered, booking.NotDelivering},
		booking.Cafe:     {booking.MayServe, booking.InProduction, booking.Completed, booking.NotInProduction},
		booking.Cleaning: {booking.MayFinish, booking.Assigned, booking.Completed, booking.NotAssigned},
	} {
		want := rule{
			booking.Delivered: booking.AlreadyDelivered, booking.Completed: booking.AlreadyCompleted,
			booking.Cancelling: booking.BeingCancelled, booking.Cancelled: booking.AlreadyCancelled, work.at: allowed,
		}
		for _, s := range reachable(kind, booking.Received) {
			if _, known := want[s]; !known {
				want[s] = work.not
			}
		}
		want.check(t, kind, work.may)
		requireMoves(t, kind, work.may, work.ends)
	}
}

func TestDrink_EndsWithItsDay(t *testing.T) {
	t.Parallel()
	d := booking.Drink{Date: booking.Date{Year: 2026, Month: 12, Day: 31}, TimeZone: "Asia/Seoul"}
	require.Equal(t, "2026-12-31T15:00:00Z", d.Ends().UTC().Format("2006-01-02T15:04:05Z07:00"))
	require.False(t, d.HasEnded(d.Ends().Add(-time.Nanosecond)))
	require.True(t, d.HasEnded(d.Ends()))
	d.TimeZone = "Mars/Olympus_Mons"
	require.Equal(t, "2027-01-01T00:00:00Z", d.Ends().UTC().Format("2006-01-02T15:04:05Z07:00"))
	d = booking.Drink{Date: booking.Date{Year: 2027, Month: 9, Day: 4}, TimeZone: "America/Santiago"} // the next day begins at 01:00
	require.Equal(t, "2027-09-05T04:00:00Z", d.Ends().UTC().Format("2006-01-02T15:04:05Z07:00"))
}
