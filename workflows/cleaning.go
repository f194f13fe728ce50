package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Cleaning is the saga of one call for a cleaner. It runs until the cleaning is done, or
// until the call is cancelled, nothing is charged and no cleaner is assigned. It returns
// the call's last view, and fails only by a defect.
func Cleaning(ctx workflow.Context, in contract.Cleaning) (contract.View, error) {
	v := &visit{in: in}
	story, err := v.begin(ctx, in.Order, in, facts{
		placed: booking.CallPlaced, undone: booking.AssignmentCanceled, cancelled: booking.CallCanceled,
	})
	if err != nil {
		return contract.View{}, err
	}
	v.cleaner = v.view.Cleaner()                                       // only the call of a lost workflow has one here
	v.undos = slices.Concat([]undo{v.unregister()}, v.undosOfCharge(), // in the order of their steps
		[]undo{v.cancelAssignment(), v.withdrawNotice(v.confirmation), v.withdrawNotice(v.introduction), v.withdrawNotice(v.errand)})
	v.registerDecisions()
	return v.run(story, v.story)
}

type visit struct {
	saga
	in      contract.Cleaning
	cleaner *booking.Cleaner // the assigned cleaner; nil until there is one
	cleaned bool             // the cleaner has reported it, and that is recorded
}

// story is the course of a call without failures. The call is registered while the customer
// waits, and charged only then, if it has a price. After that it waits in the queue of the
// assignment service until a cleaner is free, without a limit.
func (v *visit) story(ctx workflow.Context) error {
	if err := v.register(ctx); err != nil {
		return err
	}
	if err := v.charge(ctx, booking.Calling); err != nil {
		return err
	}
	if err := v.assign(ctx); err != nil {
		return err
	}
	return v.cleanerCleans(ctx, v.sendNoticesBeside(ctx, v.confirmation(), v.introduction(), v.errand()))
}

func (v *visit) register(ctx workflow.Context) error {
	_, err := v.stepNow(ctx, step{
		call: call{name: "register call", queue: contract.ManagementQueue, quick: quickStep, do: management.RegisterCall, with: v.inTimeCall()},
		undo: v.unregister(),
	}, booking.NotRegistered)
	return err
}

func (v *visit) unregister() undo {
	return undo{
		call:     call{name: "unregister call", queue: contract.ManagementQueue, quick: quickStep, do: management.UnregisterCall},
		argument: func(reason booking.Reason) any { return v.call(reason) },
		onDone:   func(found booking.Undo) { v.freeTookEffect = found.Acted },
	}
}

func (v *visit) call(reason booking.Reason) booking.Call {
	return booking.Call{
		OrderID: v.in.OrderID, CustomerID: v.in.CustomerID, PlacedBy: v.in.PlacedBy, Tel: v.in.Tel, Location: v.in.Location, Reason: reason,
	}
}

// inTimeCall is the call as a forward step sends it: marked if it is too late for the step.
func (v *visit) inTimeCall() booking.Call {
	c := v.call("")
	c.Late, c.Reason = v.tooLate()
	return c
}

// assign requests a cleaner. If none is free, the call waits in the queue of the assignment
// service, which assigns the next free one and sends a signal.
func (v *visit) assign(ctx workflow.Context) error {
	outcome, err := v.step(ctx, step{
		call: call{name: "assign cleaner", queue: contract.FulfilmentQueue, quick: quickStep, do: assignment.AssignCleaner, with: v.inTimeCall()},
		undo: v.cancelAssignment(),
	})
	if err != nil {
		return err
	}
	v.handedOver = true // the call has no deadline any more: it waits for a cleaner
	if v.cleaner == nil {
		v.cleaner = outcome.Cleaner
	}
	if v.cleaner == nil {
		v.markStable()
		if err := v.waitForCleaner(ctx); err != nil {
			return err
		}
	}
	v.show(v.cleaner)
	return v.becomeStable(ctx, booking.Assigned, booking.CleanerAssigned, contract.Decision{})
}

