package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestTaken_IsFinal: the word that work is finished has been taken, and is still
// being recorded. A customer who cancels is told that it is too late, and an
// operator who cancels at that moment does not make that untrue.
func TestTaken_IsFinal(t *testing.T) {
	t.Parallel()
	for kind, order := range map[booking.Kind]func(*testing.T) (*life, any){
		booking.Lodging:  func(t *testing.T) (*life, any) { s := newStay(t); return s.life, s.in },
		booking.Food:     func(t *testing.T) (*life, any) { m := newMeal(t); return m.life, m.in },
		booking.Cafe:     func(t *testing.T) (*life, any) { c := newCup(t); return c.life, c.in },
		booking.Cleaning: func(t *testing.T) (*life, any) { v := newVisit(t); return v.life, v.in },
	} {
		t.Run(string(kind), func(t *testing.T) {
			l, in := order(t)
			at := hour
			if stay, ok := in.(contract.Lodging); ok {
				at = stay.CheckInAt().Sub(placedAt) + time.Hour
			}
			var finished, cancelled *decision
			l.env.RegisterDelayedCallback(func() {
				finished, cancelled = l.decidesNow(contract.CompleteUpdate), l.decidesNow(contract.CancelUpdate)
				l.env.CancelWorkflow()
			}, at)
			v := l.execute(in)
			require.NotEqual(t, booking.Cancelled, v.Status)
			require.Equal(t, v, finished.view)
			require.False(t, cancelled.accepted)
			require.Contains(t, []booking.Code{booking.AlreadyDelivered, booking.AlreadyCompleted}, cancelled.code())
		})
	}
}
