package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Lodging is the saga of one reservation, from the customer's request until
// check-out or until it is cancelled and nothing is charged or held any more.
// It answers the reservation's last view; it fails only by a defect.
func Lodging(ctx workflow.Context, in contract.Lodging) (contract.View, error) {
	r := &reservation{in: in}
	story := r.begin(ctx, in.View(), in.RequestHash, in.Policy)
	r.deadline = in.CheckOutAt()
	r.undos = []undo{r.refund(), r.releaseStock(), r.withdrawNotice()} // of the steps, in their order
	r.undone, r.cancelEvent = r.tellUndone, booking.ReservationCanceled
	r.takeDecisions()
	return r.tell(story, r.story)
}

type reservation struct {
	saga
	in contract.Lodging

	// taken is what has been decided and may not be carried out yet.
	taken     booking.Status
	confirmed bool // the owner did, and it is recorded
	left      bool // the guests checked out early, and it is recorded
	refunded  bool // what was charged has been given back
	ownerNote string
}

// story is how a reservation goes when all goes well. What breaks it off, a
// refusal or a cancellation, undoes what was done so far.
func (r *reservation) story(ctx workflow.Context) error {
	if err := r.charge(ctx); err != nil {
		return err
	}
	if err := r.holdStock(ctx); err != nil {
		return err
	}
	if err := r.notifyOwner(ctx); err != nil {
		return err
	}
	if err := r.ownerDecides(ctx); err != nil {
		return err
	}
	return r.guestsStay(ctx)
}

func (r *reservation) charge(ctx workflow.Context) error {
	charge := r.payment()
	charge.Late = !workflow.Now(ctx).Before(r.deadline) // nobody pays for a stay that is over
	err := r.step(ctx, step{
		call:    call{name: "charge payment", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.ChargePayment, with: charge},
		undo:    r.refund(),
		pending: booking.PaymentPending,
	})
	if isRefusal(err, booking.PaymentDeclined) {
		r.emit(booking.PaymentDeclinedEvent)
	}
	if err != nil {
		return err
	}
	r.become(booking.Paid, "", "")
	r.paid()
	return nil
}

func (r *reservation) refund() undo {
	return undo{
		call:    call{name: "refund payment", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.RefundPayment},
		because: func(why booking.Reason) any { c := r.payment(); c.Why = why; return c },
		then:    func(found booking.Undo) { r.refunded = found.Acted },
	}
}

func (r *reservation) payment() booking.Charge {
	return booking.Charge{Key: r.in.OrderID + "/charge", OrderID: r.in.OrderID, Amount: r.in.Amount, Method: r.in.PaymentMethod}
}

// paid tells the world, once, that the reservation came into being.
func (r *reservation) paid() {
	if !r.view.Placed {
		r.view.Placed = true
		r.emit(booking.ReservationPlaced)
		r.emit(booking.PaymentApproved)
	}
}

// tellUndone tells the world of the way back, in the order in which the way
// there was told, whichever life of the workflow went it.
func (r *reservation) tellUndone() {
	if r.refunded {
		r.paid() // which may not have been known until now
	}
	if r.view.Placed {
		r.emit(booking.ReservationCancelConfirmed)
	}
	if r.refunded {
		r.emit(booking.PaymentCancelApproved)
	}
}

