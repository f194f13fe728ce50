package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// notToRun is an order before its workflow is started, with the part that all kinds have in
// common.
type notToRun struct {
	*sagaRun
	order *contract.Order
	run   func() contract.View
}

func eachKind(t *testing.T, test func(t *testing.T, o notToRun)) {
	t.Parallel()
	for kind, order := range map[booking.Kind]func(*testing.T) notToRun{
		booking.Lodging:  func(t *testing.T) notToRun { s := newStay(t); return notToRun{s.sagaRun, &s.in.Order, s.run} },
		booking.Food:     func(t *testing.T) notToRun { m := newMeal(t); return notToRun{m.sagaRun, &m.in.Order, m.run} },
		booking.Cafe:     func(t *testing.T) notToRun { c := newCup(t); return notToRun{c.sagaRun, &c.in.Order, c.run} },
		booking.Cleaning: func(t *testing.T) notToRun { v := newVisit(t); return notToRun{v.sagaRun, &v.in.Order, v.run} },
	} {
		t.Run(string(kind), func(t *testing.T) { test(t, order(t)) })
	}
}

// requireNothingBegun checks that the order was cancelled for a reason, and that no service
// was called for it.
func (o notToRun) requireNothingBegun(v contract.View, reason booking.Reason) {
	o.Helper()
	require.Equal(o, []booking.Status{booking.Received, booking.Cancelling, booking.Cancelled}, statuses(v))
	require.Equal(o, reason, v.Reason)
	require.False(o, v.Placed)
	require.False(o, v.Listed())
	require.Empty(o, o.provider, "the provider was not called")
	_, err := o.ledger.Payment(o.Context(), o.sagaRun.order)
	require.ErrorIs(o, err, &booking.Error{Code: booking.NotFound}, "nor the ledger")
	require.Empty(o, o.ownerMessages())
	require.Empty(o, o.events())
	require.False(o, o.registered)
	require.Equal(o, reason, o.row().Decision.Reason, "a repeat is answered so")
}

// TestStartBy_TooLate: a saga that is started after StartBy does nothing, whatever the
// cause. The customer is notified if they were promised the order.
func TestStartBy_TooLate(t *testing.T) {
	eachKind(t, func(t *testing.T, o notToRun) {
		o.order.StartBy = placedAt.Add(10 * time.Second)
		o.startRun(placedAt.Add(11 * time.Second))
		v := o.run()
		o.requireNothingBegun(v, booking.NotProcessed)
		require.True(t, v.Reason.Unavailable(), "its key is free")
		messages := o.messagesTo(o.order.CustomerID)
		if v.Kind == booking.Lodging || v.Kind == booking.Food {
			require.Equal(t, []string{"order_cancelled"}, messages)
			require.Equal(t, booking.NotProcessed, o.sentTo(o.order.CustomerID)[0].Reason)
		} else {
			require.Empty(t, messages)
		}
	})
}

// TestStartBy_NotifiesWhileMessagesAreAway: the message is sent even if its service is away at first,
// and delays nothing else.
func TestStartBy_NotifiesWhileMessagesAreAway(t *testing.T) {
	m := newMeal(t)
	m.in.StartBy = placedAt.Add(10 * time.Second)
	m.startRun(placedAt.Add(11 * time.Second))
	failed := 0
	m.faults = func(call string) fault {
		if call != "send" || failed == 5 {
			return none
		}
		failed++
		require.Equal(m, booking.Cancelled, m.row().View.Status, "it is shown as cancelled by then")
		return before
	}
	v := m.run()
	require.False(t, v.NeedsAttention)
	require.Equal(t, []string{"order_cancelled"}, m.messagesTo(m.customer))
}

// TestStartBy_InTime: a saga that is started in time ends as one without a limit.
func TestStartBy_InTime(t *testing.T) {
	m := newMeal(t)
	m.in.StartBy = placedAt
	m.decides(hour, contract.CompleteUpdate)
	require.Equal(t, booking.Delivered, m.run().Status)
}

// TestWithdrawal: an order that was withdrawn before its saga was started is not run, and
// shows the reason and the customer's note.
func TestWithdrawal(t *testing.T) {
	eachKind(t, func(t *testing.T, o notToRun) {
		o.order.Withdrawal = &contract.Withdrawal{Reason: booking.ByCustomer, Note: "changed my mind"}
		v := o.run()
		o.requireNothingBegun(v, booking.ByCustomer)
		require.EqualValues(t, "changed my mind", v.History[1].Note)
		require.Empty(t, o.messagesTo(o.order.CustomerID))
	})
}

// TestDispatchedAt: the deadlines of an order that waited in the inbox count from when it
// left the inbox.
func TestDispatchedAt(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]time.Duration{"InTime": 15 * time.Second, "TooLate": 35 * time.Second} {
		t.Run(name, func(t *testing.T) {
			m := newMeal(t)
			m.in.StartBy, m.in.DispatchedAt = placedAt.Add(2*hour), placedAt.Add(hour)
			m.in.Policy.PayWithin = booking.Duration(20 * time.Second)
			m.startRun(m.in.DispatchedAt)
			down := true
			m.faults = func(c string) fault { return only(before, down && c == "begin charge") }
			m.env.RegisterDelayedCallback(func() { down = false }, in)
			m.decides(10*hour, contract.CompleteUpdate)
			v := m.run()
			if name == "InTime" {
				require.Equal(t, booking.Delivered, v.Status)
			} else {
				require.Equal(t, booking.PaymentUnavailable, v.Reason)
			}
		})
	}
}
