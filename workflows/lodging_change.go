package workflows

import (
	"cmp"
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// move is a change of a reservation on its way: other nights, or other rooms.
type move struct {
	contract.StayChange
	ctx   workflow.Context // of its coroutine, never cancelled
	quote contract.ChangeQuote
	at    time.Time           // when it was decided
	stop  workflow.CancelFunc // gives it up

	charging bool // more may have been charged
	charged  bool // it was
	asks     bool // the owner is to decide
	asked    bool // the owner was asked: its caller has an answer
	owner    *contract.Decision
	agreed   bool // by that decision, once it is recorded
	over     bool
	// remaining is how many are left where it has given some back.
	remaining *int
	no        *booking.Error // why it was not made
}

// takeChanges lets the customer change the nights and rooms of the reservation.
func (r *reservation) takeChanges() {
	must(workflow.SetUpdateHandlerWithOptions(r.ctx, contract.ChangeUpdate, r.change, workflow.UpdateHandlerOptions{
		Description: "The customer changes the nights or rooms",
		Validator: func(_ workflow.Context, c contract.StayChange) error {
			_, err := r.mayChange(c)
			return r.refused(cmp.Or(r.view.AsSeen(c.Version), err))
		},
	}))
}

// mayChange is the rule of a change, and what the change comes to.
func (r *reservation) mayChange(c contract.StayChange) (q contract.ChangeQuote, err error) {
	if err := c.Check(); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	now := workflow.Now(r.ctx)
	onlyDeparture := c.CheckIn == r.in.CheckIn && c.Rooms == r.in.Rooms
	if err := booking.MayChangeStay(r.standing(), now, r.in.CheckInAt(), r.in.CheckOutAt(), onlyDeparture); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	was := r.knows(c.ID)
	switch {
	case was != nil && was.Content != c.Content: //replay:never a validator refuses it before
		return q, booking.Errorf(booking.IdempotencyKeyReused, "the Idempotency-Key was used for another change")
	case r.moving != nil: //replay:never a validator refuses it before
		return q, booking.Errorf(booking.ChangePending, "another change of the reservation is under way")
	case c.CheckIn != r.in.CheckIn && !now.Before(c.Begins), !now.Before(c.Ends): //replay:never a validator refuses it before
		return q, booking.Errorf(booking.NotChangeable, "the new nights have begun already")
	case was == nil && !c.MadeFor(r.hold().Stretch()): //replay:never a validator refuses it before
		return q, booking.Errorf(booking.Superseded, "another change was made meanwhile: the reservation stands as that left it")
	}
	if q, err = r.view.QuoteChange(c, now, r.in.CheckInAt()); err == nil {
		err = q.AsChangeQuoted(c)
	}
	return q, err
}

// change takes a change of the reservation, and answers when it is made, refused, or waits
// for the owner.
func (r *reservation) change(ctx workflow.Context, c contract.StayChange) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	quote, err := r.mayChange(c)
	if err != nil {
		return contract.View{}, r.refused(err) //replay:never another change would have to come in the very task
	}
	m := &move{StayChange: c, quote: quote, at: r.now()}
	r.moving = m
	r.parts.open++
	record(ctx, "the stay is changed")
	var going workflow.Context
	going, m.stop = workflow.WithCancel(r.telling)
	workflow.Go(going, func(ctx workflow.Context) { r.tellMove(ctx, m) })
	_ = workflow.Await(ctx, func() bool { return m.over || m.asked })
	if m.no != nil {
		return contract.View{}, r.refused(m.no)
	}
	return r.view, nil
}

// tellMove is how a change goes, or the way back to what the reservation was. The undo of
// the whole reservation, if that is under way, gives back all of both.
func (r *reservation) tellMove(ctx workflow.Context, m *move) {
	m.ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := r.move(ctx, m)
	switch called := r.abandoned() || r.telling.Err() != nil; {
	case called && r.taken != booking.Completed:
		m.no = booking.Errorf(booking.BeingCancelled, "the order is being cancelled")
		r.hideMove()
	case errors.Is(err, errChangedBefore):
		r.changedBefore(m)
	case err == nil:
		r.moved(m)
	default:
		r.moveBack(m)
		r.notMoved(m, err)
	}
	r.moving, m.over = nil, true
	r.parts.open--
}

