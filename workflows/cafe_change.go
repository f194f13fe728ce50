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
	c     *cup
	to    contract.QuantityChange
	quote contract.QuantityQuote
}

// registerChanges registers the update by which the customer changes the quantity.
func (c *cup) registerChanges() {
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
	if err := c.mayBeginChange(to.ChangeRequest); err != nil {
		return q, err //replay:never a validator refuses it before
	}
	if q, err = c.view.QuoteQuantity(to, now, c.in.DayBegins()); err == nil {
		err = q.AsChangeQuoted(to.ChangeRequest)
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
	r := &refill{c: c, to: to, quote: quote}
	written := to
	written.ChangeRequest = to.WithoutPaymentMethod()
	r.change = change{
		ChangeRequest: to.ChangeRequest, kind: r, costs: quote.Difference, at: c.now(),
		stored: agreement[contract.QuantityChange, contract.QuantityQuote]{written, quote}.text(),
	}
	return r
}

func (r *refill) holdChange(reason booking.Reason) booking.HoldChange {
	hold := r.c.hold()
	wanted := hold.DailyQuantity()
	wanted.Quantity = r.to.Quantity
	return r.c.holdChange(hold, &r.change, wanted, reason)
}

// run holds what the new quantity needs, charges the difference, and changes the
// production. Only then it releases what is no longer needed.
func (r *refill) run(ctx workflow.Context) error {
	c := r.c
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned while the change is recorded
	}
	c.showRefill(r)
	if err := c.holdMore(ctx, &r.change, c.applyForgotten); err != nil {
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

func (c *cup) jobChange(r *refill, reason booking.Reason) booking.JobChange {
	j := booking.JobChange{Job: c.production(), Key: booking.ChangeKey(c.in.OrderID, r.ID)}
	j.Quantity, j.Reason = r.to.Quantity, reason
	return j
}

// undo releases what was held, changes the production back, and refunds what was or may have
// been charged.
func (r *refill) undo() (made bool) {
	c := r.c
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

// complete completes the change of the quantity. The refund is in the ledger before the
// order's price is reduced.
func (r *refill) complete() {
	c := r.c
	refund := c.beginRefundOf(&r.change, r.quote.Refund)
	r.show()
	c.emitWith(booking.OrderChanged, r.remaining, r.ID)
	c.notifyOfRefill(booking.ForOwner, c.in.Drink.OwnerID, r)
	if r.ForCustomer {
		c.notifyOfRefill(booking.ForCustomer, c.in.CustomerID, r)
	}
	c.noteDecision(r.ctx, contract.Entry{Decision: contract.ChangeUpdate, By: r.By})
	c.makeRefund(refund)
}

// show sets the order's quantity and price to those of the change.
func (r *refill) show() {
	c := r.c
	c.in.Quantity = r.to.Quantity
	c.view = c.view.Clone()
	c.view.Quantity, c.view.Amount = r.to.Quantity, r.quote.Amount
	p := *c.view.Production
	p.Lots, p.Change = r.quote.Lots, nil
	c.view.Production = &p
}

// refuse reports that the quantity stays as it was.
func (r *refill) refuse(err error) {
	c := r.c
	r.no, _ = refusedFor(err)
	c.emitWith(booking.OrderChangeRefused, nil, r.ID)
	c.hideChange()
	c.publish(r.ctx)
}

// showRefill shows the pending change in the order's view.
func (c *cup) showRefill(r *refill) {
	p := *c.view.Production
	p.Change = &contract.PendingQuantity{ID: r.ID, Quantity: r.to.Quantity, Charge: r.quote.Charge, Refund: r.quote.Refund, By: r.By}
	c.view.Production = &p
	c.changed()
}

// notifyOfRefill sends a message about a change. The change does not wait for it.
func (c *cup) notifyOfRefill(to booking.Addressee, recipientID string, r *refill) {
	c.sendBeside("notify of a change", c.message(notice{
		key: contract.ChangeMessage(r.ID, to, booking.OrderChangedMessage), recipientID: recipientID, messageType: booking.OrderChangedMessage,
		data: booking.MessageData{
			For: to, Item: c.in.Drink.Name, Quantity: r.to.Quantity, Date: c.in.Drink.Date, CustomerID: c.in.CustomerID,
		},
	}))
}

// applyForgotten applies the changes that a forgotten run has made.
func (c *cup) applyForgotten(ctx workflow.Context, changed *booking.HoldChanges) {
	c.applyHoldChanges(ctx, changed, c.decodeChange)
}

// decodeChange decodes a stored change, nil if it cannot be read.
func (c *cup) decodeChange(agreed string) *change {
	var was agreement[contract.QuantityChange, contract.QuantityQuote]
	if json.Unmarshal([]byte(agreed), &was) != nil {
		return nil //replay:never no build writes one that cannot be read
	}
	return &c.refillTo(was.Change, was.Quote).change
}
