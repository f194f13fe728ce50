package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// confirming is the state of a charge that the customer has to confirm at the provider.
type confirming struct {
	// holdFirst holds the stock before the customer is sent to the provider. It is nil where
	// the stock is held before the charge anyway, or there is none to hold.
	holdFirst func(workflow.Context) error
	release   func() undo // the undo of holdFirst
	// returns are the customer's returns that no call has passed to the provider yet.
	returns     []booking.PaymentReturn
	returnLimit backoff // limits how often a return causes a call to the provider
	// begun and ended count the calls that retrieve the charge's state.
	begun, ended int
	customerTook time.Duration // how long the customer took; the order's deadline is later by that
}

// The pause before the charge is checked again without a notice or a return. It doubles each
// time.
const (
	firstConfirmAfter   = 30 * time.Second
	longestConfirmAfter = 10 * time.Minute
)

// confirm waits until the customer has confirmed the charge at the provider, and returns the
// outcome. The charge is checked when the provider has sent a notice, when the customer has
// returned, after a growing pause in case both are lost, and once more at the deadline. If the
// charge is still unconfirmed then, the order is cancelled, and the undo finds out what became of
// the charge.
func (s *saga) confirm(ctx workflow.Context, action *booking.NextAction) (outcome booking.Outcome, err error) {
	if s.confirming.holdFirst != nil {
		if err := s.confirming.holdFirst(ctx); err != nil {
			return outcome, err
		}
		s.releaseIfDeclined()
	}
	begun := workflow.Now(ctx)
	until := s.confirmUntil(action)
	s.showUnconfirmed(ctx, action, until)
	defer func() {
		s.view.NextAction, s.view.ExpiresAt = nil, time.Time{}
		s.confirming.customerTook = workflow.Now(ctx).Sub(begun)
	}()
	checkAfter, seen, answered := firstConfirmAfter, s.parts.retries, true
	news := func() bool { return s.parts.retries != seen || answered && len(s.confirming.returns) > 0 }
	for {
		if left := until.Sub(workflow.Now(ctx)); left > 0 {
			if _, err := await(ctx, min(checkAfter, left), "the customer confirms the payment", news); err != nil {
				return outcome, err
			}
		}
		seen = s.parts.retries
		outcome, answered = s.checkConfirmed(ctx)
		switch checkAfter = min(2*checkAfter, longestConfirmAfter); {
		case ctx.Err() != nil:
			return outcome, ctx.Err() //replay:never the order would have to be cancelled during the call to the provider
		case answered && outcome.Result != booking.Unconfirmed:
			return outcome, nil
		case !workflow.Now(ctx).Before(until):
			if err := s.awaitOpenDecision(ctx); err != nil {
				return outcome, err //replay:never the time would have to end in the milliseconds in which a decision is recorded
			}
			return outcome, s.cancelForTime(ctx, booking.PaymentNotConfirmed)
		case !answered:
			checkAfter = pause
		default:
			s.showNext(ctx, outcome.Action)
		}
	}
}

// confirmUntil is the time by which the customer has to confirm: the earliest of our own
// timeout, the provider's, and the end of what is ordered.
func (s *saga) confirmUntil(action *booking.NextAction) time.Time {
	until := s.now().Add(time.Duration(s.policy.ConfirmPaymentWithin))
	if action != nil && !action.ExpiresAt.IsZero() && action.ExpiresAt.Before(until) {
		until = action.ExpiresAt
	}
	if !s.ends.IsZero() && s.ends.Before(until) {
		until = s.ends //replay:never what is ordered would have to end within minutes
	}
	return until.UTC().Truncate(time.Microsecond)
}

// showUnconfirmed shows the customer what to do, and until when. A customer whose payment
// was deferred also gets a message, since they may no longer watch the order.
func (s *saga) showUnconfirmed(ctx workflow.Context, action *booking.NextAction, until time.Time) {
	wasDeferred := s.view.Status == booking.PaymentPending
	s.view.NextAction, s.view.ExpiresAt = shownAction(action), until
	s.become(booking.AwaitingPayment, "", contract.Decision{})
	s.waitFor("the customer to confirm the payment")
	s.markStable()
	if wasDeferred {
		n := s.toConfirm(booking.Duration(until.Sub(workflow.Now(ctx)).Round(time.Second)))
		s.addWithdrawNotice(n)
		s.sendBeside(n.name, s.message(n))
	}
}

// shownAction is the action as the view shows it: without its expiry, which the view has in
// ExpiresAt.
func shownAction(action *booking.NextAction) *booking.NextAction {
	if action == nil {
		return nil //replay:never no provider here decides after the customer has confirmed
	}
	return &booking.NextAction{Type: action.Type, URL: action.URL}
}