// move holds what is new, charges the difference, and lets the owner confirm where the
// place asks for it. Only then what is no longer needed is given back.
func (r *reservation) move(ctx workflow.Context, m *move) error {
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned while the change is recorded
	}
	r.showMove(m, contract.ChangeBegun, time.Time{})
	if err := r.holdMore(ctx, m); err != nil {
		return err
	}
	if err := r.chargeMore(ctx, m); err != nil {
		return err
	}
	if err := r.ownerAgrees(ctx, m); err != nil {
		return err
	}
	return r.makeMove(m)
}

// ownerAgrees waits for the owner of a place that confirms no reservation by itself, once
// they have confirmed this one. Silence is a no.
func (r *reservation) ownerAgrees(ctx workflow.Context, m *move) error {
	if r.in.Place.Confirmation != booking.Manual || r.standing() == booking.AwaitingOwner {
		return nil
	}
	patience := r.patienceOfMove(ctx, m)
	m.asks, m.asked = true, true
	r.showMove(m, contract.ChangeAwaitingOwner, r.now().Add(patience))
	r.emitWith(booking.ReservationChangeRequested, nil, m.ID)
	r.tellOfMove(booking.ForOwner, m, booking.ChangeToDecideMessage, "", booking.Duration(patience))
	r.publish(m.ctx)
	if _, err := r.awaitPerson(ctx, patience, "owner decides on the change", func() bool { return m.owner != nil }); err != nil {
		return err
	}
	if m.owner == nil {
		m.asks = false
		record(m.ctx, "time is up: the change of the stay")
		return &refusal{booking.OwnerTimeout}
	}
	if err := workflow.Await(ctx, func() bool { return !m.asks }); err != nil {
		return err //replay:never the order would have to be abandoned while the decision is recorded
	}
	if !m.agreed {
		return &refusal{booking.RejectedByOwner}
	}
	return nil
}

// patienceOfMove is how long the owner may take: as long as for a reservation, but not
// beyond the moment from which something of it could not be given back any more.
func (r *reservation) patienceOfMove(ctx workflow.Context, m *move) time.Duration {
	now, end := workflow.Now(ctx), r.in.CheckOutAt()
	for _, bound := range []time.Time{r.in.CheckInAt(), m.Begins, m.Ends} {
		if now.Before(bound) && bound.Before(end) {
			end = bound
		}
	}
	return min(time.Duration(r.in.Place.ConfirmWithin), end.Sub(now))
}

// asking is the change that waits for its owner, nil when none does.
func (r *reservation) asking() *move {
	if r.moving != nil && r.moving.asks && r.moving.owner == nil && !r.abandoned() && r.taken != booking.Completed {
		return r.moving
	}
	return nil
}

// ownerSays takes the owner's decision on a change, and answers when that is carried out.
func (r *reservation) ownerSays(ctx workflow.Context, m *move, agreed bool, d contract.Decision) (contract.View, error) {
	m.owner = &d
	record(ctx, "the owner has decided on the change")
	m.agreed, m.asks = agreed, false
	_ = workflow.Await(ctx, func() bool { return m.over })
	if agreed && m.no != nil {
		return contract.View{}, r.refused(m.no) //replay:never the order would have to be abandoned while the decision is recorded
	}
	return r.view, nil
}

// awaitMove waits until no change is under way. What ends the stay gives it up.
func (r *reservation) awaitMove(ctx workflow.Context) {
	if m := r.moving; m != nil && m.stop != nil {
		m.stop() //replay:never the stay would have to end in the moment of its change
	}
	_ = workflow.Await(ctx, func() bool { return r.moving == nil })
}

// refusedFor is why a change was not made, for its caller.
func refusedFor(err error) (*booking.Error, booking.Reason) {
	var no *refusal
	if !errors.As(err, &no) || no.reason == "" {
		return booking.Errorf(booking.Superseded, "the stay ended before its change was made"), booking.TooLate //replay:never it would have to end meanwhile
	}
	return booking.Errorf(booking.Code(no.reason), "%s; the reservation stays as it was", no.reason.Label(booking.English)), no.reason
}
