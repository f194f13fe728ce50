package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// The engine takes ten updates in flight and 2,000 a run. Orders stay far
// below.
const (
	mostAccepted = 500
	mostInFlight = 5
)

// asked counts what becomes of updates.
type asked struct{ sent, accepted, open, most int }

// asks sends an update now.
func (a *asked) asks(l *life, update string) {
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

// TestBudget_NoCallerMakesAnOrderDeaf: however often whatever is repeated, with
// services away for two months, an order accepts few updates, and few at once.
func TestBudget_NoCallerMakesAnOrderDeaf(t *testing.T) {
	t.Parallel()
	const outage, repeats = 60 * 24 * hour, 3000
	decisions := []string{contract.CancelUpdate, contract.CompleteUpdate, contract.ConfirmUpdate, contract.RejectUpdate}
	for kind, order := range map[booking.Kind]func(*testing.T) (*life, any){
		booking.Lodging: func(t *testing.T) (*life, any) {
			s := newStay(t, manual)
			s.in.Place.ConfirmWithin = booking.Duration(outage)
			return s.life, s.in
		},
		booking.Food:     func(t *testing.T) (*life, any) { m := newMeal(t); return m.life, m.in },
		booking.Cafe:     func(t *testing.T) (*life, any) { c := newCup(t); return c.life, c.in },
		booking.Cleaning: func(t *testing.T) (*life, any) { v := newVisit(t); return v.life, v.in },
	} {
		for name, scene := range map[string]struct {
			hang  []string // activities that do not come to an end
			names []string // updates that are repeated
		}{
			"UndosAway":    {[]string{"RefundPayment", "ReleaseStock", "CancelDelivery", "CancelProduction", "CancelAssignment"}, decisions},
			"DeliveryAway": {nil, decisions[:1]},
			"WorkIsDone":   {[]string{"FinishDelivery", "FinishProduction", "FinishCleaning"}, []string{contract.CompleteUpdate, contract.CancelUpdate}},
		} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				l, in := order(t)
				l.env.SetWorkflowRunTimeout(2 * outage)
				down := true
				l.setFaults(func(call string) fault { return only(nothing, down && call == "stop" && scene.hang == nil) })
				for _, activity := range scene.hang {
					l.env.OnActivity(activity, mock.Anything, mock.Anything).Return(nil, nil).After(outage)
				}
				var seen asked
				for i := range repeats {
					l.env.RegisterDelayedCallback(func() {
						seen.asks(l, scene.names[i%len(scene.names)])
						seen.asks(l, scene.names[(i+1)%len(scene.names)])
					}, hour+outage*time.Duration(i)/repeats)
				}
				l.env.RegisterDelayedCallback(func() { down = false; l.env.CancelWorkflow() }, outage+2*hour)
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
