package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Lodging is the saga of one reservation, from the customer's request until
// check-out or until it is cancelled and nothing is charged or held any more.
// It answers the reservation's last view; it fails only by a defect.
func Lodging(ctx workflow.Context, in contract.Lodging) (contract.View, error) {
	r := &reservation{in: in}
	story, err := r.begin(ctx, in.Order, in, facts{
		placed: booking.ReservationPlaced, undone: booking.ReservationCancelConfirmed, cancelled: booking.ReservationCanceled,
	})
	if err != nil {
		return contract.View{}, err
	}
	r.ends, r.startWithin = in.CheckOutAt(), time.Duration(r.policy.ReserveWithin)
	r.confirming.before = r.holdBefore
	r.came = true                                                         // nothing can keep it from that but its payment
	r.undos = append(r.refunds(), r.releaseStock(), r.takeBack(r.notice)) // of the steps, in their order
	r.takeDecisions()
	r.takeChanges()
	r.forgotten = func(ctx workflow.Context) {
		r.lookForChanges(ctx, r.hold, r.learn, booking.Confirmed, booking.AwaitingOwner)
	}
	return r.tell(story, r.storyOrBack)
}

type reservation struct {
	saga
	in contract.Lodging

	confirmed bool      // the owner did, and it is recorded
	left      bool      // the guests checked out early, and it is recorded
	leftAt    time.Time // when they said so; zero when they have not
	ownerSaid contract.Decision
	moving    *move // the change that was taken last, nil when none was
}

// story is how a reservation goes when all goes well. What breaks it off, a
// refusal or a cancellation, undoes what was done so far.
func (r *reservation) story(ctx workflow.Context) error {
	if err := r.charge(ctx, booking.Paid); err != nil {
		return err
	}
	if err := r.holdStock(ctx); err != nil {
		return err
	}
	if err := r.tellSomebody(ctx, r.notice()); err != nil {
		return err
	}
	if err := r.ownerDecides(ctx); err != nil {
		return err
	}
	return r.guestsStay(ctx)
}

// storyOrBack is the story, or the beginning of the way back.
func (r *reservation) storyOrBack(ctx workflow.Context) error {
	err := r.story(ctx)
	if err != nil {
		r.followNights()
	}
	return err
}

// holdStock holds the rooms. Those that are held since the customer had to confirm the
// payment stay held: it is the same hold.
func (r *reservation) holdStock(ctx workflow.Context) error {
	held, err := r.stepHold(ctx)
	if err != nil {
		return err
	}
	r.left, r.handedOver = held.Ended, held.Ended // in a life of this workflow that is not remembered
	r.emitWith(booking.ReservationConfirmed, held.Remaining)
	r.learn(r.ctx, held.Changed)
	return nil
}

