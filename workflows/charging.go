package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// free reports whether the order costs nothing. Then nothing is charged or refunded.
func (s *saga) free() bool { return s.in.Amount.Amount == 0 }

// charge charges the order's price, if it has one. With that the order takes effect, in the
// status paid. Nothing is charged after the deadline. While the provider accepts no payments,
// the payment is deferred; if the policy does not allow that, the order is refused.
func (s *saga) charge(ctx workflow.Context, paid booking.Status) error {
	if s.free() {
		return s.chargeNothing(ctx, paid)
	}
	charge := s.payment()
	charge.Late, charge.Reason = s.tooLate()
	st := step{
		call:       call{name: "charge payment", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.ChargePayment, with: charge},
		undo:       s.undoCharge(),
		pending:    booking.PaymentPending,
		doDeferred: func(ctx workflow.Context) (booking.Outcome, error) { return s.payLater(ctx, charge) },
	}
	var err error
	if s.policy.PayWithin > 0 {
		_, err = s.step(ctx, st)
	} else {
		err = s.payNow(ctx, st)
	}
	if err != nil {
		return err
	}
	s.become(paid, "", contract.Decision{})
	s.placed(true)
	return nil
}

// chargeNothing is charge for an order that costs nothing. It has no deadline of its own: the
// next step has one.
func (s *saga) chargeNothing(ctx workflow.Context, paid booking.Status) error {
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned in the very task in which it began
	}
	s.become(paid, "", contract.Decision{})
	s.placed(false)
	return nil
}

// payNow charges while the customer waits. If the charge failed or its outcome is unknown, the
// order is cancelled: the undo finds out the outcome, and refunds a charge that succeeded.
func (s *saga) payNow(ctx workflow.Context, st step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var outcome booking.Outcome
	var err error
	answered := s.policy.InPlace && inPlace(ctx, st.call, &outcome) == nil
	if !answered && ctx.Err() == nil {
		outcome, err = callOnceFromQueue(ctx, st.call, s.customerWaits(ctx)) // joins the attempt in place if that is still running
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil || outcome.Result == booking.Deferred:
		return &refusal{booking.PaymentUnavailable}
	case outcome.Result == booking.Unconfirmed:
		if outcome, err = s.confirm(ctx, outcome.Action); err != nil {
			return err
		}
	}
	return s.conclude(st, outcome)
}

// payLater waits in the queue of deferred payments until the provider accepts payments again.
// The customer is notified, and may cancel the order meanwhile. At the deadline the order is
// cancelled.
func (s *saga) payLater(ctx workflow.Context, charge booking.Charge) (outcome booking.Outcome, err error) {
	until, late := s.deadline()
	timeout := until.Sub(workflow.Now(ctx))
	if timeout <= 0 {
		return outcome, &refusal{late} //replay:never its time would have to end in the moment in which it is deferred
	}
	stopSending := s.showDeferred(ctx, until)
	defer func() {
		stopSending()
		s.view.PaymentDeferred = nil
	}()
	defer s.waitFor("the payment provider")()
	attempt, cancelAttempt := workflow.WithCancel(ctx)
	defer cancelAttempt()
	done := workflow.ExecuteActivity(workflow.WithActivityOptions(attempt, inItsTurn(timeout)), deferredPayments.ChargeDeferredPayment, charge)
	if err := s.awaitOrCancel(ctx, timeout, "payment is deferred until then", done.IsReady, late); err != nil {
		return outcome, err
	}
	err = done.Get(ctx, &outcome)
	return outcome, err
}

// showDeferred shows the deferral and notifies the customer of it. It also adds the undo that
// notifies the customer if the order is cancelled. The returned function stops the notice if
// it is not sent yet.
func (s *saga) showDeferred(ctx workflow.Context, until time.Time) (stop func()) {
	s.view.PaymentDeferred = &contract.Deferral{Until: until.UTC().Truncate(time.Microsecond)}
	if s.view.Status == booking.PaymentPending {
		s.changed()
	} else {
		s.become(booking.PaymentPending, "", contract.Decision{})
	}
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	s.showPending(disconnected)
	follows := s.paymentFollows()
	s.addWithdrawDeferral()
	sending, stop := workflow.WithCancel(ctx)
	workflow.Go(sending, func(ctx workflow.Context) {
		_ = s.sendNotice(ctx, follows) // the payment does not wait for its message
	})
	return stop
}

// addWithdrawDeferral adds the undo that withdraws the notice of the deferral.
func (s *saga) addWithdrawDeferral() {
	off := s.withdrawNotice(s.paymentFollows)
	n := s.indexOfUndo(s.undoCharge())
	if n >= 0 && s.indexOfUndo(off) < 0 {
		s.undos = slices.Insert(s.undos, n, off)
	}
}

func (s *saga) paymentFollows() notice {
	return notice{
		name: "notify customer that payment follows", key: contract.DeferralNotice, recipientID: s.in.CustomerID,
		messageType: booking.PaymentDeferredMessage, withdrawalType: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer, Item: s.view.Item.Name, Refund: s.partialRefund()},
	}
}

// inItsTurn are the options of a payment that waits in the queue of deferred payments.
func inItsTurn(timeout time.Duration) workflow.ActivityOptions {
	options := untilDone(call{name: "charge payment in its turn", queue: contract.DeferredPaymentsQueue})
	options.StartToCloseTimeout = timeout
	options.HeartbeatTimeout = 3 * activities.ProofOfLife
	return options
}

// charged is the sum of all charges, with the first one also before it is made.
func (s *saga) charged() booking.Money {
	return booking.Money{Amount: s.in.Amount.Amount + s.further, Currency: s.in.Amount.Currency}
}

func (s *saga) payment() booking.Charge {
	return booking.Charge{
		Key: booking.ChargeKey(s.in.OrderID), OrderID: s.in.OrderID, Amount: s.in.Amount, Method: s.in.PaymentMethod, ReturnTo: s.in.ReturnTo,
		Customer: s.in.CustomerID, KeepsMethod: s.in.KeepsMethod,
	}
}

// placed emits, once, that the order has taken effect.
func (s *saga) placed(charged bool) {
	if s.view.Placed {
		return
	}
	s.view.Placed = true
	s.emitWith(s.facts.placed, s.held)
	if charged {
		approved := s.paymentIn(booking.Charged)
		s.paid = &approved
		s.emit(booking.PaymentApproved)
	}
}

// emitDeclined emits that the payment provider has declined the charge.
func (s *saga) emitDeclined() {
	declined := s.paymentIn(booking.Declined)
	s.paid = &declined
	s.emit(booking.PaymentDeclinedEvent)
}

// paymentIn is the order's payment for events, with the given status and no refunds.
func (s *saga) paymentIn(status booking.PaymentStatus) booking.EventPayment {
	return booking.EventPayment{Status: status, Amount: s.charged(), Refunded: booking.Money{Currency: s.in.Amount.Currency}}
}
