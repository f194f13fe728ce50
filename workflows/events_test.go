package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// requireEventData checks that an event has what every event of its kind and type has, in whichever
// run of a saga and after whichever fault it is emitted. inPart: the refund may be less
// than the payment, since some is kept or was refunded otherwise. moves: the order may have
// been changed, and then its price differs from the first charge.
func requireEventData(t testing.TB, e booking.Event, inPart, moves bool) {
	d := e.Data
	switch d.Kind {
	case booking.Lodging:
		assert.NotEmpty(t, d.CheckIn, e.Key)
		assert.NotEmpty(t, d.CheckOut, e.Key)
	case booking.Food:
		assert.NotNil(t, d.Delivery, e.Key)
	case booking.Cafe:
		assert.NotNil(t, d.Production, e.Key)
	}
	statuses := map[booking.EventType][]booking.PaymentStatus{
		booking.PaymentApproved: {booking.Charged}, booking.PaymentDeclinedEvent: {booking.Declined},
		booking.PaymentCancelApproved: {booking.Refunded, booking.Returned},
		booking.PaymentRefunded:       {booking.Charged, booking.RefundPending, booking.Refunded, booking.Retained},
	}[e.Type]
	if e.Type == booking.PaymentRefunded {
		if inPart { // the remainder was refunded otherwise
			statuses = append(statuses, booking.Returned)
		}
		assert.NotNil(t, d.Payment.Part, e.Key)
		assert.LessOrEqual(t, d.Payment.Part.Amount, d.Payment.Refunded.Amount, e.Key)
		assert.Contains(t, statuses, d.Payment.Status, e.Key)
		return
	}
	if statuses != nil && assert.NotNil(t, d.Payment, e.Key) {
		assert.Contains(t, statuses, d.Payment.Status, e.Key)
		if moves {
			assert.LessOrEqual(t, d.Payment.Refunded.Amount, d.Payment.Amount.Amount, e.Key)
			return
		}
		assert.Equal(t, d.Amount, d.Payment.Amount, e.Key)
		refundedAmount := int64(0)
		if d.Payment.Status == booking.Refunded {
			refundedAmount = d.Amount.Amount
		}
		if refunded := d.Payment.Refunded.Amount; inPart && 0 < refunded && refunded < d.Amount.Amount {
			refundedAmount = refunded
		}
		assert.Equal(t, booking.Money{Amount: refundedAmount, Currency: d.Amount.Currency}, d.Payment.Refunded, e.Key)
	}
	if e.Type == booking.CleanerAssigned || e.Type == booking.CleaningCompleted {
		assert.NotNil(t, d.Cleaner, e.Key)
	}
	if e.Type == booking.ReservationConfirmed {
		assert.NotNil(t, d.Remaining, e.Key)
	}
}

// feed are the order's events, by their types.
func (w *world) feed() map[booking.EventType]booking.EventData {
	all := map[booking.EventType]booking.EventData{}
	for _, e := range w.inFeed() {
		all[e.Type] = e.Data
	}
	return all
}

func TestEvents_WhatRemains(t *testing.T) {
	t.Parallel()
	left := func(n int) *int { return &n }
	t.Run("Held", func(t *testing.T) {
		s := newStay(t)
		s.setStock(3)
		s.decides(hour, contract.CancelUpdate)
		s.run()
		events := s.feed()
		require.Equal(t, left(2), events[booking.ReservationConfirmed].Remaining)
		require.Equal(t, left(3), events[booking.ReservationCancelConfirmed].Remaining)
		require.Nil(t, events[booking.ReservationCanceled].Remaining, "it changed nothing")
		require.Equal(t, booking.Refunded, events[booking.ReservationCanceled].Payment.Status)
		require.Equal(t, booking.Charged, events[booking.ReservationCancelConfirmed].Payment.Status, "as in the feed so far")
	})
	t.Run("SoldOut", func(t *testing.T) {
		s := newStay(t)
		s.setStock(0)
		s.run()
		require.Equal(t, left(0), s.feed()[booking.ReservationCancelConfirmed].Remaining)
	})
}
