package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func confirmed(in *contract.Lodging) { mustConfirm(&in.Order) }

// meanwhile is the order's row after a while.
func (l *sagaRun) meanwhile(after time.Duration) *contract.View {
	var v contract.View
	l.env.RegisterDelayedCallback(func() { v = l.row().View }, after)
	return &v
}

const quarter = 15 * time.Minute

func TestConfirm_HeldBeforeAndPaid(t *testing.T) {
	t.Parallel()
	for how, confirm := range map[string]func(*stay){
		"Notice": func(s *stay) { s.confirms(time.Minute, approves) },
		"Return": func(s *stay) {
			s.env.RegisterDelayedCallback(func() { s.customerSays(approves) }, 50*time.Second)
			s.customerReturns(time.Minute)
		},
		"Lost": func(s *stay) { s.env.RegisterDelayedCallback(func() { s.customerSays(approves) }, 50*time.Second) },
		"AtTheEnd": func(s *stay) {
			s.env.RegisterDelayedCallback(func() { s.customerSays(approves) }, quarter-time.Second)
		},
		"Both": func(s *stay) {
			s.confirms(time.Minute, approves)
			s.confirms(time.Minute, approves)
			s.customerReturns(time.Minute)
			s.customerReturns(time.Minute)
			s.customerReturns(hour)
		},
	} {
		for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable, "PayNow": payNow} {
			t.Run(how+"/"+name, func(t *testing.T) {
				s := newStay(t, confirmed, change)
				confirm(s)
				meanwhile, rooms := s.meanwhile(20*time.Second), -1
				s.env.RegisterDelayedCallback(func() { rooms = s.rooms() }, 20*time.Second)
				v := s.run()
				s.requireUnconfirmed(*meanwhile, quarter)
				require.Zero(t, rooms, "the room is held")
				require.Equal(t, booking.Completed, v.Status)
				require.Contains(t, statuses(v), booking.AwaitingPayment)
				require.Nil(t, v.NextAction)
				require.Zero(t, v.ExpiresAt)
				require.Equal(t, completed, s.events())
				require.EqualValues(t, 100000, s.owed())
				require.Equal(t, booking.Confirmed, s.row().Decision.Status)
			})
		}
	}
}

func TestConfirm_ComesToNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		happen func(*stay)
		reason booking.Reason
	}{
		"TimeIsUp":  {func(*stay) {}, booking.PaymentNotConfirmed},
		"Declined":  {func(s *stay) { s.confirms(time.Minute, refuses) }, booking.PaymentDeclined},
		"Cancelled": {func(s *stay) { s.decides(time.Minute, contract.CancelUpdate) }, booking.ByCustomer},
		"CancelledAsItIsConfirmed": {func(s *stay) {
			s.env.RegisterDelayedCallback(func() { s.customerSays(approves) }, time.Minute-time.Millisecond)
			s.decides(time.Minute, contract.CancelUpdate)
		}, booking.ByCustomer},
		"ByTheOperator": {func(s *stay) { s.env.RegisterDelayedCallback(s.env.CancelWorkflow, time.Minute) }, booking.ByOperator},
		"OtherAmount":   {func(s *stay) { s.confirms(time.Minute, otherAmount) }, booking.PaymentUnavailable},
		"TheProvidersTimeIsUp": {func(s *stay) {
			s.confirmsUntil = 5 * time.Minute
			s.confirms(6*time.Minute, approves)
		}, booking.PaymentNotConfirmed},
		"TooLate": {func(s *stay) { s.confirms(quarter+time.Second, approves) }, booking.PaymentNotConfirmed},
	} {
		for mode, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				s := newStay(t, confirmed, change)
				s.alsoOthers = name == "OtherAmount"
				tt.happen(s)
				v := s.run()
				require.Equal(t, booking.Cancelled, v.Status)
				require.Equal(t, tt.reason, v.Reason)
				require.Nil(t, v.NextAction)
				require.Zero(t, s.owed())
				require.Equal(t, 1, s.rooms(), "the room is free again")
				require.Empty(t, s.ownerMessages(), "the owner gets no message about it")
				s.requireCancellationSent(v)
			})
		}
	}
}

// requireCancellationSent checks that a customer who was asked to confirm, or did not confirm in
// time, gets one message about the cancellation, and other customers none.
func (l *sagaRun) requireCancellationSent(v contract.View) {
	l.Helper()
	sent := l.sentTo(v.CustomerID)
	if len(sent) > 0 && sent[0].Type == booking.PaymentToConfirmMessage {
		sent = sent[1:]
		require.Len(l, sent, 1)
	}
	if v.Reason != booking.PaymentNotConfirmed {
		require.Empty(l, slices.DeleteFunc(sent, func(m booking.Message) bool { return m.Reason == v.Reason }))
		return
	}
	require.Len(l, sent, 1)
	words := "Your order is cancelled (the payment was not confirmed in time). You pay nothing: " + v.Item.Name
	require.Equal(l, words, sent[0].Words(booking.English))
	require.Equal(l, "주문이 취소되었습니다(결제미확인). 청구되는 금액은 없습니다: "+v.Item.Name, sent[0].Words(booking.Korean))
}

