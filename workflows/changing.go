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

// change is a change of a paid order, of any kind, while it is under way. First it holds the
// stock that the order needs in addition, then it charges the difference, and last it releases
// the stock that the order no longer needs.
type change struct {
	contract.ChangeRequest
	kind   changeOfKind
	costs  contract.Difference
	stored string              // the change as its hold stores it
	ctx    workflow.Context    // of its coroutine, disconnected
	at     time.Time           // when the change was decided
	stop   workflow.CancelFunc // cancels the change

	charging      bool // the difference may have been charged
	charged       bool // the difference was charged
	ownerNotified bool // the owner was notified of the decision to make, and the customer's update was answered
	isLate        bool // the order has ended while the change was recorded
	ended         bool
	// remaining is the item's remaining stock after a release, nil without one.
	remaining *int
	no        *booking.Error // why the change was not made
}

// changeOfKind is the part of a change that depends on the order's kind.
type changeOfKind interface {
	// holdChange is the change of the order's hold. reason is why it is undone, "" if it is made.
	holdChange(reason booking.Reason) booking.HoldChange
	// run runs the steps of the change.
	run(ctx workflow.Context) error
	// show writes the changed order into the view.
	show()
	// complete completes a change whose steps are done.
	complete()
	// undo undoes a change that is not made. If the change was made before, undo leaves it and
	// returns true.
	undo() (made bool)
	// refuse reports that the change was not made.
	refuse(err error)
}

// onChange registers the update by which the customer changes the order.
func onChange[C interface{ Seen() int64 }](
	s *saga, words string, rule func(C) error, change func(workflow.Context, C) (contract.View, error),
) {
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.ChangeUpdate, change, workflow.UpdateHandlerOptions{
		Description: words,
		Validator: func(_ workflow.Context, c C) error {
			// The rest is not in the rule, which is checked again in a replay: an earlier build may have
			// accepted more.
			err := cmp.Or(rule(c), s.mayTryChange())
			return s.asUpdateError(cmp.Or(s.view.AsSeen(c.Seen()), err))
		},
	}))
}

// maxChanges bounds the changes of one order, made or refused: each is an accepted update, and the
// engine accepts 2,000 in a run.
const maxChanges = 100

// mayTryChange returns the error for which another change is not tried: there were too many, or a
// service that the last one needed was away a moment ago.
func (s *saga) mayTryChange() error {
	left := s.changePause.left(workflow.Now(s.ctx))
	switch {
	case s.changesBegun >= maxChanges:
		return booking.Errorf(contract.DecisionsExhausted, "the order accepts no more changes while it runs").RetryIn(time.Hour)
	case left > 0:
		return booking.Errorf(s.changeAway, "a service that changes need did not answer the last one; the order stays as it was").RetryIn(left)
	default:
		return nil
	}
}

// noteChangeAway notes whether a change was refused because a service was away.
func (s *saga) noteChangeAway(now time.Time, no *booking.Error) {
	switch no.Code {
	case booking.Code(booking.PaymentUnavailable), booking.Code(booking.CafeUnavailable), booking.InventoryUnavailable:
		s.changeAway = no.Code
		s.changePause.refuse(now)
	default:
		s.changeAway, s.changePause = "", backoff{}
	}
}

// changeWithID is the change with this id, nil if this run of the workflow knows none.
func (s *saga) changeWithID(id string) *contract.ChangeRequest {
	if i := slices.IndexFunc(s.knownChanges, func(a contract.ChangeRequest) bool { return a.ID == id }); i >= 0 {
		return &s.knownChanges[i]
	}
	return nil
}

// mayBeginChange returns the error for which no change of any kind can begin: IdempotencyKeyReused
// or ChangePending.
func (s *saga) mayBeginChange(a contract.ChangeRequest) error {
	switch was := s.changeWithID(a.ID); {
	case was != nil && was.Content != a.Content: //replay:never a validator refuses it before
		return booking.Errorf(booking.IdempotencyKeyReused, "the Idempotency-Key was used for another change")
	case s.changing != nil: //replay:never a validator refuses it before
		return booking.Errorf(booking.ChangePending, "another change of the order is under way")
	default:
		return nil
	}
}

// beginChange makes a change, and returns when it is made, refused, or waits for the owner.
// ctx must be disconnected and belong to the calling coroutine.
func (s *saga) beginChange(ctx workflow.Context, c *change, words string) (contract.View, error) {
	s.changing = c
	s.changesBegun++
	s.parts.open++
	record(ctx, words)
	var going workflow.Context
	going, c.stop = workflow.WithCancel(s.storyCtx)
	if c.isLate && !c.At.IsZero() { // an earlier build does not stop it
		c.stop() //replay:never the order would have to end while its change is recorded
	}
	workflow.Go(going, func(ctx workflow.Context) { s.runChange(ctx, c) })
	_ = workflow.Await(ctx, func() bool { return c.ended || c.ownerNotified })
	if c.no != nil {
		return contract.View{}, s.asUpdateError(c.no)
	}
	return s.view, nil
}

