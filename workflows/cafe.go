package workflows

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Cafe is the saga of one order of a drink. It runs until the drink is handed over, or
// until the order is cancelled and nothing is charged, held or produced. It returns the
// order's last view, and fails only by a defect.
func Cafe(ctx workflow.Context, in contract.Cafe) (contract.View, error) {
	c := &cup{in: in}
	story, err := c.begin(ctx, in.Order, in, facts{
		placed: booking.OrderPlaced, undone: booking.ProductionCanceled, cancelled: booking.OrderCanceled,
	})
	if err != nil {
		return contract.View{}, err
	}
	c.ends = in.DayEnds()
	// In the order of their steps.
	c.undos = slices.Concat([]undo{c.releaseDrink()}, c.undosOfCharge(), []undo{c.withdrawNotice(c.notice), c.cancelProduction()})
	c.registerDecisions()
	c.registerChanges()
	c.recoverDiscarded = func(ctx workflow.Context) {
		c.findForgottenChanges(ctx, c.hold, c.applyForgotten, booking.InProduction)
	}
	return c.run(story, c.story)
}

// cup is one order, of one or more cups.
type cup struct {
	saga
	in     contract.Cafe
	served bool                 // the café has reported it, and that is recorded
	before *booking.HoldChanges // the changes that a forgotten run has made, as the hold says
}

// story is the course of an order without failures. The drink is held while the customer
// waits, and charged only then. Once it is paid, the café is notified and production
// starts, as soon as their services answer.
func (c *cup) story(ctx workflow.Context) error {
	if err := c.holdDrink(ctx); err != nil {
		return err
	}
	if err := c.charge(ctx, booking.Paid); err != nil {
		return err
	}
	sending := c.sendNoticesBeside(ctx, c.notice())
	if err := c.startProduction(ctx); err != nil {
		return err
	}
	return c.cafeServes(ctx, sending)
}

func (c *cup) notice() notice {
	return notice{
		name: "notify café", key: contract.OwnerNotice, recipientID: c.in.Drink.OwnerID,
		messageType: booking.OrderPlacedMessage, withdrawalType: booking.OrderCancelledMessage,
		data: booking.MessageData{
			For: booking.ForOwner, Item: c.in.Drink.Name, Quantity: c.in.Quantity, Date: c.in.Drink.Date, CustomerID: c.in.CustomerID,
		},
	}
}

func (c *cup) holdDrink(ctx workflow.Context) error {
	hold := c.hold()
	hold.Late, hold.Reason = c.tooLate()
	held, err := c.stepNow(ctx, step{
		call: call{name: "hold drink", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: hold},
		undo: c.releaseDrink(),
	}, booking.CafeUnavailable)
	c.held, c.before = held.Remaining, held.Changed
	return err
}

func (c *cup) releaseDrink() undo {
	return undo{
		call:     call{name: "release drink", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ReleaseStock},
		argument: func(reason booking.Reason) any { h := c.hold(); h.Reason = reason; return h },
		onDone: func(found booking.Undo) {
			c.freeTookEffect, c.released = found.Acted, cmp.Or(found.Remaining, c.released)
			c.showLast(found.Changed, c.decodeChange)
		},
	}
}

func (c *cup) hold() booking.Hold {
	return booking.Hold{
		Key: contract.HoldKey(c.in.OrderID), OrderID: c.in.OrderID, ItemID: c.in.Drink.ID,
		From: c.in.Drink.Date, To: c.in.Drink.Date.AddDays(1), Quantity: c.in.Quantity,
	}
}

func (c *cup) startProduction(ctx workflow.Context) error {
	production := c.production()
	production.Late, production.Reason = c.tooLate()
	_, err := c.step(ctx, step{
		call: call{name: "start production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.StartProduction, with: production},
		undo: c.cancelProduction(),
	})
	if err != nil {
		return err
	}
	c.handedOver = true // the order has no deadline any more: it waits for the café
	c.show(booking.JobStarted)
	c.applyForgotten(c.ctx, c.before)
	return c.becomeStable(ctx, booking.InProduction, booking.ProductionStarted, contract.Decision{})
}

func (c *cup) cancelProduction() undo {
	return undo{
		call:     call{name: "cancel production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.CancelProduction},
		argument: func(reason booking.Reason) any { p := c.production(); p.Reason = reason; return p },
		onDone:   func(booking.Undo) { c.show(booking.JobCancelled) },
	}
}

func (c *cup) production() booking.Job {
	return booking.Job{
		OrderID: c.in.OrderID, OwnerID: c.in.Drink.OwnerID,
		Item: booking.Item{ID: c.in.Drink.ID, Name: c.in.Drink.Name}, Quantity: c.in.Quantity,
	}
}

func (c *cup) show(s booking.JobStatus) {
	p := contract.Production{Date: c.in.Drink.Date.String()}
	if c.view.Production != nil {
		p = *c.view.Production
	}
	p.Status = s
	c.view.Production = &p
	c.changed()
}

// cafeServes waits until the drinks are handed over. The order needs attention after
// ServeWithin, counted from the beginning of the drink's day or from now, whichever is
// later. At the end of the drink's day plus ServeAfterDay the order is cancelled, since the
// customer no longer comes for the drink.
func (c *cup) cafeServes(ctx workflow.Context, sending *sendingNotices) error {
	c.waitFor("the café")
	ended := func() bool { return c.served || sending.failed != nil }
	now, lastCall := workflow.Now(ctx), c.ends.Add(time.Duration(c.policy.ServeAfterDay))
	slow := max(0, c.in.DayBegins().Sub(now)) + time.Duration(c.policy.ServeWithin)
	if slow < lastCall.Sub(now) {
		c.expect(ctx, booking.Duration(slow), "the café hands over", ended)
	}
	// finishWithNotices returns the error if the order is cancelled here.
	_ = c.awaitPersonOrCancel(ctx, lastCall.Sub(workflow.Now(ctx)), "the drink's day", ended, booking.TooLate)
	if c.served {
		c.awaitChange(c.ctx)
	}
	err := c.finishWithNotices(ctx, sending, func() bool { return c.served }, call{
		name: "finish production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.FinishProduction, with: c.in.OrderID,
	})
	if err != nil {
		return err
	}
	defer c.awaitSent(sending)
	c.show(booking.JobCompleted)
	return c.becomeStable(c.ctx, booking.Completed, booking.ProductionCompleted, c.finishDecision)
}

// registerDecisions registers the decisions of the customer and the café.
func (c *cup) registerDecisions() {
	c.onUpdate(contract.CancelUpdate, "The customer cancels the order", c.mayCancel, c.cancel)
	c.onUpdate(contract.CompleteUpdate, "The café has handed the order over", c.mayServe, c.serve)
	workflow.Go(c.ctx, c.handleDeletion)
}

func (c *cup) mayServe(time.Time) error {
	return booking.MayServe(c.statusForDecisions())
}

func (c *cup) serve(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	c.acceptedStatus, c.finishDecision = booking.Completed, d
	record(ctx, "handed over by the café")
	c.served = true
	return c.awaitEnd(ctx, booking.Completed)
}

// handleDeletion cancels the order when its drink is deleted. The cancellation is recorded
// first, like one of the workflow: see recordCancellation.
func (c *cup) handleDeletion(ctx workflow.Context) {
	force := receiveValid(ctx, contract.ForceCancelSignal, contract.ValidForce)
	if c.cancelRequested == "" && c.acceptedStatus == "" {
		c.recordAndCancel(ctx, "cancelled for ", force.Reason, contract.Decision{By: force.By})
	}
}
