package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// changeWithin is how long a step of a change may take. A change is not made whose
// services are away: the reservation stands meanwhile.
const changeWithin = time.Minute

// moveStep does a step of a change: in place if it can, and durably otherwise, until
// changeWithin is over.
func (r *reservation) moveStep(ctx workflow.Context, c call, away booking.Reason) (outcome booking.Outcome, err error) {
	if r.policy.InPlace {
		if err = inPlace(ctx, c, &outcome); err == nil || ctx.Err() != nil {
			return outcome, err
		}
	}
	defer r.waitFor("the service that is to " + c.name)()
	never, _ := workflow.NewDisconnectedContext(ctx)
	r.showPending(never)
	attempt, giveUp := workflow.WithCancel(ctx)
	defer giveUp()
	done := durably(attempt, c)
	inTime, err := await(ctx, changeWithin, "patience with: "+c.name, done.IsReady)
	switch {
	case err != nil:
		return outcome, err
	case !inTime:
		return outcome, &refusal{away}
	}
	if done.Get(ctx, &outcome) != nil { // only an operator can have failed it
		err = &refusal{away} //replay:never an operator would have to fail an activity by hand
	}
	return outcome, err
}

func (r *reservation) holdChange(m *move, why booking.Reason) booking.HoldChange {
	of := r.hold()
	c := booking.HoldChange{Hold: of, Of: of.Key}
	c.Key, c.From, c.To, c.Quantity, c.Why = booking.ChangeKey(r.in.OrderID, m.ID), m.CheckIn, m.CheckOut, m.Rooms, why
	c.Agreed, c.Has = m.agreement(), of.Stretch()
	return c
}

func (r *reservation) holdMore(ctx workflow.Context, m *move) error {
	held, err := r.moveStep(ctx, call{
		name: "hold stock for a change", queue: contract.InventoryQueue, quick: quickStep, do: inventory.ChangeHold, with: r.holdChange(m, ""),
	}, booking.TooLate)
	if err == nil && held.Changed != nil {
		r.learn(m.ctx, held.Changed)
		return errChangedBefore
	}
	r.known = append(r.known, m.StayChange)
	return stepped(held, err)
}

// chargeMore charges the difference, if the change costs more.
func (r *reservation) chargeMore(ctx workflow.Context, m *move) error {
	if m.quote.Charge.Amount == 0 {
		return nil
	}
	m.charging = true
	charged, err := r.moveStep(ctx, call{
		name: "charge a change", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.ChargeFurther, with: r.furtherCharge(m),
	}, booking.PaymentUnavailable)
	switch {
	case err != nil:
	case charged.Result == booking.Done:
		m.charged = true
		r.paidMore(m.quote.Charge)
	case charged.Result == booking.Deferred:
		err = &refusal{booking.PaymentUnavailable}
	}
	return stepped(charged, err)
}

func (r *reservation) furtherCharge(m *move) booking.Charge {
	return booking.Charge{
		Key: booking.ChangeKey(r.in.OrderID, m.ID), OrderID: r.in.OrderID, Amount: m.quote.Charge, Method: r.in.PaymentMethod, By: m.By,
	}
}

// stepped is the refusal of a step of a change that was not done.
func stepped(outcome booking.Outcome, err error) error {
	if err == nil && outcome.Result != booking.Done {
		return &refusal{outcome.Reason}
	}
	return err
}

// makeMove gives back what the change does not need any more. It is made with that, and
// not given up any more once that was asked for.
func (r *reservation) makeMove(m *move) error {
	var made booking.Outcome
	r.insist(m.ctx, call{
		name: "make the change of stock", queue: contract.InventoryQueue, quick: quickStep, do: inventory.MakeChange, with: r.holdChange(m, ""),
	}, &made)
	m.remaining = made.Remaining
	return stepped(made, nil)
}

// moved makes the reservation what it was changed to. The ledger knows what is to be given
// back before the reservation costs less.
func (r *reservation) moved(m *move) {
	refund := r.beginRefundOf(m, m.quote.Refund)
	r.in.CheckIn, r.in.CheckOut, r.in.Rooms, r.in.Begins, r.in.Ends = m.CheckIn, m.CheckOut, m.Rooms, m.Begins, m.Ends
	r.ends = m.Ends
	r.view = r.view.Clone()
	r.view.Quantity, r.view.Amount = m.Rooms, m.quote.Amount
	r.view.Stay = &contract.Stay{CheckIn: m.CheckIn.String(), CheckOut: m.CheckOut.String(), Prices: m.quote.Nights}
	if r.view.Terms != nil {
		terms := *r.view.Terms
		terms.CheckInAt = m.Begins.UTC()
		r.view.Terms = &terms
	}
	r.emitWith(booking.ReservationChanged, m.remaining, m.ID)
	r.tellOfMove(booking.ForOwner, m, booking.ChangedMessage, "", 0)
	if m.asked || m.ForCustomer {
		r.tellOfMove(booking.ForCustomer, m, booking.ChangedMessage, "", 0)
	}
	entry := contract.Entry{Decision: contract.ChangeUpdate, By: m.By}
	if m.owner != nil {
		entry.Note = m.owner.Note
	}
	r.noteDecision(m.ctx, entry)
	r.makeRefund(refund)
}

