package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// The engine accepts ten updates in flight and 2,000 in a run. Orders stay far below that.
const (
	mostAccepted = 500
	mostInFlight = 5
)

// updateCounts counts updates by their outcome.
type updateCounts struct{ sent, accepted, open, most int }

// send sends an update now.
func (a *updateCounts) send(l *sagaRun, update string) {
	a.sent++
	accepted := false
	l.env.UpdateWorkflow(update, "", &testsuite.TestUpdateCallback{
		OnReject: func(error) {},
		OnAccept: func() {
			accepted = true
			a.accepted++
			a.open++
			a.most = max(a.most, a.open)
		},
		OnComplete: func(any, error) {
			if accepted {
				a.open--
			}
		},
	}, contract.Decision{})
}

// TestBudget_NoCallerMakesAnOrderDeaf: however often updates are repeated while services
// are away for two months, an order accepts few updates in all, and few at once.
func TestBudget_NoCallerMakesAnOrderDeaf(t *testing.T) {
	t.Parallel()
	const long, repeats = 60 * 24 * hour, 3000
	decisions := []string{contract.CancelUpdate, contract.CompleteUpdate, contract.ConfirmUpdate, contract.RejectUpdate}
	for kind, order := range map[booking.Kind]func(*testing.T) (*sagaRun, any){
		booking.Lodging: func(t *testing.T) (*sagaRun, any) {
			s := newStay(t, manual)
			s.in.Place.ConfirmWithin = booking.LongestConfirmWithin
			return s.sagaRun, s.in
		},
		booking.Food:     func(t *testing.T) (*sagaRun, any) { m := newMeal(t); return m.sagaRun, m.in },
		booking.Cafe:     func(t *testing.T) (*sagaRun, any) { c := newCup(t); return c.sagaRun, c.in },
		booking.Cleaning: func(t *testing.T) (*sagaRun, any) { v := newVisit(t); return v.sagaRun, v.in },
	} {
		for name, scene := range map[string]struct {
			away   []string // the calls that fail
			outage time.Duration
			names  []string // the updates that are repeated
		}{
			"UndosAway":    {[]string{"begin refund", "release", "cancel"}, hour / 6, decisions},
			"DeliveryAway": {[]string{"stop"}, long, decisions[:1]},
			"WorkIsDone":   {[]string{"finish"}, hour / 6, []string{contract.CompleteUpdate, contract.CancelUpdate}},
		} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				l, in := order(t)
				l.env.SetWorkflowRunTimeout(10 * 365 * 24 * hour)
				down := true
				l.setFaults(func(call string) fault { return only(nothing, down && slices.Contains(scene.away, call)) })
				var seen updateCounts
				var again func(i int)
				again = func(i int) {
					seen.send(l, scene.names[i%len(scene.names)])
					seen.send(l, scene.names[(i+1)%len(scene.names)])
					if i < repeats {
						l.env.RegisterDelayedCallback(func() { again(i + 1) }, scene.outage/repeats)
					}
				}
				l.env.RegisterDelayedCallback(func() { again(0) }, hour)
				l.env.RegisterDelayedCallback(func() { down = false; l.env.CancelWorkflow() }, hour+scene.outage)
				l.env.ExecuteWorkflow(l.flow, in)
				require.True(t, l.env.IsWorkflowCompleted())
				require.NoError(t, l.env.GetWorkflowError())
				require.Positive(t, seen.accepted)
				require.LessOrEqual(t, seen.accepted, mostAccepted)
				require.LessOrEqual(t, seen.most, mostInFlight)
				t.Logf("%+v", seen)
			})
		}
	}
}