// showNext shows the customer's next action, if it has changed.
func (s *saga) showNext(ctx workflow.Context, action *booking.NextAction) {
	next := shownAction(action)
	if is := s.view.NextAction; (is == nil) == (next == nil) && (is == nil || *is == *next) {
		return
	}
	s.view.NextAction = next                                //replay:never no provider here changes the customer's action
	s.changed()                                             //replay:never no provider here changes the customer's action
	disconnected, _ := workflow.NewDisconnectedContext(ctx) //replay:never no provider here changes the customer's action
	s.publish(disconnected)                                 //replay:never no provider here changes the customer's action
}

// toConfirm asks the customer to confirm the payment. It is withdrawn under the key of the
// deferral notice's withdrawal, so that the customer gets one message about the
// cancellation.
func (s *saga) toConfirm(within booking.Duration) notice {
	return notice{
		name: "notify customer to confirm the payment", key: contract.ConfirmPaymentNotice, offAs: contract.DeferralNotice,
		recipientID: s.in.CustomerID,
		messageType: booking.PaymentToConfirmMessage, withdrawalType: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer, Item: s.view.Item.Name, ConfirmWithin: within},
	}
}

// notifyNotConfirmed notifies the customer that the order is cancelled, since they may no
// longer watch it. It sends nothing if the withdrawal of an earlier notice says so already.
func (s *saga) notifyNotConfirmed() {
	n := s.paymentFollows()
	notified := func(n notice) bool { return s.indexOfUndo(s.withdrawNotice(func() notice { return n })) >= 0 }
	if !notified(n) && !notified(s.toConfirm(0)) {
		s.sendBeside("notify customer that the payment was not confirmed", s.withdrawal(n, s.view.Reason))
	}
}

// addWithdrawNotice adds the undo that withdraws the notice, before the refund among the undos.
func (s *saga) addWithdrawNotice(n notice) {
	s.undos = slices.Insert(s.undos, s.indexOfUndo(s.undoCharge()), s.withdrawNotice(func() notice { return n }))
}

// moveUndoBefore moves the undo first before the undo then, since its step ran earlier. Undos
// run in reverse, so first is undone after then.
func (s *saga) moveUndoBefore(first, then undo) {
	from, to := s.indexOfUndo(first), s.indexOfUndo(then)
	if from < to {
		return //replay:never the recorded outcomes are older than WasUnconfirmed
	}
	s.undos = slices.Insert(slices.Delete(slices.Clone(s.undos), from, from+1), to, first)
}

// releaseIfDeclined makes a declined charge also release the stock that was held first.
func (s *saga) releaseIfDeclined() {
	if s.confirming.release != nil {
		s.moveUndoBefore(s.confirming.release(), s.undoCharge())
	}
}

// checkConfirmed retrieves the charge's state from the provider. It passes on the oldest of the
// customer's returns, if there is one. answered is false if the call fails.
func (s *saga) checkConfirmed(ctx workflow.Context) (outcome booking.Outcome, answered bool) {
	s.confirming.begun++
	defer func() { s.confirming.ended = s.confirming.begun }()
	with := booking.PaymentConfirmation{Charge: s.payment()}
	if len(s.confirming.returns) > 0 {
		with.Back = s.confirming.returns[0]
	}
	c := call{
		name: "ask whether the payment is confirmed", queue: contract.PaymentsQueue, quick: quickPayment,
		do: payments.ConfirmPayment, with: with,
	}
	err := error(nil)
	if !s.policy.InPlace || inPlace(ctx, c, &outcome) != nil {
		outcome, err = callOnceFromQueue(ctx, c, maxQueueWait+answerMargin)
	}
	if err == nil && len(s.confirming.returns) > 0 {
		s.confirming.returns = s.confirming.returns[1:]
	}
	return outcome, err == nil
}

// onReturn registers the update by which a customer returns from the provider's page.
func (s *saga) onReturn() {
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.ReturnUpdate, s.handleReturn, workflow.UpdateHandlerOptions{
		Description: "The customer is back from the payment provider",
		Validator:   func(workflow.Context, booking.PaymentReturn) error { return s.asUpdateError(s.mayReturn()) },
	}))
}

// mayReturn returns NotAwaitingPayment or DecisionPending if a return is not accepted. It
// limits the rate, so that repeated returns do not use up the workflow's updates.
func (s *saga) mayReturn() error {
	left := s.confirming.returnLimit.left(workflow.Now(s.ctx))
	switch {
	case s.view.Status != booking.AwaitingPayment || s.cancelling():
		return booking.Errorf(booking.NotAwaitingPayment, "the order waits for no payment that its customer has to confirm")
	case left > 0:
		return booking.Errorf(booking.DecisionPending, "the payment was just checked").RetryIn(left)
	default:
		return nil
	}
}

// handleReturn makes the order check the charge, and returns the view after the check.
func (s *saga) handleReturn(ctx workflow.Context, back booking.PaymentReturn) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	s.confirming.returnLimit.refuse(workflow.Now(ctx))
	s.confirming.returns = append(s.confirming.returns, back)
	s.retryAttempts()
	awaited := s.confirming.begun + 1
	_ = workflow.Await(ctx, func() bool { return s.confirming.ended >= awaited || s.view.Status != booking.AwaitingPayment })
	return s.view, nil
}