// moveBack undoes what was done for a change: what was held for it is free again, and what
// was charged, or may have been, is given back.
func (r *reservation) moveBack(m *move) {
	var dropped booking.Undo
	r.insist(m.ctx, call{
		name: "release stock of a change", queue: contract.InventoryQueue, quick: quickStep, do: inventory.DropChange,
		with: r.holdChange(m, booking.ByCustomer),
	}, &dropped)
	if !m.charging {
		return
	}
	var settled booking.Outcome
	r.insist(m.ctx, call{
		name: "settle the charge of a change", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.SettleFurther, with: r.furtherCharge(m),
	}, &settled)
	if settled.Result == booking.Done {
		if !m.charged {
			r.paidMore(m.quote.Charge)
		}
		r.makeRefund(r.beginRefundOf(m, m.quote.Charge))
	}
}

// notMoved tells that the reservation stays as it was.
func (r *reservation) notMoved(m *move, err error) {
	no, why := refusedFor(err)
	m.no = no
	r.emitWith(booking.ReservationChangeRefused, nil, m.ID)
	r.hideMove()
	if !m.asked { // its caller is answered
		r.publish(m.ctx)
		return
	}
	entry := contract.Entry{Decision: contract.ChangeUpdate, Refused: no.Code, DecidedAt: m.at}
	if m.owner != nil {
		entry.By, entry.Note = m.owner.By, m.owner.Note
	}
	r.tellOfMove(booking.ForCustomer, m, booking.ChangeRefusedMessage, why, 0)
	if m.owner == nil {
		r.tellOfMove(booking.ForOwner, m, booking.ChangeRefusedMessage, why, 0)
	}
	r.noteDecision(m.ctx, entry)
}

// showMove shows the change in the reservation while it is under way.
func (r *reservation) showMove(m *move, state contract.ChangeState, until time.Time) {
	stay := *r.view.Stay
	stay.Change = &contract.PendingChange{
		ID: m.ID, State: state, CheckIn: m.CheckIn.String(), CheckOut: m.CheckOut.String(), Rooms: m.Rooms,
		Charge: m.quote.Charge, Refund: m.quote.Refund, Until: until, By: m.By,
	}
	r.view.Stay = &stay
	r.changed()
}

func (r *reservation) hideMove() {
	if r.view.Change == nil {
		return
	}
	stay := *r.view.Stay
	stay.Change = nil
	r.view.Stay = &stay
	r.changed()
}

// paidMore notes what was charged beside the first charge.
func (r *reservation) paidMore(more booking.Money) {
	r.further += more.Amount
	if r.paid != nil {
		paid := *r.paid
		paid.Amount = r.charged()
		r.paid = &paid
	}
}

// beginRefundOf writes down in the ledger what a change gives back, or what is left of
// the payment if that is less; nil if there is nothing to give back, or the undo of the
// reservation gives it back.
func (r *reservation) beginRefundOf(m *move, amount booking.Money) *part {
	for amount.Amount > 0 {
		p := &part{
			Refund: contract.Refund{ID: contract.ChangeRefund(m.ID), Amount: amount, By: m.By},
			key:    booking.ChangeRefundKey(r.in.OrderID, m.ID), reason: booking.Changed,
		}
		var begun booking.Repaid
		r.insist(m.ctx, call{
			name: "note what a change gives back", queue: contract.PaymentsQueue, quick: quickPayment, do: payments.BeginPart,
			with: booking.Entry{OrderID: r.in.OrderID, Key: p.key, Amount: amount, Reason: p.reason, By: p.By},
		}, &begun)
		if begun.Refused == "" {
			return p
		}
		if amount = begun.Left; begun.Refused == booking.NotCharged { //replay:never staff would have to give all of it back meanwhile
			break //replay:never the order would have to be cancelled in the very task
		}
	}
	return nil
}

// makeRefund gives it back beside all else.
func (r *reservation) makeRefund(p *part) {
	if p != nil {
		workflow.Go(r.ctx, func(ctx workflow.Context) { r.refundPart(ctx, p) })
	}
}

// tellOfMove sends a message about a change beside all else.
func (r *reservation) tellOfMove(
	to booking.Addressee, m *move, tells booking.MessageType, why booking.Reason, confirmWithin booking.Duration,
) {
	recipient := r.in.CustomerID
	if to == booking.ForOwner {
		recipient = r.in.Place.OwnerID
	}
	message := r.message(notice{
		key: contract.ChangeMessage(m.ID, to, tells), recipientID: recipient, tells: tells,
		data: booking.MessageData{
			For: to, Item: r.in.Place.Name, Quantity: m.Rooms, From: m.CheckIn, To: m.CheckOut, CustomerID: r.in.CustomerID, ConfirmWithin: confirmWithin,
		},
	})
	message.Reason = why
	r.sendBeside("tell of a change", message)
}
