package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refundOfCancellation is the payment in the event of the cancellation's refund, nil without that
// event.
func (w *world) refundOfCancellation() *booking.EventPayment {
	data, found := w.feed()[booking.PaymentCancelApproved]
	if !found {
		return nil
	}
	require.NotNil(w, data.Payment)
	all := w.inFeed()
	require.Nil(w, all[len(all)-1].Data.Payment.Part, "the order's end is no refund")
	return data.Payment
}

// requireRefunds checks what the event of the cancellation's refund says. The refunds that
// events report are all that the customer has got back, each once.
func (w *world) requireRefunds(status booking.PaymentStatus, charged, refunded, part int64) {
	w.Helper()
	won := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "KRW"} }
	refund := w.refundOfCancellation()
	require.NotNil(w, refund)
	require.Equal(w, booking.EventPayment{Status: status, Amount: won(charged), Refunded: won(refunded), Part: new(won(part))}, *refund)
	for _, e := range w.refunded() {
		part += e.Payment.Part.Amount
	}
	require.Equal(w, w.paid().RefundedInAll(), part)
}

// TestCancel_SaysWhatItRefunds: refunds that were made before the cancellation, and have had
// an event of their own, are not part of its refund.
func TestCancel_SaysWhatItRefunds(t *testing.T) {
	t.Parallel()
	beforeCheckIn := newStayIn(t).CheckInAt().Sub(placedAt) - hour // half of the price is kept then
	t.Run("Everything", func(t *testing.T) {
		s := newStay(t)
		s.decides(hour, contract.CancelUpdate)
		s.run()
		s.requireRefunds(booking.Refunded, 100000, 100000, 100000)
	})
	t.Run("AStayThatWasChanged", func(t *testing.T) {
		s := newMove(t, 2, half)
		s.policed = true
		s.moves(hour, "1", 0, 2, 2)
		s.moves(2*hour, "2", 0, 2, 1)
		s.decides(beforeCheckIn, contract.CancelUpdate)
		v := s.run()
		require.EqualValues(t, 100000, v.Amount.Amount)
		s.requireRefunds(booking.Refunded, 200000, 150000, 50000)
	})
	t.Run("DrinksThatWereChanged", func(t *testing.T) {
		c := newCup(t)
		c.policed, c.moved = true, true
		c.in.Cancellation = &booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.InProduction, Percent: 50}}}
		c.refills(hour, "1", 1)
		c.decides(2*hour, contract.CancelUpdate)
		v := c.run()
		require.EqualValues(t, 6750, v.Amount.Amount, "half of the drink's price was kept by the change")
		c.requireRefunds(booking.Refunded, 9000, 5625, 3375)
	})
	t.Run("AfterStaff", func(t *testing.T) {
		s := newStay(t)
		s.staffRefunds(hour, "1", 30000)
		s.decides(2*hour, contract.CancelUpdate)
		s.run()
		s.requireRefunds(booking.Refunded, 100000, 100000, 70000)
	})
	t.Run("AfterStaffAndLessWhatIsKept", func(t *testing.T) {
		s := newStay(t, half)
		s.policed = true
		s.staffRefunds(hour, "1", 30000)
		s.decides(beforeCheckIn, contract.CancelUpdate)
		s.run()
		s.requireRefunds(booking.Refunded, 100000, 50000, 20000)
	})
	t.Run("NothingAfterStaff", func(t *testing.T) {
		m := newMeal(t)
		m.policed = true
		m.in.Cancellation = byStatus()
		m.staffRefunds(hour/2, "1", 3000)
		m.decides(hour, contract.CancelUpdate)
		m.run()
		require.Equal(t, booking.Refunded, m.paid().Status)
		require.Nil(t, m.refundOfCancellation())
		require.Len(t, m.refunded(), 1)
		require.EqualValues(t, 3000, m.feed()[booking.OrderCanceled].Payment.Refunded.Amount)
	})
	t.Run("ByHandAfterStaff", func(t *testing.T) {
		s := newStay(t)
		s.policed = true // so that less than everything may be refunded by the provider
		s.staffRefunds(hour, "1", 30000)
		s.env.RegisterDelayedCallback(func() { s.cannotRefund() }, hour+hour/2)
		s.decides(2*hour, contract.CancelUpdate)
		s.resolves(3 * hour)
		s.run()
		s.requireRefunds(booking.Returned, 100000, 30000, 70000)
	})
	t.Run("AlsoAtTheProvider", func(t *testing.T) { // nothing else says so
		s := newStay(t, half)
		s.policed = true
		s.refundsAtProvider(60)
		s.decides(hour, contract.CancelUpdate)
		s.run()
		s.requireRefunds(booking.Refunded, 100000, 100000, 100000)
	})
	t.Run("AllAtTheProvider", func(t *testing.T) {
		s := newStay(t, half)
		s.policed = true
		s.staffRefunds(hour, "1", 10000)
		s.refundsAtProvider(40)
		s.decides(beforeCheckIn, contract.CancelUpdate)
		s.run()
		s.requireRefunds(booking.Refunded, 100000, 50000, 40000)
	})
	t.Run("UnknownToAnEarlierBuild", func(t *testing.T) {
		s := newStay(t, durable)
		s.policed = true
		s.env.OnActivity("RefundPayment", mock.Anything, mock.Anything).Return(booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 100000}, nil)
		s.decides(hour, contract.CancelUpdate)
		s.run()
		require.Nil(t, s.refundOfCancellation().Part)
		require.EqualValues(t, 100000, s.refundOfCancellation().Refunded.Amount)
	})
}

