package workflows

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// free tells whether the order costs nothing. Then nobody is asked for money,
// and there is none to give back.
func (s *saga) free() bool { return s.in.Amount.Amount == 0 }

// charge takes the order's price, if it has one. With that the order comes into
// being, in the status paid. Nothing is charged after the deadline. While the
// provider takes no payments the customer pays a little later or, where the
// policy allows none of that, the order is refused.
func (s *saga) charge(ctx workflow.Context, paid booking.Status) error {
	if s.free() {
		return s.chargeNothing(ctx, paid)
	}
	charge := s.payment()
	charge.Late, charge.Why = s.tooLate()
	st := step{
		call:    call{name: "charge payment", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.ChargePayment, with: charge},
		undo:    s.refund(),
		pending: booking.PaymentPending,
		later:   func(ctx workflow.Context) (booking.Outcome, error) { return s.payLater(ctx, charge) },
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

// chargeNothing is charge for an order that costs nothing. It is never too late
// for that: the services that are asked next know what was done in time.
func (s *saga) chargeNothing(ctx workflow.Context, paid booking.Status) error {
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned in the very task in which it began
	}
	s.become(paid, "", contract.Decision{})
	s.placed(false)
	return nil
}

// payNow charges while the customer waits. An order whose payment was not
// taken, or nobody knows, is given up: the undo finds out, and gives back.
func (s *saga) payNow(ctx workflow.Context, st step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var outcome booking.Outcome
	var err error
	answered := s.policy.InPlace && inPlace(ctx, st.call, &outcome) == nil
	if !answered && ctx.Err() == nil {
		outcome, err = fromQueueNow(ctx, st.call, s.customerWaits(ctx)) // it meets an attempt that is still under way
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

// payLater stands in line until the provider takes payments again. The customer
// is told, and may give the order up meanwhile. So does time.
func (s *saga) payLater(ctx workflow.Context, charge booking.Charge) (outcome booking.Outcome, err error) {
	until, late := s.deadline()
	patience := until.Sub(workflow.Now(ctx))
	if patience <= 0 {
		return outcome, &refusal{late} //replay:never its time would have to end in the moment in which it is deferred
	}
	stopTelling := s.showDeferred(ctx, until)
	defer func() {
		stopTelling()
		s.view.PaymentDeferred = nil
	}()
	defer s.waitFor("the payment provider")()
	attempt, giveUp := workflow.WithCancel(ctx)
	defer giveUp()
	done := workflow.ExecuteActivity(workflow.WithActivityOptions(attempt, inItsTurn(patience)), deferredPayments.ChargeDeferredPayment, charge)
	if err := s.awaitOrGiveUp(ctx, patience, "payment is deferred until then", done.IsReady, late); err != nil {
		return outcome, err
	}
	err = done.Get(ctx, &outcome)
	return outcome, err
}

// showDeferred lets the customer know that the payment follows, until it is
// told that there is nothing to follow any more, and sees to it that they hear
// if it does not.
func (s *saga) showDeferred(ctx workflow.Context, until time.Time) (over func()) {
	s.view.PaymentDeferred = &contract.Deferral{Until: until.UTC().Truncate(time.Microsecond)}
	if s.view.Status == booking.PaymentPending {
		s.changed()
	} else {
		s.become(booking.PaymentPending, "", contract.Decision{})
	}
	never, _ := workflow.NewDisconnectedContext(ctx)
	s.showPending(never)
	follows := s.paymentFollows()
	s.mayHaveDeferred()
	telling, over := workflow.WithCancel(ctx)
	workflow.Go(telling, func(ctx workflow.Context) {
		_ = s.tellSomebody(ctx, follows) // no payment waits for a message
	})
	return over
}

// mayHaveDeferred adds the undo of telling the customer that the payment
// follows.
func (s *saga) mayHaveDeferred() {
	off := s.takeBack(s.paymentFollows)
	n := s.undoOf(s.refund())
	if n >= 0 && s.undoOf(off) < 0 {
		s.undos = slices.Insert(s.undos, n, off)
	}
}

func (s *saga) paymentFollows() notice {
	return notice{
		name: "tell customer that payment follows", key: contract.DeferralNotice, recipientID: s.in.CustomerID,
		tells: booking.PaymentDeferredMessage, off: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer, Item: s.view.Item.Name, Refund: s.view.GivenInPart(s.refunding)},
	}
}

// inItsTurn are the options of a payment that stands in line.
func inItsTurn(patience time.Duration) workflow.ActivityOptions {
	options := untilDone(call{name: "charge payment in its turn", queue: contract.DeferredPaymentsQueue})
	options.StartToCloseTimeout = patience
	options.HeartbeatTimeout = 3 * activities.ProofOfLife
	return options
}

// refunds is the undo of the charge, if there is one.
func (s *saga) refunds() []undo {
	if s.free() {
		return nil
	}
	return []undo{s.refund()}
}

func (s *saga) refund() undo {
	return undo{
		call: call{
			name: "refund payment", queue: contract.PaymentsQueue, quick: quickPayment, resolvable: true, late: s.refundLate,
			do: payments.RefundPayment,
		},
		because: func(why booking.Reason) any {
			c := s.refunding
			c.Why, c.Owed, c.AttentionAfter, c.WantsOwnRefund = why, s.owed, s.policy.AttentionAfter, true
			return c
		},
		then: func(found booking.Undo) {
			s.refunded, s.declined, s.owed, s.unanswered = found.Acted, found.Declined, found.Owed, false
			if s.moneyBack = found.Owed == ""; s.moneyBack {
				s.askOnceMore(booking.Payment{Charge: s.payment()}.RefundKey())
			}
			s.further = max(s.further, found.Further) // the answer of a further charge may not have been heard
			s.givenBack = s.paymentIn(found.Payment)
			s.givenBack.Refunded.Amount = found.Refunded
			s.back, s.amountOwed, s.ownGiven = found.CustomerGot(), found.Due, found.Own
			s.view.Settled = s.view.SettledAs(found, s.refunding)
		},
	}
}

// refundLate marks the order of which the refund meets nothing but errors. An operator
// may pay it by hand.
func (s *saga) refundLate(ctx workflow.Context) {
	s.unanswered = true
	s.tellNotRefunded(ctx)
	s.needAttention(ctx, "to refund payment keeps failing")
}

// tellNotRefunded tells the customer, once, that what the order owes them cannot be given
// back for now.
func (s *saga) tellNotRefunded(ctx workflow.Context) {
	owed := s.charged()
	owed.Amount -= s.refunding.Keep + s.parts.given
	if s.toldOwed == 0 && owed.Amount > 0 && customersHearOfUndo(ctx) {
		// The ledger knows of refunds by others, and of what an earlier life has decided.
		owed.Amount = cmp.Or(s.amountOwed, owed.Amount)
		s.toldOwed = owed.Amount
		s.tellOfRefund(owed, contract.RefundFailedMessage(contract.CancelRefund), booking.RefundFailedMessage)
	}
}

// tellRefundedAfterAll tells the customer whom tellNotRefunded has told that they have the
// money, or that nothing was left to give back. Guests who have not come are told so anyway.
func (s *saga) tellRefundedAfterAll() {
	if s.toldOwed == 0 || !s.refunded || s.view.Reason == booking.NoShow || !customersHearOfUndosEnd(s.ctx) {
		return
	}
	refund, id := booking.Money{Amount: s.toldOwed, Currency: s.in.Amount.Currency}, contract.CancelRefund
	if s.ownGiven != nil && *s.ownGiven == 0 {
		s.tellOfRefund(refund, contract.RefundEndedMessage(id), booking.RefundEndedMessage)
		return
	}
	if s.ownGiven != nil {
		refund.Amount = *s.ownGiven
	}
	s.tellOfRefund(refund, contract.RefundMessage(id), booking.RefundedMessage)
}

// keepSome gives the undo of the charge the name under which something is kept, if the
// decision keeps something.
func (s *saga) keepSome() {
	n := s.undoOf(s.refund())
	if n >= 0 && s.refunding.Keep > 0 && refundsKeeping(s.ctx) {
		s.undos[n].do = payments.RefundKeeping
	}
}

// refundFor is how a refund is asked for that is made for a reason. Only what is the
// customer's doing keeps anything. What an earlier life of the workflow has
// decided stands in the ledger, and is not decided again.
func (s *saga) refundFor(why booking.Reason) booking.Charge {
	c := s.payment()
	c.Amount = s.view.Amount // what it costs by now
	c.By = s.said.By
	if why.Keeps() {
		c.Keep, c.Tier = s.due.Keep, s.due.Tier
	}
	return c
}

// charged is what was charged in all, or is to be.
func (s *saga) charged() booking.Money {
	return booking.Money{Amount: s.in.Amount.Amount + s.further, Currency: s.in.Amount.Currency}
}

func (s *saga) payment() booking.Charge {
	return booking.Charge{
		Key: booking.ChargeKey(s.in.OrderID), OrderID: s.in.OrderID, Amount: s.in.Amount, Method: s.in.PaymentMethod, ReturnTo: s.in.ReturnTo,
	}
}

// placed tells the world, once, that the order came into being.
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

// emitDeclined tells that the payment provider refused.
func (s *saga) emitDeclined() {
	declined := s.paymentIn(booking.Declined)
	s.paid = &declined
	s.emit(booking.PaymentDeclinedEvent)
}

// paymentIn is what events tell of the order's payment in a status, of which
// nothing was given back.
func (s *saga) paymentIn(status booking.PaymentStatus) booking.EventPayment {
	return booking.EventPayment{Status: status, Amount: s.charged(), Refunded: booking.Money{Currency: s.in.Amount.Currency}}
}
