package workflows

import (
	"encoding/json"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// move is a change of a reservation's nights or rooms that is under way.
type move struct {
	change
	r     *reservation
	to    contract.StayChange
	quote contract.ChangeQuote

	requestedAt time.Time // when the customer requested it, zero if an earlier build has sent it
	awaitsOwner bool      // the owner was notified, and has not decided yet
	owner       *contract.Decision
	agreed      bool // the owner's decision, once it is recorded
}

// registerChanges registers the update by which the customer changes nights or rooms.
func (r *reservation) registerChanges() {
	onChange(&r.saga, "The customer changes the nights or rooms", func(c contract.StayChange) error {
		_, err := r.mayChange(c)
		return err
	}, r.change)
}

// mayChange is the quote of a change, or the error for which the change is not allowed.
func (r *reservation) mayChange(c contract.StayChange) (q contract.ChangeQuote, err error) {
	if err := c.Check(); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	now := workflow.Now(r.ctx)
	onlyDeparture := c.CheckIn == r.in.CheckIn && c.Rooms == r.in.Rooms
	if err := booking.MayChangeStay(r.statusForDecisions(), now, r.in.CheckInAt(), r.in.CheckOutAt(), onlyDeparture); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	if err := r.mayBeginChange(c.ChangeRequest); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	switch {
	case c.CheckIn != r.in.CheckIn && !now.Before(c.Begins), !now.Before(c.Ends): //replay:never a validator refuses it before
		return q, booking.Errorf(booking.NotChangeable, "the new nights have begun already")
	case r.changeWithID(c.ID) == nil && !c.MadeFor(r.hold().DailyQuantity()): //replay:never a validator refuses it before
		return q, booking.Errorf(booking.Superseded, "another change was made meanwhile: look at the reservation again")
	}
	if q, err = r.view.QuoteChange(c, now, r.in.CheckInAt()); err == nil {
		err = q.AsChangeQuoted(c.ChangeRequest)
	}
	return q, err
}

// change handles a change of the reservation, and returns when it is made, refused, or waits
// for the owner.
func (r *reservation) change(ctx workflow.Context, c contract.StayChange) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	quote, err := r.mayChange(c)
	if err != nil {
		return contract.View{}, r.asUpdateError(err) //replay:never another change would have to come in the very task
	}
	r.lastMove = r.moveTo(c, quote)
	return r.beginChange(ctx, &r.lastMove.change, "the stay is changed")
}

func (r *reservation) moveTo(c contract.StayChange, quote contract.ChangeQuote) *move {
	m := &move{r: r, to: c, quote: quote, requestedAt: c.At}
	if c.At.After(r.now()) { // clocks differ
		m.requestedAt = r.now() //replay:never clocks would have to differ
	}
	written := c
	written.ChangeRequest = c.WithoutPaymentMethod()
	m.change = change{
		ChangeRequest: c.ChangeRequest, kind: m, costs: quote.Difference, at: r.now(),
		stored: agreement[contract.StayChange, contract.ChangeQuote]{written, quote}.text(),
	}
	return m
}

func (m *move) holdChange(reason booking.Reason) booking.HoldChange {
	return m.r.holdChange(m.r.hold(), &m.change, m.to.DailyQuantity(), reason)
}

// applyForgotten applies the changes that a forgotten run has made.
func (r *reservation) applyForgotten(ctx workflow.Context, changed *booking.HoldChanges) {
	r.applyHoldChanges(ctx, changed, r.decodeChange)
}

// decodeChange decodes a stored change, nil if it cannot be read.
func (r *reservation) decodeChange(agreed string) *change {
	var was agreement[contract.StayChange, contract.ChangeQuote]
	if json.Unmarshal([]byte(agreed), &was) != nil {
		return nil //replay:never no build writes one that cannot be read
	}
	return &r.moveTo(was.Change, was.Quote).change
}

