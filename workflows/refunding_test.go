package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestRefund_IsFollowed: an order whose refund the provider has not finished stays
// cancelling, without the event of a refund. One whose refund needs a person needs
// attention, and continues once that person has acted.
func TestRefund_IsFollowed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, change)
			pending, failed := activities.Owed{Words: "pending"}, activities.Owed{Words: "failed", NeedsPerson: true}
			s.owing = []activities.Owed{pending, pending, pending, failed, failed}
			s.decides(hour, contract.CancelUpdate)
			var meanwhile []contract.View
			s.check = func(p contract.Publication) {
				if p.View.Status == booking.Cancelling {
					meanwhile = append(meanwhile, p.View)
					for _, e := range p.Events {
						require.NotEqual(s, booking.PaymentCancelApproved, e.Type)
					}
				}
			}
			v := s.run()
			require.Equal(t, booking.Cancelled, v.Status)
			require.False(t, v.NeedsAttention)
			require.False(t, meanwhile[0].NeedsAttention, "pending is as it should be")
			require.True(t, meanwhile[len(meanwhile)-1].NeedsAttention, "a person has to see to it")
			require.Zero(t, s.owed())
			require.Empty(t, s.owing)
			events := s.events()
			require.Equal(t, booking.PaymentCancelApproved, events[len(events)-2])
		})
	}
}

// TestFree: a free order takes effect without any call to payments, and is cancelled
// without events about money, whatever faults payments have.
func TestFree(t *testing.T) {
	t.Parallel()
	paymentsAway := func(call string) fault {
		return only(before, slices.Contains([]string{
			"enter", "opens", "charge", "void", "refund", "begin charge", "defer charge", "end charge", "begin refund", "end refund",
		}, call))
	}
	for kind, order := range map[booking.Kind]func(*testing.T) *trial{
		booking.Lodging: func(t *testing.T) *trial {
			s := newStay(t)
			s.in.Amount.Amount, s.in.Place.Price.Amount = 0, 0
			return &trial{sagaRun: s.sagaRun, in: s.in, placed: booking.ReservationPlaced, undone: booking.ReservationCancelConfirmed, cancelled: booking.ReservationCanceled}
		},
		booking.Food: func(t *testing.T) *trial {
			m := newMeal(t)
			m.in.Amount.Amount, m.in.Menu.Price.Amount = 0, 0
			return &trial{sagaRun: m.sagaRun, in: m.in, placed: booking.OrderPlaced, undone: booking.DeliveryCanceled, cancelled: booking.OrderCanceled}
		},
		booking.Cafe: func(t *testing.T) *trial {
			c := newCup(t)
			c.in.Amount.Amount, c.in.Drink.Price.Amount = 0, 0
			return &trial{sagaRun: c.sagaRun, in: c.in, placed: booking.OrderPlaced, undone: booking.ProductionCanceled, cancelled: booking.OrderCanceled}
		},
		booking.Cleaning: func(t *testing.T) *trial {
			v := newVisit(t)
			v.in.Amount.Amount = 0
			return &trial{sagaRun: v.sagaRun, in: v.in, placed: booking.CallPlaced, undone: booking.AssignmentCanceled, cancelled: booking.CallCanceled}
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			s := order(t)
			s.faults = paymentsAway
			s.env.RegisterDelayedCallback(s.env.CancelWorkflow, time.Hour)
			v := s.execute(s.in)
			require.Equal(t, booking.Cancelled, v.Status)
			require.False(t, v.NeedsAttention)
			for _, e := range v.History {
				require.NotEqual(t, booking.PaymentPending, e.Status)
			}
			require.Empty(t, s.provider)
			_, err := s.ledger.Payment(t.Context(), s.order)
			require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
			require.Equal(t, s.placed, s.published[0])
			require.Contains(t, s.published, s.undone)
			require.Equal(t, s.cancelled, s.published[len(s.published)-1])
			for _, e := range []booking.EventType{booking.PaymentApproved, booking.PaymentCancelApproved, booking.PaymentDeclinedEvent} {
				require.NotContains(t, s.published, e)
			}
		})
	}
	t.Run("SoldOut", func(t *testing.T) {
		s := newStay(t)
		s.in.Amount.Amount, s.in.Place.Price.Amount = 0, 0
		s.setStock(0)
		v := s.run()
		require.Equal(t, booking.SoldOut, v.Reason)
		require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Cancelling, booking.Cancelled}, statuses(v))
	})
}
