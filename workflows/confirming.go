package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// confirming is a charge that the customer has to confirm at the provider.
type confirming struct {
	// before holds what is to be held before the customer is sent to the provider; nil
	// where that is held before the charge anyway, or there is nothing to hold.
	before func(workflow.Context) error
	// back are what customers have brought back, and the provider has not been asked with.
	back  []booking.PaymentReturn
	turns backoff // of the customer's returns
	// begun and ended are how often the provider is, and was, asked what came of it.
	begun, ended int
	took         time.Duration // by the customer, off the time that the order has
}

// How long the provider is left alone that says nothing: longer each time. Its notice and
// the customer's return make the order ask at once.
const (
	firstAskAlone = 30 * time.Second
	lastAskAlone  = 10 * time.Minute
)

// confirm waits until the customer has confirmed the charge at the provider, and answers
// what came of it. The provider is asked when it has told something, when the customer is
// back, seldom by itself, should both be lost, and once more when time is up. Then the
// order is given up, and its undo finds out what came of the charge after all.
func (s *saga) confirm(ctx workflow.Context, action *booking.NextAction) (outcome booking.Outcome, err error) {
	if s.confirming.before != nil {
		if err := s.confirming.before(ctx); err != nil {
			return outcome, err
		}
	}
	begun := workflow.Now(ctx)
	until := s.confirmUntil(action)
	s.showUnconfirmed(ctx, action, until)
	defer func() {
		s.view.NextAction, s.view.ExpiresAt = nil, time.Time{}
		s.confirming.took = workflow.Now(ctx).Sub(begun)
	}()
	alone, heard, answered := firstAskAlone, s.parts.asks, true
	news := func() bool { return s.parts.asks != heard || answered && len(s.confirming.back) > 0 }
	for {
		if left := until.Sub(workflow.Now(ctx)); left > 0 {
			if _, err := await(ctx, min(alone, left), "the customer confirms the payment", news); err != nil {
				return outcome, err
			}
		}
		heard = s.parts.asks
		outcome, answered = s.askWhetherConfirmed(ctx)
		switch alone = min(2*alone, lastAskAlone); {
		case ctx.Err() != nil:
			return outcome, ctx.Err() //replay:never the order would have to be cancelled while the provider is asked
		case answered && outcome.Result != booking.Unconfirmed:
			return outcome, nil
		case !workflow.Now(ctx).Before(until):
			if err := s.awaitOpenDecision(ctx); err != nil {
				return outcome, err //replay:never the time would have to end in the milliseconds in which a decision is recorded
			}
			return outcome, s.timeIsUp(ctx, booking.PaymentNotConfirmed)
		case !answered:
			alone = pause
		default:
			s.showNext(ctx, outcome.Action)
		}
	}
}

// confirmUntil is until when the customer may confirm: not for longer than the provider
// lets them, and not beyond what was ordered.
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

// showUnconfirmed lets the customer know what to do, and until when. One who was told that
// the payment follows is told so by a message: nobody may look at the order any more.
func (s *saga) showUnconfirmed(ctx workflow.Context, action *booking.NextAction, until time.Time) {
	told := s.view.Status == booking.PaymentPending
	s.view.NextAction, s.view.ExpiresAt = shownAction(action), until
	s.become(booking.AwaitingPayment, "", contract.Decision{})
	s.waitFor("the customer to confirm the payment")
	s.settle()
	if told {
		n := s.toConfirm(booking.Duration(until.Sub(workflow.Now(ctx)).Round(time.Second)))
		s.mayHaveTold(n)
		s.sendBeside(n.name, s.message(n))
	}
}

// shownAction is what the view shows of what the customer has to do: until when, it says
// itself.
func shownAction(action *booking.NextAction) *booking.NextAction {
	if action == nil {
		return nil //replay:never no provider of ours decides later than its customer
	}
	return &booking.NextAction{Type: action.Type, URL: action.URL}
}

// showNext shows what the customer still has to do, if that is something else.
func (s *saga) showNext(ctx workflow.Context, action *booking.NextAction) {
	next := shownAction(action)
	if is := s.view.NextAction; (is == nil) == (next == nil) && (is == nil || *is == *next) {
		return
	}
	s.view.NextAction = next                         //replay:never no provider of ours changes what is to be done
	s.changed()                                      //replay:never no provider of ours changes what is to be done
	never, _ := workflow.NewDisconnectedContext(ctx) //replay:never no provider of ours changes what is to be done
	s.publish(never)                                 //replay:never no provider of ours changes what is to be done
}