// refundsAtProvider makes a person refund that much of the charge at the provider, after a minute.
func (l *sagaRun) refundsAtProvider(percent int64) {
	l.alsoOthers = true
	l.env.RegisterDelayedCallback(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.provider[l.order+"/charge"].begin(&other{percent: percent})
	}, time.Minute)
}

// TestCancel_NotifiesOfWhatItRefunds: the messages about a cancellation do not count earlier
// refunds, either.
func TestCancel_NotifiesOfWhatItRefunds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		staff, want int64
	}{"ByThePolicy": {0, 30000}, "AfterStaff": {10000, 20000}, "NothingAfterStaff": {40000, 0}} {
		t.Run("NoShow"+name, func(t *testing.T) {
			s := newStay(t, strict)
			s.policed = true
			if test.staff > 0 {
				s.staffRefunds(hour, "1", test.staff)
			}
			s.decides(s.arrival(), contract.NoShowUpdate)
			s.run()
			sent := s.sentTo(s.customer)
			last := sent[len(sent)-1]
			require.Equal(t, booking.NoShowMessage, last.Type)
			require.Equal(t, test.want, last.Data.Refund.Amount)
		})
	}
	t.Run("NoShowAfterAChange", func(t *testing.T) {
		s := newMove(t, 2, strict)
		s.policed = true
		s.moves(hour, "1", 0, 2, 2)
		s.moves(2*hour, "2", 0, 2, 1)
		s.decides(s.arrival(), contract.NoShowUpdate)
		s.run()
		sent := s.sentTo(s.customer)
		require.EqualValues(t, 30000, sent[len(sent)-1].Data.Refund.Amount)
	})
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		t.Run("Deferred"+name, func(t *testing.T) {
			s := newStay(t, half, change)
			s.policed = true
			shut := true
			s.keptAway(&shut)
			s.env.RegisterDelayedCallback(func() { shut = false }, 10*time.Second)
			s.staffRefunds(hour, "1", 20000)
			s.decides(s.arrival()-hour, contract.CancelUpdate)
			s.run()
			sent := s.sentTo(s.customer)
			require.Equal(t, booking.OrderCancelledMessage, sent[len(sent)-1].Type)
			require.EqualValues(t, 30000, sent[len(sent)-1].Data.Refund.Amount)
		})
	}
}