// runChange runs a change, and undoes it if it fails. If the order is being cancelled, its own
// undos also undo the change.
func (s *saga) runChange(ctx workflow.Context, c *change) {
	c.ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := c.kind.run(ctx)
	switch called := s.cancelling() || s.storyCtx.Err() != nil; {
	case called && s.acceptedStatus != booking.Completed:
		c.no = booking.Errorf(booking.BeingCancelled, "the order is being cancelled")
		s.hideChange()
	case errors.Is(err, errChangedBefore):
		s.changedBefore(c)
	case err == nil:
		c.kind.complete()
		s.changeAway, s.changePause = "", backoff{}
	default:
		s.undoOrComplete(c, func() {
			c.kind.refuse(err)
			s.noteChangeAway(workflow.Now(ctx), c.no)
		})
	}
	s.changing, c.ended = nil, true
	s.parts.open--
}

// hideChange removes the pending change from the view.
func (s *saga) hideChange() {
	if s.view.Changing() {
		s.view = s.view.WithoutChange()
		s.changed()
	}
}

// awaitChange cancels the change that is under way, since the order ends, and waits until there
// is none.
func (s *saga) awaitChange(ctx workflow.Context) {
	switch c := s.changing; {
	case c == nil:
	case c.stop == nil:
		c.isLate = true //replay:never the order would have to end while its change is recorded
	default:
		c.stop() //replay:never the order would have to end in the moment of its change
	}
	_ = workflow.Await(ctx, func() bool { return s.changing == nil })
}

// changeWithin is how long a step of a change may take. If the step's service is away, the
// change is not made, and the order stays as it is.
const changeWithin = time.Minute

// changeStep runs a step of a change: in place if that succeeds, otherwise durably, for at
// most changeWithin.
func (s *saga) changeStep(ctx workflow.Context, c call, away booking.Reason) (outcome booking.Outcome, err error) {
	if s.policy.InPlace {
		if err = inPlace(ctx, c, &outcome); err == nil || ctx.Err() != nil {
			return outcome, err
		}
	}
	defer s.waitFor("the service that is to " + c.name)()
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	s.showPending(disconnected)
	attempt, cancelAttempt := workflow.WithCancel(ctx)
	defer cancelAttempt()
	done := durably(attempt, c)
	inTime, err := await(ctx, changeWithin, "timeout of: "+c.name, done.IsReady)
	switch {
	case err != nil:
		return outcome, err
	case !inTime:
		return outcome, &refusal{away}
	}
	if done.Get(ctx, &outcome) != nil { // only an operator can have failed the step
		err = &refusal{away} //replay:never an operator would have to fail an activity by hand
	}
	return outcome, err
}

// holdMore holds the stock that a change needs in addition. If a forgotten run has changed the
// order, holdMore applies those changes and returns errChangedBefore.
func (s *saga) holdMore(ctx workflow.Context, c *change, apply func(workflow.Context, *booking.HoldChanges)) error {
	held, err := s.changeStep(ctx, call{
		name: "hold stock for a change", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ChangeHold, with: c.kind.holdChange(""),
	}, booking.Reason(booking.InventoryUnavailable))
	if err == nil && held.Changed != nil {
		apply(c.ctx, held.Changed)
		return errChangedBefore
	}
	s.knownChanges = append(s.knownChanges, c.ChangeRequest)
	return stepped(held, err)
}

// holdChange is the change of the order's hold to the days and quantity of to.
func (s *saga) holdChange(of booking.Hold, c *change, to booking.DailyQuantity, reason booking.Reason) booking.HoldChange {
	h := booking.HoldChange{Hold: of, Of: of.Key, Agreed: c.stored, Has: of.DailyQuantity()}
	h.Key, h.From, h.To, h.Quantity, h.Reason = booking.ChangeKey(s.in.OrderID, c.ID), to.From, to.To, to.Quantity, reason
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
	case charged.Result == booking.Undone && charged.Reason == "": // the charge is certainly not made, and the order continues
		err = &refusal{booking.PaymentDeclined} //replay:never the charge would have to be resolved while it is being made
	}
	return stepped(charged, err)
}

func (s *saga) furtherCharge(c *change) booking.Charge {
	return booking.Charge{
		Key: booking.ChangeKey(s.in.OrderID, c.ID), OrderID: s.in.OrderID, Amount: c.costs.Charge, By: c.By,
		Method: cmp.Or(c.PaymentMethod, s.in.PaymentMethod), Customer: s.in.CustomerID, KeepsMethod: c.KeepsMethod,
	}
}

// stepped returns a refusal for the outcome of a step that was not done, and otherwise err.
func stepped(outcome booking.Outcome, err error) error {
	if err == nil && outcome.Result != booking.Done {
		return &refusal{outcome.Reason}
	}
	return err
}

// makeHeld releases the stock that the changed order no longer needs. With this the change is
// made: once the call has begun, the change can no longer be cancelled.
func (s *saga) makeHeld(c *change) error {
	var made booking.Outcome
	s.retryUntilDone(c.ctx, call{
		name: "make the change of stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.MakeChange, with: c.kind.holdChange(""),
	}, &made)
	c.remaining = made.Remaining
	return stepped(made, nil)
}

// dropHeld releases what was held for a change. It reports whether the change was made before.
func (s *saga) dropHeld(c *change) (made bool) {
	var dropped booking.Undo
	drop := c.kind.holdChange(booking.ByCustomer)
	s.retryUntilDone(c.ctx, call{
		name: "release stock of a change", queue: contract.InventoryQueue, quick: quickStep, do: inventory.DropChange, with: drop,
	}, &dropped)
	return dropped.Changed.Made(drop.Key) && completesMadeChanges(c.ctx)
}
