package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// keptAway keeps payments from the provider while holds is true.
func (w *world) keptAway(holds *bool) {
	w.faults = func(call string) fault { return only(before, *holds && (call == "enter" || call == "opens")) }
}

func payNow(in *contract.Lodging) { in.Policy.PayWithin = 0 }

// soon is a deadline after as few attempts as the test environment makes.
func soon(in *contract.Lodging) { in.Policy.PayWithin = booking.Duration(20 * time.Second) }

func TestCharge_DeferredWhileTheProviderIsKeptFrom(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": soon, "Durable": durable} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, soon, change)
			shut := true
			s.keptAway(&shut)
			var meanwhile contract.View
			s.env.RegisterDelayedCallback(func() { meanwhile, shut = s.row().View, false }, 10*time.Second)
			v := s.run()
			require.Equal(t, booking.PaymentPending, meanwhile.Status)
			require.NotNil(t, meanwhile.PaymentDeferred)
			require.WithinDuration(t, placedAt.Add(20*time.Second), meanwhile.PaymentDeferred.Until, time.Second)
			require.Equal(t, []booking.Status{booking.Received, booking.PaymentPending, booking.Paid, booking.Confirmed, booking.Completed}, statuses(v))
			require.Nil(t, v.PaymentDeferred)
			require.Equal(t, completed, s.events())
			require.EqualValues(t, 100000, s.owed())
			require.Equal(t, []string{"payment_deferred"}, s.messagesTo(s.customer))
		})
	}
}

func TestCharge_DeferralsThatComeToNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*contract.Lodging)
		happen func(*stay)
		reason booking.Reason
	}{
		"Expired":   {soon, func(*stay) {}, booking.PaymentUnavailable},
		"Cancelled": {soon, func(s *stay) { s.decides(10*time.Second, contract.CancelUpdate) }, booking.ByCustomer},
		"TheStayIsOverBefore": {func(*contract.Lodging) {}, func(s *stay) {
			s.placedLate(20 * time.Second)
		}, booking.TooLate},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, tt.change)
			shut := true
			s.keptAway(&shut)
			tt.happen(s)
			v := s.run()
			require.Equal(t, booking.Cancelled, v.Status)
			require.Equal(t, tt.reason, v.Reason)
			require.Nil(t, v.PaymentDeferred)
			require.Empty(t, s.provider, "which got no request")
			require.Empty(t, s.events(), "it never came into being")
			require.Equal(t, []string{"payment_deferred", "order_cancelled"}, s.messagesTo(s.customer))
			require.Empty(t, s.ownerMessages(), "the owner gets no message about it")
		})
	}
}

// TestCharge_DeferredAndKeptInPart: a customer whose payment was deferred and who cancels
// is notified how much is refunded, if that is not everything.
func TestCharge_DeferredAndKeptInPart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		for want, before := range map[string]time.Duration{
			"Your order is cancelled (at the customer's wish). You pay nothing: Seaside Inn":                         73 * hour,
			"Your order is cancelled (at the customer's wish). 50,000 KRW of what you paid is refunded: Seaside Inn": hour,
		} {
			t.Run(name+"/"+before.String(), func(t *testing.T) {
				s := newStay(t, half, change)
				s.policed = true
				shut := true
				s.keptAway(&shut)
				s.env.RegisterDelayedCallback(func() { shut = false }, 10*time.Second)
				s.decides(s.arrival()-before, contract.CancelUpdate)
				require.Equal(t, booking.Cancelled, s.run().Status)
				sent := s.sentTo(s.customer)
				require.Equal(t, want, sent[len(sent)-1].Words(booking.English))
			})
		}
	}
}

// The customer is also notified of a deferred payment that is declined.
func TestCharge_DeferredAndDeclined(t *testing.T) {
	s := newStay(t, soon, func(in *contract.Lodging) { in.PaymentMethod = "pm_card_chargeDeclined" })
	shut := true
	s.keptAway(&shut)
	s.env.RegisterDelayedCallback(func() { shut = false }, 10*time.Second)
	require.Equal(t, booking.PaymentDeclined, s.run().Reason)
	require.Equal(t, []string{"payment_deferred", "order_cancelled"}, s.messagesTo(s.customer))
}

// A deferred payment does not wait for the message about it.
func TestCharge_DeferredWhileMessagesAreAway(t *testing.T) {
	s := newStay(t, soon)
	shut, away := true, true
	s.faults = func(call string) fault {
		return only(before, shut && (call == "enter" || call == "opens") || away && call == "send")
	}
	s.env.RegisterDelayedCallback(func() { shut = false }, 5*time.Second)
	s.env.RegisterDelayedCallback(func() { away = false }, 40*time.Second)
	v := s.run()
	require.Equal(t, booking.Completed, v.Status)
	require.WithinDuration(t, placedAt.Add(10*time.Second), v.History[2].At, 6*time.Second, "paid while messages were away")
}

func TestCharge_NowOrNotAtAll(t *testing.T) {
	t.Parallel()
	t.Run("Paid", func(t *testing.T) {
		s := newStay(t, payNow)
		require.Equal(t, booking.Completed, s.run().Status)
	})
	t.Run("KeptAway", func(t *testing.T) {
		s := newStay(t, payNow)
		shut := true
		s.keptAway(&shut)
		v := s.run()
		require.Equal(t, booking.PaymentUnavailable, v.Reason)
		require.Equal(t, booking.PaymentUnavailable, s.row().Decision.Reason)
		require.Empty(t, s.provider)
		require.Empty(t, s.events())
		require.Empty(t, s.messagesTo(s.customer), "the answer says it")
	})
	t.Run("RequestedOnceMore", func(t *testing.T) {
		s := newStay(t, payNow)
		n := 0
		s.faults = func(call string) fault { n++; return only(after, call == "charge" && n < 4) }
		v := s.run()
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Confirmed, booking.Completed}, statuses(v))
	})
	t.Run("NobodyKnows", func(t *testing.T) {
		s := newStay(t, payNow)
		s.faults = func(call string) fault { return only(after, call == "charge") }
		v := s.run()
		require.Equal(t, booking.PaymentUnavailable, v.Reason)
		require.Zero(t, s.owed())
		require.EqualValues(t, 100000, s.provider[s.order+"/charge"].refunded)
	})
	t.Run("DecidedBeforeItIsUndone", func(t *testing.T) {
		s := newStay(t, payNow)
		down := true
		s.faults = func(call string) fault { return only(before, down && (call == "charge" || call == "void")) }
		var refused contract.View
		s.env.RegisterDelayedCallback(func() { refused, down = *s.row().Decision, false }, 10*time.Second)
		require.Equal(t, booking.Cancelled, s.run().Status)
		require.Equal(t, booking.Cancelling, refused.Status, "answered though the provider is away")
		require.Equal(t, booking.PaymentUnavailable, refused.Reason)
	})
	t.Run("Declined", func(t *testing.T) {
		s := newStay(t, payNow, func(in *contract.Lodging) { in.PaymentMethod = "pm_card_chargeDeclined" })
		require.Equal(t, booking.PaymentDeclined, s.run().Reason)
	})
	t.Run("Cancelled", func(t *testing.T) {
		s := newStay(t, payNow)
		down := true
		s.faults = func(call string) fault { return only(before, down && call == "charge") }
		s.env.RegisterDelayedCallback(s.env.CancelWorkflow, 0)
		require.Equal(t, booking.ByOperator, s.run().Reason)
	})
}
