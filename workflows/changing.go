package workflows

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// change is a change of a paid order on its way, of whatever kind the order is: what is new
// is held, the difference is charged, and only then what is no longer needed is given back.
type change struct {
	contract.Asked
	costs contract.Difference
	ctx   workflow.Context    // of its coroutine, never cancelled
	at    time.Time           // when it was decided
	stop  workflow.CancelFunc // gives it up

	// What the kind of the order has of its own: the change as it is written down with its
	// hold, what is to be held in the end, how the change goes, how the order is shown as it
	// was changed, what makes it so, the way back, and how it is shown that no change is under
	// way any more.
	agreed string
	holds  func(why booking.Reason) booking.HoldChange
	do     func(ctx workflow.Context) error
	shows  func() // shows the order as it was changed
	made   func()
	back   func()
	hide   func()
	refuse func(err error)

	charging bool // more may have been charged
	charged  bool // it was
	asked    bool // the owner was asked: its caller has an answer
	over     bool
	// remaining is how many are left where it has given some back.
	remaining *int
	no        *booking.Error // why it was not made
}

// onChange takes the update by which the customer changes the order.
func onChange[C interface{ Seen() int64 }](
	s *saga, words string, rule func(C) error, change func(workflow.Context, C) (contract.View, error),
) {
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.ChangeUpdate, change, workflow.UpdateHandlerOptions{
		Description: words,
		Validator: func(_ workflow.Context, c C) error {
			err := rule(c)
			return s.refused(cmp.Or(s.view.AsSeen(c.Seen()), err))
		},
	}))
}

// knows is the change of this id, nil if this life of the workflow knows of none.
func (s *saga) knows(id string) *contract.Asked {
	if i := slices.IndexFunc(s.known, func(a contract.Asked) bool { return a.ID == id }); i >= 0 {
		return &s.known[i]
	}
	return nil
}

// mayBegin is why a change is not begun with, whatever it is.
func (s *saga) mayBegin(a contract.Asked) error {
	switch was := s.knows(a.ID); {
	case was != nil && was.Content != a.Content: //replay:never a validator refuses it before
		return booking.Errorf(booking.IdempotencyKeyReused, "the Idempotency-Key was used for another change")
	case s.changing != nil: //replay:never a validator refuses it before
		return booking.Errorf(booking.ChangePending, "another change of the order is under way")
	default:
		return nil
	}
}

// beginChange makes a change, and answers when it is made, refused, or waits for the owner.
// ctx must be disconnected and belong to the calling coroutine.
func (s *saga) beginChange(ctx workflow.Context, c *change, words string) (contract.View, error) {
	s.changing = c
	s.parts.open++
	record(ctx, words)
	var going workflow.Context
	going, c.stop = workflow.WithCancel(s.telling)
	workflow.Go(going, func(ctx workflow.Context) { s.tellChange(ctx, c) })
	_ = workflow.Await(ctx, func() bool { return c.over || c.asked })
	if c.no != nil {
		return contract.View{}, s.refused(c.no)
	}
	return s.view, nil
}

// tellChange is how a change goes, or the way back to what the order was. The undo of the
// whole order, if that is under way, gives back all of both.
func (s *saga) tellChange(ctx workflow.Context, c *change) {
	c.ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := c.do(ctx)
	switch called := s.abandoned() || s.telling.Err() != nil; {
	case called && s.taken != booking.Completed:
		c.no = booking.Errorf(booking.BeingCancelled, "the order is being cancelled")
		c.hide()
	case errors.Is(err, errChangedBefore):
		s.changedBefore(c)
	case err == nil:
		c.made()
	default:
		c.back()
		c.refuse(err)
	}
	s.changing, c.over = nil, true
	s.parts.open--
}

// awaitChange waits until no change is under way. What ends the order gives it up.
func (s *saga) awaitChange(ctx workflow.Context) {
	if c := s.changing; c != nil && c.stop != nil {
		c.stop() //replay:never the order would have to end in the moment of its change
	}
	_ = workflow.Await(ctx, func() bool { return s.changing == nil })
}

// changeWithin is how long a step of a change may take. A change is not made whose
// services are away: the order stands meanwhile.
const changeWithin = time.Minute