// toConfirm is taken back by the same message as that the payment follows: the customer
// hears once that the order is off.
func (s *saga) toConfirm(within booking.Duration) notice {
	return notice{
		name: "tell customer to confirm the payment", key: contract.ConfirmPaymentNotice, offAs: contract.DeferralNotice,
		recipientID: s.in.CustomerID,
		tells:       booking.PaymentToConfirmMessage, off: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer, Item: s.view.Item.Name, ConfirmWithin: within},
	}
}

// tellNotConfirmed tells the customer that the order is off, unless that takes back what
// they were told before: nobody may look at the order any more.
func (s *saga) tellNotConfirmed() {
	n := s.paymentFollows()
	told := func(n notice) bool { return s.undoOf(s.takeBack(func() notice { return n })) >= 0 }
	if !told(n) && !told(s.toConfirm(0)) {
		s.sendBeside("tell customer that the payment was not confirmed", s.withdrawal(n, s.view.Reason))
	}
}

// mayHaveTold adds the undo of telling the customer to confirm.
func (s *saga) mayHaveTold(n notice) {
	s.undos = slices.Insert(s.undos, s.undoOf(s.refund()), s.takeBack(func() notice { return n }))
}

// undoneAfter puts one undo before another: its step was done before.
func (s *saga) undoneAfter(first, then undo) {
	from, to := s.undoOf(first), s.undoOf(then)
	s.undos = slices.Insert(slices.Delete(slices.Clone(s.undos), from, from+1), to, first)
}

// askWhetherConfirmed asks the provider what came of the charge, with what a customer has
// brought back, if one has. Nothing is known if that fails.
func (s *saga) askWhetherConfirmed(ctx workflow.Context) (outcome booking.Outcome, answered bool) {
	s.confirming.begun++
	defer func() { s.confirming.ended = s.confirming.begun }()
	with := booking.PaymentConfirmation{Charge: s.payment()}
	if len(s.confirming.back) > 0 {
		with.Back = s.confirming.back[0]
	}
	c := call{
		name: "ask whether the payment is confirmed", queue: contract.PaymentsQueue, quick: quickPayment,
		do: payments.ConfirmPayment, with: with,
	}
	err := error(nil)
	if !s.policy.InPlace || inPlace(ctx, c, &outcome) != nil {
		outcome, err = fromQueueNow(ctx, c, longestQueue+toTell)
	}
	if err == nil && len(s.confirming.back) > 0 {
		s.confirming.back = s.confirming.back[1:]
	}
	return outcome, err == nil
}

// onReturn takes the update by which a customer is back from the provider's page.
func (s *saga) onReturn() {
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.ReturnUpdate, s.customerIsBack, workflow.UpdateHandlerOptions{
		Description: "The customer is back from the payment provider",
		Validator:   func(workflow.Context, booking.PaymentReturn) error { return s.refused(s.mayReturn()) },
	}))
}

// mayReturn is why nothing is asked because a customer is back: to come back again and
// again costs an order nothing.
func (s *saga) mayReturn() error {
	left := s.confirming.turns.left(workflow.Now(s.ctx))
	switch {
	case s.view.Status != booking.AwaitingPayment || s.abandoned():
		return booking.Errorf(booking.NotAwaitingPayment, "the order waits for no payment that its customer has to confirm")
	case left > 0:
		return booking.Errorf(booking.DecisionPending, "the payment provider was just asked").In(left)
	default:
		return nil
	}
}

// customerIsBack has the provider asked, and answers when it has been.
func (s *saga) customerIsBack(ctx workflow.Context, back booking.PaymentReturn) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	s.confirming.turns.refuse(workflow.Now(ctx))
	s.confirming.back = append(s.confirming.back, back)
	s.askAgain()
	asked := s.confirming.begun + 1
	_ = workflow.Await(ctx, func() bool { return s.confirming.ended >= asked || s.view.Status != booking.AwaitingPayment })
	return s.view, nil
}
