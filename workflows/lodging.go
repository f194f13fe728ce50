package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Lodging is the saga of one reservation. It runs until the stay has ended or the reservation is
// cancelled, and then until all undos and refunds are done. It returns the reservation's last
// view. It fails only if its input is invalid or the code has a defect.
func Lodging(ctx workflow.Context, in contract.Lodging) (contract.View, error) {
	r := &reservation{in: in}
	story, err := r.begin(ctx, in.Order, in, facts{
		placed: booking.ReservationPlaced, undone: booking.ReservationCancelConfirmed, cancelled: booking.ReservationCanceled,
	})
	if err != nil {
		return contract.View{}, err
	}
	r.ends, r.startWithin = in.CheckOutAt(), time.Duration(r.policy.ReserveWithin)
	r.confirming.holdFirst, r.confirming.release = r.holdBeforeConfirmation, r.releaseStock
	r.freeTookEffect = true // a reservation that costs nothing takes effect at once: no step has to succeed first
	// The undos are in the order of their steps.
	r.undos = append(r.undosOfCharge(), r.releaseStock(), r.withdrawNotice(r.notice))
	r.registerDecisions()
	r.registerChanges()
	r.recoverDiscarded = func(ctx workflow.Context) {
		r.findForgottenChanges(ctx, r.hold, r.applyForgotten, booking.Confirmed, booking.AwaitingOwner)
	}
	return r.run(story, r.storyAndNightsRefund)
}

type reservation struct {
	saga
	in contract.Lodging

	confirmed     bool      // the owner has confirmed, and that is recorded
	left          bool      // the guests have checked out early, and that is recorded
	leftAt        time.Time // when the guests left early; zero if they have not
	ownerDecision contract.Decision
	lastMove      *move     // the last change that was accepted, nil if there is none
	changedAt     time.Time // when the last completed change was requested, zero if there is none
}

// story runs the steps of a reservation. If a step is refused or the reservation is cancelled, it
// returns an error, and the saga compensates.
func (r *reservation) story(ctx workflow.Context) error {
	if err := r.charge(ctx, booking.Paid); err != nil {
		return err
	}
	if err := r.holdStock(ctx); err != nil {
		return err
	}
	if err := r.sendNotice(ctx, r.notice()); err != nil {
		return err
	}
	if err := r.ownerDecides(ctx); err != nil {
		return err
	}
	return r.guestsStay(ctx)
}

// storyAndNightsRefund runs the story. If the story fails, a forgotten run (see saga) may have
// begun a refund for an early departure: storyAndNightsRefund continues that refund.
func (r *reservation) storyAndNightsRefund(ctx workflow.Context) error {
	err := r.story(ctx)
	if err != nil {
		r.followNightsRefund()
	}
	return err
}

// holdStock holds the rooms. If holdBeforeConfirmation has held them already, the call changes
// nothing.
func (r *reservation) holdStock(ctx workflow.Context) error {
	held, err := r.stepHold(ctx)
	if err != nil {
		return err
	}
	r.left, r.handedOver = held.Ended, held.Ended // a forgotten run may have ended the stay
	r.emitWith(booking.ReservationConfirmed, held.Remaining)
	r.applyForgotten(r.ctx, held.Changed)
	return nil
}