// changeStep does a step of a change: in place if it can, and durably otherwise, until
// changeWithin is over.
func (s *saga) changeStep(ctx workflow.Context, c call, away booking.Reason) (outcome booking.Outcome, err error) {
	if s.policy.InPlace {
		if err = inPlace(ctx, c, &outcome); err == nil || ctx.Err() != nil {
			return outcome, err
		}
	}
	defer s.waitFor("the service that is to " + c.name)()
	never, _ := workflow.NewDisconnectedContext(ctx)
	s.showPending(never)
	attempt, giveUp := workflow.WithCancel(ctx)
	defer giveUp()
	done := durably(attempt, c)
	inTime, err := await(ctx, changeWithin, "patience with: "+c.name, done.IsReady)
	switch {
	case err != nil:
		return outcome, err
	case !inTime:
		return outcome, &refusal{away}
	}
	if done.Get(ctx, &outcome) != nil { // only an operator can have failed it
		err = &refusal{away} //replay:never an operator would have to fail an activity by hand
	}
	return outcome, err
}

// holdMore holds what a change needs beyond what is held. learn takes over what a life that
// is not remembered has changed.
func (s *saga) holdMore(ctx workflow.Context, c *change, learn func(workflow.Context, *booking.HoldChanges)) error {
	held, err := s.changeStep(ctx, call{
		name: "hold stock for a change", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ChangeHold, with: c.holds(""),
	}, booking.TooLate)
	if err == nil && held.Changed != nil {
		learn(c.ctx, held.Changed)
		return errChangedBefore
	}
	s.known = append(s.known, c.Asked)
	return stepped(held, err)
}

// holdChange is what the hold is to become by a change.
func (s *saga) holdChange(of booking.Hold, c *change, to booking.DailyQuantity, why booking.Reason) booking.HoldChange {
	h := booking.HoldChange{Hold: of, Of: of.Key, Agreed: c.agreed, Has: of.DailyQuantity()}
	h.Key, h.From, h.To, h.Quantity, h.Why = booking.ChangeKey(s.in.OrderID, c.ID), to.From, to.To, to.Quantity, why
	return h
}

// chargeMore charges the difference, if the change costs more.
func (s *saga) chargeMore(ctx workflow.Context, c *change) error {
	if c.costs.Charge.Amount == 0 {
		return nil
	}
	c.charging = true
	charged, err := s.changeStep(ctx, call{
		name: "charge a change", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.ChargeFurther, with: s.furtherCharge(c),
	}, booking.PaymentUnavailable)
	switch {
	case err != nil:
	case charged.Result == booking.Done:
		c.charged = true
		s.paidMore(c.costs.Charge)
	case charged.Result == booking.Deferred:
		err = &refusal{booking.PaymentUnavailable}
	case charged.Result == booking.Undone && charged.Reason == "": // it is settled that it is not taken, and the order stands
		err = &refusal{booking.PaymentDeclined} //replay:never the charge would have to be settled while it is asked for
	}
	return stepped(charged, err)
}

func (s *saga) furtherCharge(c *change) booking.Charge {
	return booking.Charge{
		Key: booking.ChangeKey(s.in.OrderID, c.ID), OrderID: s.in.OrderID, Amount: c.costs.Charge, By: c.By,
		Method: cmp.Or(c.PaymentMethod, s.in.PaymentMethod),
	}
}

// stepped is the refusal of a step of a change that was not done.
func stepped(outcome booking.Outcome, err error) error {
	if err == nil && outcome.Result != booking.Done {
		return &refusal{outcome.Reason}
	}
	return err
}

// makeHeld gives back what the change does not need any more. It is made with that, and
// not given up any more once that was asked for.
func (s *saga) makeHeld(c *change) error {
	var made booking.Outcome
	s.insist(c.ctx, call{
		name: "make the change of stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.MakeChange, with: c.holds(""),
	}, &made)
	c.remaining = made.Remaining
	return stepped(made, nil)
}

// changeBack undoes what was done for a change: what was held for it is free again, and what
// was charged, or may have been, is given back.
func (s *saga) changeBack(c *change) {
	var dropped booking.Undo
	s.insist(c.ctx, call{
		name: "release stock of a change", queue: contract.InventoryQueue, quick: quickStep, do: inventory.DropChange, with: c.holds(booking.ByCustomer),
	}, &dropped)
	if !c.charging {
		return
	}
	s.settleCharge(c)
}
