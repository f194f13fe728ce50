package workflows

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Cafe is the saga of one order of a drink, from the customer's request until
// it was handed over or until it is cancelled and nothing is charged, held or
// made any more. It answers the order's last view; it fails only by a defect.
func Cafe(ctx workflow.Context, in contract.Cafe) (contract.View, error) {
	c := &cup{in: in}
	story, err := c.begin(ctx, in.Order, in, facts{
		placed: booking.OrderPlaced, undone: booking.ProductionCanceled, cancelled: booking.OrderCanceled,
	})
	if err != nil {
		return contract.View{}, err
	}
	c.ends = in.DayEnds()
	c.undos = slices.Concat([]undo{c.putBack()}, c.refunds(), []undo{c.takeBack(c.notice), c.cancelProduction()}) // of the steps, in their order
	c.takeDecisions()
	c.takeChanges()
	c.forgotten = func(ctx workflow.Context) { c.lookForChanges(ctx, c.hold, c.learn, booking.InProduction) }
	return c.tell(story, c.story)
}

// cup is one order, of however many cups.
type cup struct {
	saga
	in     contract.Cafe
	served bool                 // the café says so, and it is recorded
	before *booking.HoldChanges // what a life of this workflow that is not remembered has changed
}

// story is how an order of a drink goes when all goes well. The customer waits
// for the drink to be held, and is charged only then; once it is paid the
// order stands, and the café and its kitchen are told when they listen.
func (c *cup) story(ctx workflow.Context) error {
	if err := c.holdDrink(ctx); err != nil {
		return err
	}
	if err := c.charge(ctx, booking.Paid); err != nil {
		return err
	}
	telling := c.tellBeside(ctx, c.notice())
	if err := c.startProduction(ctx); err != nil {
		return err
	}
	return c.cafeServes(ctx, telling)
}

func (c *cup) notice() notice {
	return notice{
		name: "tell café", key: contract.OwnerNotice, recipientID: c.in.Drink.OwnerID,
		tells: booking.OrderPlacedMessage, off: booking.OrderCancelledMessage,
		data: booking.MessageData{
			For: booking.ForOwner, Item: c.in.Drink.Name, Quantity: c.in.Quantity, Date: c.in.Drink.Date, CustomerID: c.in.CustomerID,
		},
	}
}

func (c *cup) holdDrink(ctx workflow.Context) error {
	hold := c.hold()
	hold.Late, hold.Why = c.tooLate()
	held, err := c.stepNow(ctx, step{
		call: call{name: "hold drink", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: hold},
		undo: c.putBack(),
	}, booking.CafeUnavailable)
	c.held, c.before = held.Remaining, held.Changed
	return err
}

func (c *cup) putBack() undo {
	return undo{
		call:    call{name: "put drink back", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ReleaseStock},
		because: func(why booking.Reason) any { h := c.hold(); h.Why = why; return h },
		then: func(found booking.Undo) {
			c.came, c.released = found.Acted, cmp.Or(found.Remaining, c.released)
			c.showLast(found.Changed, c.remembered)
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
	production.Late, production.Why = c.tooLate()
	_, err := c.step(ctx, step{
		call: call{name: "start production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.StartProduction, with: production},
		undo: c.cancelProduction(),
	})
	if err != nil {
		return err
	}
	c.handedOver = true // from here on it waits for the café, and messages for nobody
	c.show(booking.JobStarted)
	c.learn(c.ctx, c.before)
	return c.rest(ctx, booking.InProduction, booking.ProductionStarted, contract.Decision{})
}

func (c *cup) cancelProduction() undo {
	return undo{
		call:    call{name: "cancel production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.CancelProduction},
		because: func(why booking.Reason) any { p := c.production(); p.Why = why; return p },
		then:    func(booking.Undo) { c.show(booking.JobCancelled) },
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

// cafeServes waits until the drinks were handed over. A kitchen that takes long
// makes the order need attention. One that has not said so by the end of the
// drink's day, and some hours more, never will: nobody comes for the drink any
// more, and it is given up.
func (c *cup) cafeServes(ctx workflow.Context, telling *telling) error {
	c.waitFor("the café")
	over := func() bool { return c.served || telling.failed != nil }
	now, lastCall := workflow.Now(ctx), c.ends.Add(time.Duration(c.policy.ServeAfterDay))
	slow := max(0, c.in.DayBegins().Sub(now)) + time.Duration(c.policy.ServeWithin)
	if slow < lastCall.Sub(now) {
		c.expect(ctx, booking.Duration(slow), "the café hands over", over)
	}
	// An order that is given up here ends in finishTold, as any other that is abandoned.
	_ = c.awaitPersonOrGiveUp(ctx, lastCall.Sub(workflow.Now(ctx)), "the drink's day", over, booking.TooLate)
	if c.served {
		c.awaitChange(c.ctx)
	}
	err := c.finishTold(ctx, telling, func() bool { return c.served }, call{
		name: "finish production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.FinishProduction, with: c.in.OrderID,
	})
	if err != nil {
		return err
	}
	defer c.told(telling)
	c.show(booking.JobCompleted)
	return c.rest(c.ctx, booking.Completed, booking.ProductionCompleted, c.ending)
}

// takeDecisions lets the customer and the café decide on the order.
func (c *cup) takeDecisions() {
	c.onUpdate(contract.CancelUpdate, "The customer cancels the order", c.mayCancel, c.cancel)
	c.onUpdate(contract.CompleteUpdate, "The café has handed the order over", c.mayServe, c.serve)
	workflow.Go(c.ctx, c.heedDeletion)
}

func (c *cup) mayServe(time.Time) error {
	return booking.MayServe(c.standing())
}

func (c *cup) serve(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	c.taken, c.ending = booking.Completed, d
	record(ctx, "handed over by the café")
	c.served = true
	return c.over(ctx, booking.Completed)
}

// heedDeletion gives the order up when its drink is taken off the menu. That is
// recorded first, like a cancellation of the workflow: see recordCancellation.
func (c *cup) heedDeletion(ctx workflow.Context) {
	force := heard(ctx, contract.ForceCancelSignal, contract.Forces)
	if c.asked == "" && c.taken == "" {
		c.recordAndAbandon(ctx, "cancelled for ", force.Why, contract.Decision{By: force.By})
	}
}
