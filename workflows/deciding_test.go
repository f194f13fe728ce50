package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestAccepted_IsFinal: the decision that work is finished was accepted, and is still being
// recorded. A cancel by the customer is refused as too late, and a cancellation of the
// workflow by an operator at that moment has no effect.
func TestAccepted_IsFinal(t *testing.T) {
	t.Parallel()
	for kind, order := range map[booking.Kind]func(*testing.T) (*sagaRun, any){
		booking.Lodging:  func(t *testing.T) (*sagaRun, any) { s := newStay(t); return s.sagaRun, s.in },
		booking.Food:     func(t *testing.T) (*sagaRun, any) { m := newMeal(t); return m.sagaRun, m.in },
		booking.Cafe:     func(t *testing.T) (*sagaRun, any) { c := newCup(t); return c.sagaRun, c.in },
		booking.Cleaning: func(t *testing.T) (*sagaRun, any) { v := newVisit(t); return v.sagaRun, v.in },
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