func (r *reservation) stepHold(ctx workflow.Context) (booking.Outcome, error) {
	hold := r.hold()
	hold.Late, hold.Reason = r.tooLate()
	return r.step(ctx, step{
		call: call{name: "hold stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: hold},
		undo: r.releaseStock(),
	})
}

// holdBeforeConfirmation holds the rooms before the customer confirms the payment. Otherwise
// another customer could reserve them meanwhile.
func (r *reservation) holdBeforeConfirmation(ctx workflow.Context) error {
	_, err := r.stepHold(ctx)
	return err
}

func (r *reservation) releaseStock() undo {
	return undo{
		call:     call{name: "release stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ReleaseStock},
		argument: func(reason booking.Reason) any { h := r.hold(); h.Reason = reason; return h },
		onDone: func(found booking.Undo) {
			r.released = cmp.Or(found.Remaining, r.released)
			r.showLast(found.Changed, r.decodeChange)
		},
	}
}

func (r *reservation) hold() booking.Hold {
	return booking.Hold{
		Key: contract.HoldKey(r.in.OrderID), OrderID: r.in.OrderID, ItemID: r.in.Place.ID,
		From: r.in.CheckIn, To: r.in.CheckOut, Quantity: r.in.Rooms,
	}
}

// notice is the message that asks the owner to decide. If the place confirms automatically, the
// message only informs the owner.
func (r *reservation) notice() notice {
	n := notice{
		name: "notify owner", key: contract.OwnerNotice, recipientID: r.in.Place.OwnerID,
		messageType: booking.ReservationPlacedMessage, withdrawalType: booking.ReservationCancelledMessage,
		data: booking.MessageData{
			For: booking.ForOwner, Item: r.in.Place.Name, Quantity: r.in.Rooms,
			From: r.in.CheckIn, To: r.in.CheckOut, CustomerID: r.in.CustomerID,
		},
	}
	if r.in.Place.Confirmation == booking.Manual {
		n.messageType, n.data.ConfirmWithin = booking.ReservationToDecideMessage, r.in.Place.ConfirmWithin
	}
	return n
}

// ownerDecides waits for the owner's decision if the place requires one. If the owner does not
// decide in time, the reservation is cancelled and the customer is refunded. If the guests have
// checked out, ownerDecides does not wait.
func (r *reservation) ownerDecides(ctx workflow.Context) error {
	if r.in.Place.Confirmation == booking.Manual && !r.left {
		if err := r.becomeStable(ctx, booking.AwaitingOwner, booking.ReservationStatusChanged, contract.Decision{}); err != nil {
			return err //replay:never the order would have to be cancelled in the same workflow task in which its owner is notified
		}
		r.waitFor("the owner's decision")
		requestedAt := workflow.Now(ctx)
		timeout := booking.OwnerDecidesBy(requestedAt, r.in.Place.ConfirmWithin, r.in.CheckOutAt()).Sub(requestedAt)
		confirmed := func() bool { return r.confirmed }
		if err := r.awaitPersonOrCancel(ctx, timeout, "owner decides", confirmed, booking.OwnerTimeout); err != nil {
			return err
		}
		// A decision that was made in time counts, even if it is still being recorded when the
		// timeout ends.
		if err := workflow.Await(ctx, confirmed); err != nil {
			return err //replay:never the order would have to be cancelled while the decision is recorded
		}
	}
	return r.becomeStable(ctx, booking.Confirmed, booking.ReservationStatusChanged, r.ownerDecision)
}

// guestsStay waits until check-out, or until the guests leave early.
func (r *reservation) guestsStay(ctx workflow.Context) error {
	r.waitFor("check-out")
	for ends := r.in.CheckOutAt(); ; ends = r.in.CheckOutAt() {
		left := func() bool { return r.left || !r.in.CheckOutAt().Equal(ends) }
		_, err := r.awaitPerson(ctx, ends.Sub(workflow.Now(ctx)), "check-out", left)
		if err != nil && !r.left && r.acceptedStatus != booking.Completed { // once an early check-out is accepted, the stay can no longer be cancelled
			return err
		}
		_ = workflow.Await(r.ctx, func() bool { return r.left || r.acceptedStatus != booking.Completed })
		r.awaitChange(r.ctx)
		if r.left || !workflow.Now(ctx).Before(r.in.CheckOutAt()) {
			break
		}
	}
	r.endStay()
	return r.becomeStable(r.ctx, booking.Completed, booking.ReservationStatusChanged, r.finishDecision)
}

// endStay reports to the inventory that the guests have left. The inventory releases the unused
// nights, and endStay refunds them as far as the policy allows. A stay that lasts until check-out
// has no unused nights. The inventory ends a stay once: after a reset it returns the nights that it
// released the first time.
func (r *reservation) endStay() {
	end := booking.StayEnd{
		Hold: r.hold(), Left: r.leftAt, CheckInTime: r.in.Place.CheckInTime, TimeZone: r.in.Place.TimeZone,
		Begins: r.in.CheckInAt(),
	}
	if end.Left.IsZero() {
		end.Left = r.in.CheckOutAt()
	}
	var freed booking.Freed
	r.retryUntilDone(r.ctx, call{name: "end stay", queue: contract.InventoryQueue, quick: quickStep, do: inventory.EndStay, with: end}, &freed)
	stay := *r.view.Stay
	stay.Freed = freed.Nights
	r.view.Stay, r.remained = &stay, freed.Remaining
	if due := r.view.DepartureDue(); due > 0 {
		r.refundNights(due)
	}
}

// registerDecisions registers the decisions of the owner, the customer and staff.
func (r *reservation) registerDecisions() {
	r.onUpdate(contract.ConfirmUpdate, "The owner accepts the reservation", r.mayConfirm, r.confirm)
	r.onUpdate(contract.RejectUpdate, "The owner rejects the reservation", r.mayConfirm, r.reject)
	r.onUpdate(contract.CancelUpdate, "The customer cancels the reservation", r.mayCancelStay, r.cancel)
	r.onUpdate(contract.NoShowUpdate, "The guests have not come", r.mayNoShow, r.noShow)
	r.onUpdate(contract.CompleteUpdate, "The guests have checked out early", r.mayComplete, r.complete)
}

func (r *reservation) mayConfirm(at time.Time) error {
	return cmp.Or(r.hasToDecide(), r.knewOfChanges(at))
}

func (r *reservation) confirm(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	if m := r.changeToDecide(); m != nil {
		return r.ownerDecidesChange(ctx, m, true, d)
	}
	r.acceptedStatus, r.ownerDecision = booking.Confirmed, d
	record(ctx, "confirmed by the owner")
	r.confirmed = true
	_ = workflow.Await(ctx, func() bool { return r.stableStatus != booking.AwaitingOwner })
	return r.answer(booking.Confirmed)
}

func (r *reservation) reject(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	if m := r.changeToDecide(); m != nil {
		return r.ownerDecidesChange(ctx, m, false, d)
	}
	return r.cancelFor(ctx, booking.RejectedByOwner, d)
}

func (r *reservation) mayCancelStay(at time.Time) error {
	return booking.MayCancelStay(r.statusForDecisions(), at, r.in.CheckInAt())
}

func (r *reservation) mayNoShow(at time.Time) error {
	return booking.MaySayNoShow(r.statusForDecisions(), at, r.in.CheckInAt())
}

func (r *reservation) noShow(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	return r.cancelFor(ctx, booking.NoShow, d)
}

func (r *reservation) mayComplete(at time.Time) error {
	return booking.MayCheckOut(r.statusForDecisions(), at, r.in.CheckInAt())
}

func (r *reservation) complete(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	r.acceptedStatus, r.finishDecision, r.leftAt = booking.Completed, d, d.At.UTC().Truncate(time.Microsecond)
	record(ctx, "checked out early")
	r.left = true
	return r.awaitEnd(ctx, booking.Completed)
}