func (v *visit) waitForCleaner(ctx workflow.Context) error {
	v.waitFor("a free cleaner")
	found := func() bool { return v.cleaner != nil }
	v.expect(ctx, v.policy.AssignWithin, "a cleaner is free", found)
	if err := workflow.Await(ctx, found); err != nil {
		return err
	}
	v.otherCause = false
	v.clearAttention()
	return nil
}

func (v *visit) cancelAssignment() undo {
	return undo{
		call:     call{name: "cancel assignment", queue: contract.FulfilmentQueue, quick: quickStep, do: assignment.CancelAssignment},
		argument: func(reason booking.Reason) any { return v.call(reason) },
		onDone:   func(booking.Undo) { v.show(nil) },
	}
}

func (v *visit) show(cleaner *booking.Cleaner) {
	v.view.Cleaning = &contract.Visit{Location: v.in.Location, Cleaner: cleaner}
	v.changed()
}

// confirmation notifies the customer that the call is confirmed, introduction which cleaner
// comes.
func (v *visit) confirmation() notice {
	return notice{
		name: "notify customer of the confirmation", key: contract.ConfirmationNotice, recipientID: v.in.CustomerID,
		messageType: booking.CallConfirmedMessage, withdrawalType: booking.CallCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer},
	}
}

func (v *visit) introduction() notice {
	n := notice{
		name: "notify customer who comes", key: contract.IntroductionNotice, recipientID: v.in.CustomerID,
		messageType: booking.CleanerAssignedMessage, withdrawalType: booking.AssignmentCancelledMessage,
		data: booking.MessageData{For: booking.ForCustomer},
	}
	if v.cleaner != nil {
		n.data.Cleaner = v.cleaner.Name
	}
	return n
}

// errand notifies the cleaner of the assignment. The customer's location and telephone
// number are not in the message: they are shown with the assignment, only while it lasts.
func (v *visit) errand() notice {
	n := notice{
		name: "notify cleaner", key: contract.CleanerNotice,
		messageType: booking.CallAssignedMessage, withdrawalType: booking.CallCancelledMessage,
		data: booking.MessageData{For: booking.ForCleaner, CustomerID: v.in.CustomerID},
	}
	if v.cleaner != nil { // without a cleaner the notice is only withdrawn, from the recipient that the service has stored
		n.recipientID = v.cleaner.ID
	}
	return n
}

// cleanerCleans waits until the work is done. After CleanWithin the call needs attention.
func (v *visit) cleanerCleans(ctx workflow.Context, sending *sendingNotices) error {
	v.waitFor("the cleaner")
	v.expect(ctx, v.policy.CleanWithin, "the cleaner finishes", func() bool { return v.cleaned || sending.failed != nil })
	err := v.finishWithNotices(ctx, sending, func() bool { return v.cleaned }, call{
		name: "finish cleaning", queue: contract.FulfilmentQueue, quick: quickStep, do: assignment.FinishCleaning, with: v.in.OrderID,
	})
	if err != nil {
		return err
	}
	defer v.awaitSent(sending)
	return v.becomeStable(v.ctx, booking.Completed, booking.CleaningCompleted, v.finishDecision)
}

// registerDecisions registers the decisions of the customer and the cleaner, and the signal of
// the assignment service.
func (v *visit) registerDecisions() {
	v.onUpdate(contract.CancelUpdate, "The customer cancels the call", v.mayCancel, v.cancel)
	v.onUpdate(contract.CompleteUpdate, "The cleaner has finished", v.mayFinish, v.finished)
	workflow.Go(v.ctx, v.handleAssignment)
}

func (v *visit) mayFinish(time.Time) error {
	return booking.MayFinish(v.statusForDecisions())
}

func (v *visit) finished(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	v.acceptedStatus, v.finishDecision = booking.Completed, d
	record(ctx, "finished by the cleaner")
	v.cleaned = true
	return v.awaitEnd(ctx, booking.Completed)
}

func (v *visit) handleAssignment(ctx workflow.Context) {
	cleaner := receiveValid(ctx, contract.AssignedSignal, contract.ValidCleaner)
	if v.cleaner == nil {
		v.cleaner = &cleaner
	}
}