func TestConfirm_SoldOutBefore(t *testing.T) {
	s := newStay(t, confirmed)
	s.setStock(0)
	v := s.run()
	require.Equal(t, booking.SoldOut, v.Reason)
	require.NotContains(t, statuses(v), booking.AwaitingPayment, "no customer is asked to pay for it")
	require.Empty(t, s.events())
	s.customerSays(approves)
	require.Zero(t, s.owed())
	require.True(t, s.provider[s.order+"/charge"].voided)
}

// A customer whose payment was deferred is asked to confirm it, and gets one message about
// the cancellation.
func TestConfirm_WhenItsTurnComes(t *testing.T) {
	t.Parallel()
	for name, approved := range map[string]bool{"Approved": true, "Silent": false} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, soon, confirmed)
			shut := true
			s.keptAway(&shut)
			s.env.RegisterDelayedCallback(func() { shut = false }, 10*time.Second)
			want := []string{"payment_deferred", "payment_to_confirm"}
			if approved {
				s.confirms(5*time.Minute, approves)
			} else {
				want = append(want, "order_cancelled")
			}
			v := s.run()
			require.Equal(t, approved, v.Status == booking.Completed)
			require.Equal(t, want, s.messagesTo(s.customer))
			require.Equal(t, []booking.Status{booking.Received, booking.PaymentPending, booking.AwaitingPayment}, statuses(v)[:3])
			words := "Please confirm the payment of your order within 15 minutes, or it is cancelled: Seaside Inn"
			require.Equal(t, words, s.sentTo(s.customer)[1].Words(booking.English))
		})
	}
}

func TestConfirm_ReturnsAgain(t *testing.T) {
	s := newStay(t, confirmed)
	first, second, later := s.customerReturns(time.Minute), s.customerReturns(time.Minute), s.customerReturns(2*time.Minute)
	after := s.customerReturns(hour)
	v := s.run()
	require.Equal(t, booking.PaymentNotConfirmed, v.Reason)
	require.Equal(t, booking.AwaitingPayment, first.view.Status)
	require.Equal(t, booking.DecisionPending, second.code())
	require.Equal(t, booking.AwaitingPayment, later.view.Status)
	require.False(t, after.accepted)
}

// While the provider does not answer, the order calls again after pauses.
func TestConfirm_ProviderAway(t *testing.T) {
	s := newStay(t, confirmed)
	away, requests := true, 0
	s.faults = func(call string) fault {
		if call == "confirm" {
			requests++
		}
		return only(before, away && call == "confirm")
	}
	s.customerReturns(time.Minute)
	s.env.RegisterDelayedCallback(func() { s.customerSays(approves); away = false }, 5*time.Minute)
	require.Equal(t, booking.Completed, s.run().Status)
	require.Less(t, requests, 80)
}

func TestConfirm_OtherBusinesses(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(*testing.T) (*sagaRun, func() contract.View){
		"food": func(t *testing.T) (*sagaRun, func() contract.View) {
			m := newMeal(t)
			mustConfirm(&m.in.Order)
			return m.sagaRun, func() contract.View { return m.execute(m.in) }
		},
		"cafe": func(t *testing.T) (*sagaRun, func() contract.View) {
			c := newCup(t)
			mustConfirm(&c.in.Order)
			return c.sagaRun, func() contract.View { return c.execute(c.in) }
		},
		"cleaning": func(t *testing.T) (*sagaRun, func() contract.View) {
			v := newVisit(t)
			mustConfirm(&v.in.Order)
			return v.sagaRun, func() contract.View { return v.execute(v.in) }
		},
	} {
		for what, reason := range map[atCustomer]booking.Reason{approves: "", refuses: booking.PaymentDeclined, silent: booking.PaymentNotConfirmed} {
			t.Run(name+"/"+string(reason), func(t *testing.T) {
				l, run := order(t)
				meanwhile := l.meanwhile(time.Minute)
				if what != silent {
					l.confirms(14*time.Minute, what)
				}
				l.decides(hour, contract.CompleteUpdate)
				v := run()
				l.requireUnconfirmed(*meanwhile, quarter)
				require.Equal(t, reason, v.Reason)
				require.Equal(t, reason == "", v.Status != booking.Cancelled)
				if reason != "" {
					require.Zero(t, l.owed())
					require.Zero(t, l.held())
					l.requireCancellationSent(v)
				}
			})
		}
	}
}