func (r *reservation) stepHold(ctx workflow.Context) (booking.Outcome, error) {
	hold := r.hold()
	hold.Late, hold.Why = r.tooLate()
	return r.step(ctx, step{
		call: call{name: "hold stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: hold},
		undo: r.releaseStock(),
	})
}

// holdBefore holds the rooms while the customer confirms the payment: nobody is to pay for
// what is sold out meanwhile.
func (r *reservation) holdBefore(ctx workflow.Context) error {
	_, err := r.stepHold(ctx)
	if err == nil {
		r.undoneAfter(r.releaseStock(), r.refund())
	}
	return err
}

func (r *reservation) releaseStock() undo {
	return undo{
		call:    call{name: "release stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ReleaseStock},
		because: func(why booking.Reason) any { h := r.hold(); h.Why = why; return h },
		then: func(found booking.Undo) {
			r.released = cmp.Or(found.Remaining, r.released)
			r.showLast(found.Changed, r.remembered)
		},
	}
}

func (r *reservation) hold() booking.Hold {
	return booking.Hold{
		Key: contract.HoldKey(r.in.OrderID), OrderID: r.in.OrderID, ItemID: r.in.Place.ID,
		From: r.in.CheckIn, To: r.in.CheckOut, Quantity: r.in.Rooms,
	}
}

// notice asks the owner to decide or, where the place confirms by itself, only
// tells them.
func (r *reservation) notice() notice {
	n := notice{
		name: "tell owner", key: contract.OwnerNotice, recipientID: r.in.Place.OwnerID,
		tells: booking.ReservationPlacedMessage, off: booking.ReservationCancelledMessage,
		data: booking.MessageData{
			For: booking.ForOwner, Item: r.in.Place.Name, Quantity: r.in.Rooms,
			From: r.in.CheckIn, To: r.in.CheckOut, CustomerID: r.in.CustomerID,
		},
	}
	if r.in.Place.Confirmation == booking.Manual {
		n.tells, n.data.ConfirmWithin = booking.ReservationToDecideMessage, r.in.Place.ConfirmWithin
	}
	return n
}

// ownerDecides waits for the owner where the place asks for it. Silence is a no, so that no
// money waits for ever. An owner whose guests have stayed has decided.
func (r *reservation) ownerDecides(ctx workflow.Context) error {
	if r.in.Place.Confirmation == booking.Manual && !r.left {
		if err := r.rest(ctx, booking.AwaitingOwner, booking.ReservationStatusChanged, contract.Decision{}); err != nil {
			return err //replay:never the order would have to be abandoned in the very task in which its owner is told
		}
		r.waitFor("the owner's decision")
		patience := min(time.Duration(r.in.Place.ConfirmWithin), r.in.CheckOutAt().Sub(workflow.Now(ctx)))
		confirmed := func() bool { return r.confirmed }
		if err := r.awaitPersonOrGiveUp(ctx, patience, "owner decides", confirmed, booking.OwnerTimeout); err != nil {
			return err
		}
		// A decision that was taken in time counts, though it is still being recorded.
		if err := workflow.Await(ctx, confirmed); err != nil {
			return err //replay:never the order would have to be abandoned while the decision is recorded
		}
	}
	return r.rest(ctx, booking.Confirmed, booking.ReservationStatusChanged, r.ownerSaid)
}

// guestsStay is the longest part: until check-out, or until the guests leave
// early.
func (r *reservation) guestsStay(ctx workflow.Context) error {
	r.waitFor("check-out")
	for ends := r.in.CheckOutAt(); ; ends = r.in.CheckOutAt() {
		left := func() bool { return r.left || !r.in.CheckOutAt().Equal(ends) }
		_, err := r.awaitPerson(ctx, ends.Sub(workflow.Now(ctx)), "check-out", left)
		if err != nil && !r.left && r.taken != booking.Completed { // from then on the stay can no longer be called off
			return err
		}
		_ = workflow.Await(r.ctx, func() bool { return r.left || r.taken != booking.Completed })
		r.awaitChange(r.ctx)
		if r.left || !workflow.Now(ctx).Before(r.in.CheckOutAt()) {
			break
		}
	}
	r.endStay()
	return r.rest(r.ctx, booking.Completed, booking.ReservationStatusChanged, r.ending)
}

// endStay lets the inventory know that the guests have left: the nights that they do not
// use are free again, and paid back as far as the policy says. At check-out none are left;
// what another life of this workflow may have asked for then comes too late.
func (r *reservation) endStay() {
	end := booking.StayEnd{
		Hold: r.hold(), Left: r.leftAt, CheckInTime: r.in.Place.CheckInTime, TimeZone: r.in.Place.TimeZone,
		Begins: r.in.CheckInAt(),
	}
	if end.Left.IsZero() {
		end.Left = r.in.CheckOutAt()
	}
	var freed booking.Freed
	r.insist(r.ctx, call{name: "end stay", queue: contract.InventoryQueue, quick: quickStep, do: inventory.EndStay, with: end}, &freed)
	stay := *r.view.Stay
	stay.Freed = freed.Nights
	r.view.Stay, r.remained = &stay, freed.Remaining
	if due := r.view.DepartureDue(); due > 0 {
		r.refundNights(due)
	}
}

// takeDecisions lets owner, customer and staff decide on the reservation.
func (r *reservation) takeDecisions() {
	r.onUpdate(contract.ConfirmUpdate, "The owner accepts the reservation", r.mayConfirm, r.confirm)
	r.onUpdate(contract.RejectUpdate, "The owner rejects the reservation", r.mayConfirm, r.reject)
	r.onUpdate(contract.CancelUpdate, "The customer cancels the reservation", r.mayCancelStay, r.cancel)
	r.onUpdate(contract.NoShowUpdate, "The guests have not come", r.mayNoShow, r.noShow)
	r.onUpdate(contract.CompleteUpdate, "The guests have checked out early", r.mayComplete, r.complete)
}

func (r *reservation) mayConfirm(time.Time) error {
	if r.asking() != nil {
		return nil
	}
	return booking.MayConfirm(r.standing())
}

func (r *reservation) confirm(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	if m := r.asking(); m != nil {
		return r.ownerSays(ctx, m, true, d)
	}
	r.taken, r.ownerSaid = booking.Confirmed, d
	record(ctx, "confirmed by the owner")
	r.confirmed = true
	_ = workflow.Await(ctx, func() bool { return r.rested != booking.AwaitingOwner })
	return r.answer(booking.Confirmed)
}

func (r *reservation) reject(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	if m := r.asking(); m != nil {
		return r.ownerSays(ctx, m, false, d)
	}
	return r.giveUp(ctx, booking.RejectedByOwner, d)
}

func (r *reservation) mayCancelStay(at time.Time) error {
	return booking.MayCancelStay(r.standing(), at, r.in.CheckInAt())
}

func (r *reservation) mayNoShow(at time.Time) error {
	return booking.MaySayNoShow(r.standing(), at, r.in.CheckInAt())
}

func (r *reservation) noShow(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	return r.giveUp(ctx, booking.NoShow, d)
}

func (r *reservation) mayComplete(at time.Time) error {
	return booking.MayCheckOut(r.standing(), at, r.in.CheckInAt())
}

func (r *reservation) complete(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	r.taken, r.ending, r.leftAt = booking.Completed, d, d.At.UTC().Truncate(time.Microsecond)
	record(ctx, "checked out early")
	r.left = true
	return r.over(ctx, booking.Completed)
}
