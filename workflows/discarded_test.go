package workflows_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// endState is what is visible of an order at its end.
type endState struct {
	Status     booking.Status
	Reason     booking.Reason
	Placed     bool
	Deferred   *contract.Deferral
	Delivery   *contract.Delivery
	Production *contract.Production
	Cleaning   *contract.Visit
	Events     []booking.EventType
	Messages   []string // to the owner and the customer
}

func (l *sagaRun) endState(v contract.View) endState {
	messages := append(l.ownerMessages(), l.messagesTo(v.CustomerID)...)
	slices.Sort(messages) // messages of the same instant have no order
	if v.Cleaner() != nil {
		visit := *v.Cleaning
		visit.Cleaner = &booking.Cleaner{Name: v.Cleaner().Name} // the id differs between tests
		v.Cleaning = &visit
	}
	return endState{
		v.Status, v.Reason, v.Placed, v.PaymentDeferred, v.Delivery, v.Production, v.Cleaning,
		l.published, messages,
	}
}

// TestDiscardedRuns_EndTheSame: an order whose process dies at any call of its first
// workflow task, publications included, without a record in the engine, has the same end,
// events and messages as one without a crash.
func TestDiscardedRuns_EndTheSame(t *testing.T) {
	t.Parallel()
	declined := func(o *contract.Order) { o.PaymentMethod = "pm_card_chargeDeclined" }
	for name, order := range map[string]func(*testing.T) (*sagaRun, any){
		"lodging/well":     func(t *testing.T) (*sagaRun, any) { s := newStay(t); return s.sagaRun, s.in },
		"lodging/declined": func(t *testing.T) (*sagaRun, any) { s := newStay(t); declined(&s.in.Order); return s.sagaRun, s.in },
		"lodging/to_confirm": func(t *testing.T) (*sagaRun, any) {
			s := newStay(t)
			mustConfirm(&s.in.Order)
			s.approves = true
			return s.sagaRun, s.in
		},
		"food/to_confirm": func(t *testing.T) (*sagaRun, any) {
			m := newMeal(t)
			mustConfirm(&m.in.Order)
			m.approves = true
			return m.sagaRun, m.in
		},
		"cafe/to_confirm": func(t *testing.T) (*sagaRun, any) {
			c := newCup(t)
			mustConfirm(&c.in.Order)
			c.approves = true
			return c.sagaRun, c.in
		},
		"cleaning/to_confirm": func(t *testing.T) (*sagaRun, any) {
			v := newVisit(t)
			mustConfirm(&v.in.Order)
			v.approves = true
			return v.sagaRun, v.in
		},
		"lodging/sold_out": func(t *testing.T) (*sagaRun, any) { s := newStay(t); s.setStock(0); return s.sagaRun, s.in },
		"food/well":        func(t *testing.T) (*sagaRun, any) { m := newMeal(t); return m.sagaRun, m.in },
		"food/declined":    func(t *testing.T) (*sagaRun, any) { m := newMeal(t); declined(&m.in.Order); return m.sagaRun, m.in },
		"cafe/well":        func(t *testing.T) (*sagaRun, any) { c := newCup(t); return c.sagaRun, c.in },
		"cafe/declined":    func(t *testing.T) (*sagaRun, any) { c := newCup(t); declined(&c.in.Order); return c.sagaRun, c.in },
		"cafe/sold_out":    func(t *testing.T) (*sagaRun, any) { c := newCup(t); c.setStock(0); return c.sagaRun, c.in },
		"cleaning/well":    func(t *testing.T) (*sagaRun, any) { v := newVisit(t); return v.sagaRun, v.in },
		"cleaning/declined": func(t *testing.T) (*sagaRun, any) {
			v := newVisit(t)
			declined(&v.in.Order)
			return v.sagaRun, v.in
		},
		"cleaning/for_nothing": func(t *testing.T) (*sagaRun, any) {
			v := newVisit(t)
			v.in.Amount.Amount = 0
			return v.sagaRun, v.in
		},
	} {
		t.Run(name, func(t *testing.T) {
			undisturbed, in := order(t)
			undisturbed.decides(hour, contract.CompleteUpdate)
			calls := 0 // until its first stable status, or its end
			undisturbed.env.RegisterDelayedCallback(func() { calls = undisturbed.calls }, time.Minute)
			want := undisturbed.endState(undisturbed.execute(in))
			if want.Status == booking.Cancelled {
				calls = undisturbed.calls
			}
			require.Positive(t, calls)
			for n := 1; n <= calls; n++ {
				t.Run(fmt.Sprintf("DiesAt%d", n), func(t *testing.T) {
					l, in := order(t)
					l.setFaults(dyingAt(n, func(string) fault { return none }))
					l.env.RegisterDelayedCallback(l.env.CancelWorkflow, time.Minute) // ends the run of the dead process
					l.env.ExecuteWorkflow(l.flow, in)
					l.setFaults(nil)
					l.startRun(placedAt.Add(10 * time.Second))
					l.decides(hour, contract.CompleteUpdate)
					require.Equal(t, want, l.endState(l.execute(in)))
				})
			}
		})
	}
}

// TestDiscardedRuns_DeclinedMeanwhile: a run without a record in the engine has held the rooms for
// a customer that was to confirm the payment, and the confirmation was declined. The next run, which
// learns that from the ledger, releases them.
func TestDiscardedRuns_DeclinedMeanwhile(t *testing.T) {
	t.Parallel()
	var released atomic.Int32
	t.Run("Runs", func(t *testing.T) {
		for n := 1; n <= 11; n++ {
			t.Run(fmt.Sprintf("DiesAt%d", n), func(t *testing.T) {
				s := newStay(t)
				mustConfirm(&s.in.Order)
				s.setFaults(dyingAt(n, func(string) fault { return none }))
				s.env.RegisterDelayedCallback(func() { s.customerSays(refuses) }, 20*time.Second)
				s.env.RegisterDelayedCallback(s.env.CancelWorkflow, time.Minute)
				s.env.ExecuteWorkflow(s.flow, s.in)
				held := s.held()
				s.setFaults(nil)
				s.startRun(placedAt.Add(10 * time.Second))
				v := s.execute(s.in)
				require.Equal(t, booking.Cancelled, v.Status)
				require.Zero(t, s.held())
				require.Zero(t, s.owed())
				if held > 0 && v.Reason == booking.PaymentDeclined {
					released.Add(1)
				}
			})
		}
	})
	require.Positive(t, released.Load(), "no run dies after it has held the rooms")
}
