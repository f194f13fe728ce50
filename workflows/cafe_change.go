package workflows

import (
	"encoding/json"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refill is a change of the ordered quantity of drinks that is under way.
type refill struct {
	change
	to    contract.QuantityChange
	quote contract.QuantityQuote
}

// takeChanges registers the update by which the customer changes the quantity.
func (c *cup) takeChanges() {
	onChange(&c.saga, "The customer changes how many are ordered", func(q contract.QuantityChange) error {
		_, err := c.mayChange(q)
		return err
	}, c.change)
}

// mayChange is the quote of a change, or the error for which the change is not allowed.
func (c *cup) mayChange(to contract.QuantityChange) (q contract.QuantityQuote, err error) {
	if err := to.Check(); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	now := workflow.Now(c.ctx)
	if err := booking.MayChangeCups(c.statusForDecisions(), now, c.in.DayBegins()); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	if err := c.mayBegin(to.Asked); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	if q, err = c.view.QuoteQuantity(to, now, c.in.DayBegins()); err == nil {
		err = q.AsChangeQuoted(to.Asked)
	}
	return q, err
}

// change handles a change of the quantity, and returns when it is made or refused.
func (c *cup) change(ctx workflow.Context, to contract.QuantityChange) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	quote, err := c.mayChange(to)
	if err != nil {
		return contract.View{}, c.asUpdateError(err) //replay:never another change would have to come in the very task
	}
	return c.beginChange(ctx, &c.refillTo(to, quote).change, "the quantity is changed")
}

func (c *cup) refillTo(to contract.QuantityChange, quote contract.QuantityQuote) *refill {
	r := &refill{to: to, quote: quote}
	written := to
	written.Asked = to.Unpaid()
	r.change = change{
		Asked: to.Asked, costs: quote.Difference, at: c.now(), hide: c.hideRefill,
		agreed: agreement[contract.QuantityChange, contract.QuantityQuote]{written, quote}.text(),
		holds: func(why booking.Reason) booking.HoldChange {
			wants := c.hold().DailyQuantity()
			wants.Quantity = to.Quantity
			return c.holdChange(c.hold(), &r.change, wants, why)
		},
		do:     func(ctx workflow.Context) error { return c.refill(ctx, r) },
		shows:  func() { c.isFor(r) },
		made:   func() { c.refilled(r) },
		back:   func() bool { return c.undoRefill(r) },
		refuse: func(err error) { c.notRefilled(r, err) },
	}
	return r
}

// refill holds what the new quantity needs, charges the difference, and changes the
// production. Only then it releases what is no longer needed.
func (c *cup) refill(ctx workflow.Context, r *refill) error {
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned while the change is recorded
	}
	c.showRefill(r)
	if err := c.holdMore(ctx, &r.change, c.learn); err != nil {
		return err
	}
	if err := c.chargeMore(ctx, &r.change); err != nil {
		return err
	}
	if err := c.makeOther(ctx, r); err != nil {
		return err
	}
	return c.makeHeld(&r.change)
}

// makeOther changes the quantity that is produced.
func (c *cup) makeOther(ctx workflow.Context, r *refill) error {
	return stepped(c.changeStep(ctx, call{
		name: "change production", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.ChangeProduction, with: c.jobChange(r, ""),
	}, booking.CafeUnavailable))
}

func (c *cup) jobChange(r *refill, why booking.Reason) booking.JobChange {
	j := booking.JobChange{Job: c.production(), Key: booking.ChangeKey(c.in.OrderID, r.ID)}
	j.Quantity, j.Why = r.to.Quantity, why
	return j
}

// undoRefill releases what was held, changes the production back, and refunds what was or may
// have been charged. It reports whether the change was made before: then it stays.
func (c *cup) undoRefill(r *refill) (made bool) {
	if !completesMadeChanges(r.ctx) {
		c.makeAsBefore(r)
		c.dropHeld(&r.change)
	} else if c.dropHeld(&r.change) {
		return true
	} else {
		c.makeAsBefore(r)
	}
	c.resolveCharge(&r.change)
	return false
}

// makeAsBefore changes the production back.
func (c *cup) makeAsBefore(r *refill) {
	var back booking.Undo
	c.retryUntilDone(r.ctx, call{
		name: "change production back", queue: contract.FulfilmentQueue, quick: quickStep, do: productions.ChangeProductionBack,
		with: c.jobChange(r, booking.ByCustomer),
	}, &back)
}

// refilled completes the change of the quantity. The refund is in the ledger before the
// order's price is reduced.
func (c *cup) refilled(r *refill) {
	refund := c.beginRefundOf(&r.change, r.quote.Refund)
	c.isFor(r)
	c.emitWith(booking.OrderChanged, r.remaining, r.ID)
	c.notifyOfRefill(booking.ForOwner, c.in.Drink.OwnerID, r)
	if r.ForCustomer {
		c.notifyOfRefill(booking.ForCustomer, c.in.CustomerID, r)
	}
	c.noteDecision(r.ctx, contract.Entry{Decision: contract.ChangeUpdate, By: r.By})
	c.makeRefund(refund)
}

// isFor sets the order's quantity and price to those of the change.
func (c *cup) isFor(r *refill) {
	c.in.Quantity = r.to.Quantity
	c.view = c.view.Clone()
	c.view.Quantity, c.view.Amount = r.to.Quantity, r.quote.Amount
	p := *c.view.Production
	p.Lots, p.Change = r.quote.Lots, nil
	c.view.Production = &p
}

// notRefilled reports that the quantity stays as it was.
func (c *cup) notRefilled(r *refill, err error) {
	r.no, _ = refusedFor(err)
	c.emitWith(booking.OrderChangeRefused, nil, r.ID)
	c.hideRefill()
	c.publish(r.ctx)
}

// showRefill shows the pending change in the order's view.
func (c *cup) showRefill(r *refill) {
	p := *c.view.Production
	p.Change = &contract.PendingQuantity{ID: r.ID, Quantity: r.to.Quantity, Charge: r.quote.Charge, Refund: r.quote.Refund, By: r.By}
	c.view.Production = &p
	c.changed()
}

func (c *cup) hideRefill() {
	if c.view.Production.Change == nil {
		return
	}
	p := *c.view.Production
	p.Change = nil
	c.view.Production = &p
	c.changed()
}

// notifyOfRefill sends a message about a change. The change does not wait for it.
func (c *cup) notifyOfRefill(to booking.Addressee, recipientID string, r *refill) {
	c.sendBeside("tell of a change", c.message(notice{
		key: contract.ChangeMessage(r.ID, to, booking.OrderChangedMessage), recipientID: recipientID, messageType: booking.OrderChangedMessage,
		data: booking.MessageData{
			For: to, Item: c.in.Drink.Name, Quantity: r.to.Quantity, Date: c.in.Drink.Date, CustomerID: c.in.CustomerID,
		},
	}))
}

// learn applies the changes that a run which is not remembered has made.
func (c *cup) learn(ctx workflow.Context, changed *booking.HoldChanges) {
	c.learnOf(ctx, changed, c.remembered)
}

// remembered decodes a stored change, nil if it cannot be read.
func (c *cup) remembered(agreed string) *change {
	var was agreement[contract.QuantityChange, contract.QuantityQuote]
	if json.Unmarshal([]byte(agreed), &was) != nil {
		return nil //replay:never no build writes one that cannot be read
	}
	return &c.refillTo(was.Change, was.Quote).change
}
