package workflows_test

import (
	"slices"
	"strconv"
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

// TestBudget_OfDecisionsThatSucceed: changes, refunds by staff and refunds by hand are accepted
// again and again, but only so often that the order can still be cancelled.
func TestBudget_OfDecisionsThatSucceed(t *testing.T) {
	t.Parallel()
	const sent = 250
	for name, is := range map[string]struct {
		most int
		send func(s *stay, i int, after time.Duration) (code func() booking.Code)
	}{
		"Changes": {100, func(s *stay, i int, after time.Duration) func() booking.Code {
			rooms := 1 + i%2
			if i >= 100 {
				rooms = 3 // every request would change something
			}
			return s.moves(after, strconv.Itoa(i), 0, 3, rooms).code
		}},
		"RefusedChanges": {100, func(s *stay, i int, after time.Duration) func() booking.Code {
			d := s.moves(after, strconv.Itoa(i), 0, 3, 5)
			return func() booking.Code {
				require.Error(t, d.err)
				if d.code() == booking.Code(booking.SoldOut) {
					return ""
				}
				return d.code()
			}
		}},
		"Refunds": {200, func(s *stay, i int, after time.Duration) func() booking.Code {
			return s.staffRefunds(after, strconv.Itoa(i), 1).code
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newMove(t, 3, strict)
			s.policed = true
			var codes []func() booking.Code
			for i := range sent {
				codes = append(codes, is.send(s, i, hour+time.Duration(i)*10*time.Second))
			}
			cancel := s.decides(3*hour, contract.CancelUpdate)
			require.Equal(t, booking.Cancelled, s.run().Status)
			require.NoError(t, cancel.err)
			for i, code := range codes {
				want := booking.Code("")
				if i >= is.most {
					want = contract.DecisionsExhausted
				}
				require.Equal(t, want, code(), i)
			}
		})
	}
}

// TestBudget_ChangesWhileAServiceIsAway: a change that is tried every second while payments are away
// uses up few of the order's changes, and is made soon after the outage.
func TestBudget_ChangesWhileAServiceIsAway(t *testing.T) {
	const outage = 20 * time.Minute
	s := newMove(t, 3)
	down := false
	s.setFaults(func(call string) fault { return only(nothing, down && call == "begin further charge") })
	s.env.RegisterDelayedCallback(func() { down = true }, hour)
	s.env.RegisterDelayedCallback(func() { down = false }, hour+outage)
	const every = 5 * time.Second
	var tries []*decision
	for i := range int((outage+outage/8)/every) + 20 {
		tries = append(tries, s.moves(hour+time.Duration(i)*every, strconv.Itoa(i), 0, 3, 2))
	}
	require.Equal(t, 2, s.run().Quantity)
	made := slices.IndexFunc(tries, func(d *decision) bool { return d.err == nil })
	require.LessOrEqual(t, time.Duration(made)*every, outage+outage/8+time.Minute)
	accepted, paused := 0, 0
	for _, d := range tries[:made] {
		require.Contains(t, []booking.Code{booking.Code(booking.PaymentUnavailable), booking.ChangePending}, d.code())
		switch {
		case d.accepted:
			accepted++
		case d.code() != booking.ChangePending:
			require.Positive(t, d.after())
			paused++
		}
	}
	require.Positive(t, paused)
	require.LessOrEqual(t, accepted, 30)
}

// TestBudget_OfRefundsByHand: while a dispute is open an operator may try again, but only so often.
func TestBudget_OfRefundsByHand(t *testing.T) {
	s := newStay(t)
	is := &other{dispute: true, percent: 100, checksLeft: 100_000, fails: true}
	s.env.RegisterDelayedCallback(func() { s.happens(is) }, time.Minute)
	s.decides(hour, contract.CancelUpdate)
	var all []*decision
	for i := range 150 {
		all = append(all, s.resolves(hour+time.Duration(i+1)*10*time.Second))
	}
	s.env.RegisterDelayedCallback(func() {
		s.mu.Lock()
		is.ended = true
		s.mu.Unlock()
		s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil)
	}, 2*hour)
	require.Equal(t, booking.Cancelled, s.run().Status)
	for i, d := range all {
		want := booking.UnderDispute
		if i >= 50 {
			want = contract.DecisionsExhausted
		}
		require.Equal(t, want, d.code(), i)
	}
}