// run holds the new nights and rooms, charges the difference, and waits for the owner if the
// place requires that. Only then it releases what is no longer needed.
func (m *move) run(ctx workflow.Context) error {
	r := m.r
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned while the change is recorded
	}
	r.showMove(m, contract.ChangeBegun, time.Time{})
	if err := r.holdMore(ctx, &m.change, r.applyForgotten); err != nil {
		return err
	}
	if err := r.chargeMore(ctx, &m.change); err != nil {
		return err
	}
	if err := r.ownerAgrees(ctx, m); err != nil {
		return err
	}
	return r.makeHeld(&m.change)
}

// ownerAgrees waits for the owner's decision on the change, if the place requires one and the
// owner has confirmed the reservation. Without a decision in time the change is refused.
func (r *reservation) ownerAgrees(ctx workflow.Context, m *move) error {
	if r.in.Place.Confirmation != booking.Manual || r.statusForDecisions() == booking.AwaitingOwner {
		return nil
	}
	timeout := r.timeToDecide(ctx, m)
	m.awaitsOwner, m.ownerNotified = true, true
	r.showMove(m, contract.ChangeAwaitingOwner, r.now().Add(timeout))
	r.emitWith(booking.ReservationChangeRequested, nil, m.ID)
	r.notifyOfChange(booking.ForOwner, m, booking.ChangeToDecideMessage, "", booking.Duration(timeout))
	r.publish(m.ctx)
	if _, err := r.awaitPerson(ctx, timeout, "owner decides on the change", func() bool { return m.owner != nil }); err != nil {
		return err
	}
	if m.owner == nil {
		m.awaitsOwner = false
		record(m.ctx, "time is up: the change of the stay")
		return &refusal{booking.OwnerTimeout}
	}
	if err := workflow.Await(ctx, func() bool { return !m.awaitsOwner }); err != nil {
		return err //replay:never the order would have to be abandoned while the decision is recorded
	}
	if !m.agreed {
		return &refusal{booking.RejectedByOwner}
	}
	return nil
}

// timeToDecide is how long the owner may take: as long as for a reservation, but not beyond
// the time from which a part could not be refunded any more.
func (r *reservation) timeToDecide(ctx workflow.Context, m *move) time.Duration {
	now, end := workflow.Now(ctx), r.in.CheckOutAt()
	for _, bound := range []time.Time{r.in.CheckInAt(), m.to.Begins, m.to.Ends} {
		if now.Before(bound) && bound.Before(end) {
			end = bound
		}
	}
	return min(time.Duration(r.in.Place.ConfirmWithin), end.Sub(now))
}

// changeToDecide is the change that waits for the owner's decision, nil without one.
func (r *reservation) changeToDecide() *move {
	m := r.lastMove
	if m != nil && r.changing == &m.change && m.awaitsOwner && m.owner == nil && !r.cancelling() && r.acceptedStatus != booking.Completed {
		return m
	}
	return nil
}

// hasToDecide returns an error if neither the reservation nor a change of it waits for the owner.
func (r *reservation) hasToDecide() error {
	if r.changeToDecide() != nil {
		return nil
	}
	return booking.MayConfirm(r.statusForDecisions())
}

// knewOfChanges refuses a decision of the owner that was made before a change of the
// reservation was requested, and is delivered after it.
func (r *reservation) knewOfChanges(at time.Time) error {
	changed := r.changedAt
	if m := r.changeToDecide(); m != nil {
		changed = m.requestedAt
	}
	if at.Before(changed) {
		return booking.Errorf(booking.Superseded, "the reservation was changed after this decision: look at it again")
	}
	return nil
}

// ownerDecidesChange handles the owner's decision on a change, and returns when it is carried
// out.
func (r *reservation) ownerDecidesChange(ctx workflow.Context, m *move, agreed bool, d contract.Decision) (contract.View, error) {
	m.owner = &d
	record(ctx, "the owner has decided on the change")
	m.agreed, m.awaitsOwner = agreed, false
	_ = workflow.Await(ctx, func() bool { return m.ended })
	if agreed && m.no != nil {
		return contract.View{}, r.asUpdateError(m.no) //replay:never the order would have to be abandoned while the decision is recorded
	}
	return r.view, nil
}
