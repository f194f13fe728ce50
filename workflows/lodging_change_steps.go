package workflows

import (
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// complete completes the change of the reservation. The refund is in the ledger before the
// reservation's price is reduced.
func (m *move) complete() {
	r := m.r
	refund := r.beginRefundOf(&m.change, m.quote.Refund)
	m.show()
	r.emitWith(booking.ReservationChanged, m.remaining, m.ID)
	r.notifyOfChange(booking.ForOwner, m, booking.ChangedMessage, "", 0)
	if m.ownerNotified || m.ForCustomer {
		r.notifyOfChange(booking.ForCustomer, m, booking.ChangedMessage, "", 0)
	}
	entry := contract.Entry{Decision: contract.ChangeUpdate, By: m.By}
	if m.owner != nil {
		entry.Note = m.owner.Note
	}
	r.noteDecision(m.ctx, entry)
	r.makeRefund(refund)
}

// show sets the reservation's nights, rooms and price to those of the change.
func (m *move) show() {
	r := m.r
	r.in.CheckIn, r.in.CheckOut, r.in.Rooms, r.in.Begins, r.in.Ends = m.to.CheckIn, m.to.CheckOut, m.to.Rooms, m.to.Begins, m.to.Ends
	r.ends, r.changedAt = m.to.Ends, m.requestedAt
	r.view = r.view.Clone()
	r.view.Quantity, r.view.Amount = m.to.Rooms, m.quote.Amount
	r.view.Stay = &contract.Stay{CheckIn: m.to.CheckIn.String(), CheckOut: m.to.CheckOut.String(), Prices: m.quote.Nights}
	if r.view.Terms != nil {
		terms := *r.view.Terms
		terms.CheckInAt, terms.PassedTiers = m.to.Begins.UTC(), m.quote.PassedTiers
		r.view.Terms = &terms
	}
}

// undo releases what was held for the change, and refunds what was or may have been charged.
func (m *move) undo() (made bool) {
	if m.r.dropHeld(&m.change) {
		return true
	}
	m.r.resolveCharge(&m.change)
	return false
}

// refuse reports that the reservation stays as it was.
func (m *move) refuse(err error) {
	r := m.r
	no, reason := refusedFor(err)
	m.no = no
	r.emitWith(booking.ReservationChangeRefused, nil, m.ID)
	r.hideChange()
	if !m.ownerNotified { // the update's caller gets the answer
		r.publish(m.ctx)
		return
	}
	entry := contract.Entry{Decision: contract.ChangeUpdate, Refused: no.Code, DecidedAt: m.at}
	if m.owner != nil {
		entry.By, entry.Note = m.owner.By, m.owner.Note
	}
	r.notifyOfChange(booking.ForCustomer, m, booking.ChangeRefusedMessage, reason, 0)
	if m.owner == nil {
		r.notifyOfChange(booking.ForOwner, m, booking.ChangeRefusedMessage, reason, 0)
	}
	r.noteDecision(m.ctx, entry)
}

// showMove shows the pending change in the reservation's view.
func (r *reservation) showMove(m *move, state contract.ChangeState, until time.Time) {
	stay := *r.view.Stay
	stay.Change = &contract.PendingChange{
		ID: m.ID, State: state, CheckIn: m.to.CheckIn.String(), CheckOut: m.to.CheckOut.String(), Rooms: m.to.Rooms,
		Charge: m.quote.Charge, Refund: m.quote.Refund, Until: until, By: m.By,
	}
	r.view.Stay = &stay
	r.changed()
}

// notifyOfChange sends a message about a change. The change does not wait for it.
func (r *reservation) notifyOfChange(
	to booking.Addressee, m *move, messageType booking.MessageType, reason booking.Reason, confirmWithin booking.Duration,
) {
	recipient := r.in.CustomerID
	if to == booking.ForOwner {
		recipient = r.in.Place.OwnerID
	}
	message := r.message(notice{
		key: contract.ChangeMessage(m.ID, to, messageType), recipientID: recipient, messageType: messageType,
		data: booking.MessageData{
			For: to, Item: r.in.Place.Name, Quantity: m.to.Rooms, From: m.to.CheckIn, To: m.to.CheckOut, CustomerID: r.in.CustomerID, ConfirmWithin: confirmWithin,
		},
	})
	message.Reason = reason
	r.sendBeside("notify of a change", message)
}