func (r *reservation) holdStock(ctx workflow.Context) error {
	err := r.step(ctx, step{
		call: call{name: "hold stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: r.hold()},
		undo: r.releaseStock(),
	})
	if err != nil {
		return err
	}
	r.emit(booking.ReservationConfirmed)
	return nil
}

func (r *reservation) releaseStock() undo {
	return undo{
		call:    call{name: "release stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ReleaseStock},
		because: func(why booking.Reason) any { h := r.hold(); h.Why = why; return h },
	}
}

func (r *reservation) hold() booking.Hold {
	return booking.Hold{
		Key: r.in.OrderID + "/hold", OrderID: r.in.OrderID, PlaceID: r.in.Place.ID,
		From: r.in.CheckIn, To: r.in.CheckOut, Rooms: r.in.Rooms,
	}
}

func (r *reservation) notifyOwner(ctx workflow.Context) error {
	return r.step(ctx, step{
		call: call{name: "notify owner", queue: contract.NotificationsQueue, quick: quickStep, do: notifications.NotifyOwner, with: r.notice()},
		undo: r.withdrawNotice(),
	})
}

func (r *reservation) withdrawNotice() undo {
	return undo{
		call: call{name: "tell owner it is off", queue: contract.NotificationsQueue, quick: quickStep, do: notifications.WithdrawNotice},
		because: func(why booking.Reason) any {
			off := r.message("withdrawal", "reservation_cancelled", "Cancelled ("+string(why)+"): "+r.inWords())
			return activities.Withdrawal{Key: r.notice().Key, Message: off, Why: why}
		},
	}
}

func (r *reservation) notice() booking.Message {
	if r.in.Place.Confirmation == booking.Manual {
		return r.message("notice", "reservation_to_decide", "Please confirm or reject within "+r.in.Place.ConfirmWithin.String()+": "+r.inWords())
	}
	return r.message("notice", "reservation_placed", "New reservation: "+r.inWords())
}

// ownerDecides waits for the owner where the place asks for it. Silence is a
// no, so that nobody's money waits for ever.
func (r *reservation) ownerDecides(ctx workflow.Context) error {
	if r.in.Place.Confirmation == booking.Manual {
		r.waitFor("the owner's decision")
		if err := r.rest(ctx, booking.AwaitingOwner, booking.ReservationStatusChanged, ""); err != nil {
			return err //replay:never abandoned in the very task in which the notice was done
		}
		patience := min(time.Duration(r.in.Place.ConfirmWithin), r.in.CheckOutAt().Sub(workflow.Now(ctx)))
		decided, err := await(ctx, patience, "owner decides", func() bool { return r.confirmed })
		if err != nil {
			return err
		}
		if err := r.heed(ctx); err != nil {
			return err //replay:never a worker died in the milliseconds in which a decision is recorded
		}
		if !decided && r.taken != booking.Confirmed {
			return &refusal{booking.OwnerTimeout}
		}
		// A decision that was taken in time counts, though it is still being recorded.
		if err := workflow.Await(ctx, func() bool { return r.confirmed }); err != nil {
			return err //replay:never cancelled within the moment in which that was recorded
		}
	}
	r.waitFor("check-out")
	return r.rest(ctx, booking.Confirmed, booking.ReservationStatusChanged, r.ownerNote)
}

// guestsStay is the longest part: until check-out, or until the guests leave
// early.
func (r *reservation) guestsStay(ctx workflow.Context) error {
	untilCheckOut := r.in.CheckOutAt().Sub(workflow.Now(ctx))
	if _, err := await(ctx, untilCheckOut, "check-out", func() bool { return r.left }); err != nil {
		return err
	}
	if err := r.heed(ctx); err != nil {
		return err //replay:never a worker died in the milliseconds in which a decision is recorded
	}
	r.waitFor("")
	return r.rest(ctx, booking.Completed, booking.ReservationStatusChanged, "")
}

// takeDecisions lets owner, customer and staff decide on the reservation.
func (r *reservation) takeDecisions() {
	r.onUpdate(contract.ConfirmUpdate, "The owner accepts the reservation", r.mayConfirm, r.confirm)
	r.onUpdate(contract.RejectUpdate, "The owner rejects the reservation", r.mayConfirm, r.reject)
	r.onUpdate(contract.CancelUpdate, "The customer cancels the reservation", r.mayCancel, r.cancel)
	r.onUpdate(contract.CompleteUpdate, "The guests have checked out early", r.mayComplete, r.complete)
}

func (r *reservation) mayConfirm() error {
	return booking.MayConfirm(r.standing()) //replay:never validators do not run in a replay
}

func (r *reservation) confirm(ctx workflow.Context, note string) (contract.View, error) {
	r.taken, r.ownerNote = booking.Confirmed, note
	record(ctx, "confirmed by the owner")
	r.confirmed = true
	_ = workflow.Await(ctx, func() bool { return r.rested != booking.AwaitingOwner })
	return r.answer(booking.Confirmed)
}

func (r *reservation) reject(ctx workflow.Context, note string) (contract.View, error) {
	return r.giveUp(ctx, booking.RejectedByOwner, note)
}

func (r *reservation) mayCancel() error {
	return booking.MayCancel(r.standing(), workflow.Now(r.ctx), r.in.CheckInAt()) //replay:never validators do not run in a replay
}

func (r *reservation) cancel(ctx workflow.Context, note string) (contract.View, error) {
	return r.giveUp(ctx, booking.ByCustomer, note)
}

func (r *reservation) mayComplete() error {
	return booking.MayComplete(r.standing(), workflow.Now(r.ctx), r.in.CheckInAt()) //replay:never validators do not run in a replay
}

func (r *reservation) complete(ctx workflow.Context, _ string) (contract.View, error) {
	r.taken = booking.Completed
	record(ctx, "checked out early")
	r.left = true
	return r.over(ctx, booking.Completed)
}

// standing is where the reservation stands for one who wants to decide: what
// has been decided counts, though it may not have been carried out yet.
func (r *reservation) standing() booking.Status {
	return booking.Standing(r.view.Status, r.asked, r.taken) //replay:never for validators only
}

// inWords is the reservation in a line, for messages and summaries.
func (r *reservation) inWords() string {
	return fmt.Sprintf("%d × %s, %s to %s, for %s", r.in.Rooms, r.in.Place.Name, r.in.CheckIn, r.in.CheckOut, r.in.CustomerID)
}

func (r *reservation) message(key, kind, text string) booking.Message {
	return booking.Message{
		Key: r.in.OrderID + "/" + key, OrderID: r.in.OrderID, RecipientID: r.in.Place.OwnerID,
		Type: kind, Text: text, At: workflow.Now(r.ctx),
	}
}
