package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// decidesBy sends an update by a person after a while.
func (l *sagaRun) decidesBy(by string, after time.Duration, update string) {
	l.env.RegisterDelayedCallback(func() { l.sendRaw(update, &decision{}, contract.Decision{Note: "so I say", By: by}) }, after)
}

// bys are the ids of the persons who decided, entry by entry.
func bys(v contract.View) (all []string) {
	for _, e := range v.History {
		all = append(all, e.By)
	}
	return all
}

// TestBy_WhoDecided: the history and the events name the person who decided. What a step
// has brought about names no person.
func TestBy_WhoDecided(t *testing.T) {
	t.Parallel()
	const yes, done, no, cancel = contract.ConfirmUpdate, contract.CompleteUpdate, contract.RejectUpdate, contract.CancelUpdate
	for name, test := range map[string]struct {
		run   func(t *testing.T) (*sagaRun, func() contract.View)
		first string // the update of person 1025 after an hour, "" for none
		last  string // the update of person 1024
		at    time.Duration
		want  []string
		event booking.EventType // the event that names 1024
	}{
		"Confirmed":  {stayOf(manual), "", yes, hour, []string{"", "", "", "1024", ""}, booking.ReservationStatusChanged},
		"Rejected":   {stayOf(manual), "", no, hour, []string{"", "", "", "1024", "1024"}, booking.ReservationCanceled},
		"Cancelled":  {stayOf(manual), yes, cancel, 2 * hour, []string{"", "", "", "1025", "1024", "1024"}, booking.PaymentCancelApproved},
		"CheckedOut": {stayOf(manual), yes, done, firstNight.At(booking.Clock{Hour: 12}, time.UTC).Sub(placedAt), []string{"", "", "", "1025", "1024"}, booking.ReservationStatusChanged},
		"Delivered":  {mealOf, "", done, hour, []string{"", "", "", "1024"}, booking.DeliveryCompleted},
		"MealOff":    {mealOf, "", cancel, hour, []string{"", "", "", "1024", "1024"}, booking.OrderCanceled},
		"Served":     {cupOf, "", done, hour, []string{"", "", "", "1024"}, booking.ProductionCompleted},
		"CupOff":     {cupOf, "", cancel, hour, []string{"", "", "", "1024", "1024"}, booking.ProductionCanceled},
		"Cleaned":    {visitOf, "", done, hour, []string{"", "", "", "1024"}, booking.CleaningCompleted},
		"VisitOff":   {visitOf, "", cancel, hour, []string{"", "", "", "1024", "1024"}, booking.AssignmentCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			l, run := test.run(t)
			if test.first != "" {
				l.decidesBy("1025", hour, test.first)
			}
			l.decidesBy("1024", test.at, test.last)
			v := run()
			require.Equal(t, test.want, bys(v), v.History)
			if name == "Confirmed" { // the last change is the end of the stay, without a person
				require.Empty(t, l.feed()[test.event].By)
				return
			}
			require.Equal(t, "1024", l.feed()[test.event].By)
		})
	}
}

// TestBy_NoPerson: what a timeout decides names no person, even after a person has decided.
func TestBy_NoPerson(t *testing.T) {
	s, run := stayOf(manual)(t)
	v := run()
	require.Equal(t, booking.OwnerTimeout, v.Reason)
	require.Equal(t, []string{"", "", "", "", ""}, bys(v))
	require.Empty(t, s.feed()[booking.ReservationCanceled].By)
}

// TestBy_PlacedFor: an order that a person has placed for its customer names that person.
func TestBy_PlacedFor(t *testing.T) {
	eachKind(t, func(t *testing.T, o notToRun) {
		o.order.PlacedBy = "1024"
		o.order.Withdrawal = &contract.Withdrawal{Reason: booking.ByCustomer, By: "1025"}
		require.Equal(t, []string{"1024", "1025", "1025"}, bys(o.run()))
	})
}

func stayOf(change func(*contract.Lodging)) func(*testing.T) (*sagaRun, func() contract.View) {
	return func(t *testing.T) (*sagaRun, func() contract.View) { s := newStay(t, change); return s.sagaRun, s.run }
}

func mealOf(t *testing.T) (*sagaRun, func() contract.View) { m := newMeal(t); return m.sagaRun, m.run }
func cupOf(t *testing.T) (*sagaRun, func() contract.View)  { c := newCup(t); return c.sagaRun, c.run }
func visitOf(t *testing.T) (*sagaRun, func() contract.View) {
	v := newVisit(t)
	return v.sagaRun, v.run
}

// TestBy_Forced: an order whose drink is deleted names the person who deleted it. A signal
// with the reason alone counts as well, and names no person.
func TestBy_Forced(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		said any
		by   string
	}{
		"By": {contract.Force{Reason: booking.MenuDeleted, By: "1024"}, "1024"}, "NoPerson": {booking.MenuDeleted, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCup(t)
			c.env.RegisterDelayedCallback(func() { c.env.SignalWorkflow(contract.ForceCancelSignal, test.said) }, hour)
			v := c.run()
			require.Equal(t, booking.MenuDeleted, v.Reason)
			require.Equal(t, []string{"", "", "", test.by, test.by}, bys(v))
			require.Equal(t, test.by, c.feed()[booking.OrderCanceled].By)
		})
	}
}

// TestBy_Settled: an order whose workflow was lost names the caller that settled it.
func TestBy_Settled(t *testing.T) {
	m := newMeal(t)
	lost := m.in.View()
	lost.Status = booking.PaymentPending
	lost.History = append(lost.History, contract.Entry{Status: booking.PaymentPending, At: placedAt})
	_, in, err := contract.Settlement(lost, m.in.Policy, "", booking.SystemID)
	require.NoError(t, err)
	require.Equal(t, []string{"", "", booking.SystemID, booking.SystemID}, bys(m.execute(in)))
}
