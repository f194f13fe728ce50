package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// charge takes the order's price. With that the order comes into being, in the
// status paid. Nobody pays after the deadline.
func (s *saga) charge(ctx workflow.Context, paid booking.Status) error {
	charge := s.payment()
	charge.Late = !s.deadline.IsZero() && !workflow.Now(ctx).Before(s.deadline)
	_, err := s.step(ctx, step{
		call:    call{name: "charge payment", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.ChargePayment, with: charge},
		undo:    s.refund(),
		pending: booking.PaymentPending,
	})
	if isRefusal(err, booking.PaymentDeclined) {
		s.emit(booking.PaymentDeclinedEvent)
	}
	if err != nil {
		return err
	}
	s.become(paid, "", "")
	s.placed(true)
	return nil
}

func (s *saga) refund() undo {
	return undo{
		call:    call{name: "refund payment", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.RefundPayment},
		because: func(why booking.Reason) any { c := s.payment(); c.Why = why; return c },
		then:    func(found booking.Undo) { s.refunded = found.Acted },
	}
}

func (s *saga) payment() booking.Charge {
	return booking.Charge{Key: s.in.OrderID + "/charge", OrderID: s.in.OrderID, Amount: s.in.Amount, Method: s.in.PaymentMethod}
}

// placed tells the world, once, that the order came into being.
func (s *saga) placed(charged bool) {
	if s.view.Placed {
		return
	}
	s.view.Placed = true
	s.emit(s.facts.placed)
	if charged {
		s.emit(booking.PaymentApproved)
	}
}
