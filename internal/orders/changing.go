package orders

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Change is a requested change of a reservation. Zero dates and rooms stay as they are.
type Change struct {
	OrderID           string
	CheckIn, CheckOut booking.Date
	Rooms             int
	Expect            string // the quote that the caller was shown, "" for any
	Version           int64  // of the reservation that the caller has seen, 0 for any
	Key               string // the Idempotency-Key
	// PaymentMethod is the provider's token to which a difference is charged, "" for that of
	// the order.
	PaymentMethod string
	// KeepsMethod: the customer agrees that the provider keeps that method.
	KeepsMethod bool
}

// ChangeQuote is the price of a change.
type ChangeQuote struct {
	contract.ChangeQuote
	Wants contract.StayChange
	// More is the stock that the change needs beyond what the reservation holds.
	More []booking.DailyQuantity
	// OwnerConfirms: the owner has to confirm the change once it is paid.
	OwnerConfirms bool
}

// ChangeCodes lists the codes that Change may return, besides the refusals of its services.
func ChangeCodes() []booking.Code {
	return alsoOfChanges(ChangeQuoteCodes())
}

// alsoOfChanges adds to the codes of a quote those that only a change may return.
func alsoOfChanges(quote []booking.Code) []booking.Code {
	return append(quote, booking.QuoteChanged, booking.VersionChanged, booking.Superseded, IdempotencyKeyReused,
		booking.DecisionPending, DecisionsExhausted, EarlierBuild, Unreachable)
}

// ChangeQuoteCodes lists the codes that QuoteChange may return.
func ChangeQuoteCodes() []booking.Code {
	return []booking.Code{
		booking.NotChangeable, booking.ChangePending, booking.NotConfirmed, booking.AlreadyCheckedIn, booking.AlreadyCompleted,
		booking.AlreadyCancelled, booking.BeingCancelled, booking.NotOnSale, NotRunning, booking.NotFound, booking.Invalid,
		TemporalUnavailable, booking.Unavailable,
	}
}

// DailyStock reads an item's stock for each day of [from, to).
type DailyStock interface {
	Days(ctx context.Context, itemID string, from, to booking.Date) ([]booking.StockDay, error)
}

// HaveStock reports whether every day of the ranges has enough stock now, for example for
// ChangeQuote.More.
func HaveStock(ctx context.Context, stock DailyStock, itemID string, ranges []booking.DailyQuantity) (bool, error) {
	for _, part := range ranges {
		days, err := stock.Days(ctx, itemID, part.From, part.To)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(days, func(d booking.StockDay) bool { return d.Remaining < part.Quantity }) {
			return false, nil
		}
	}
	return true, nil
}

// QuoteChange returns the reservation and the present price of a change of it. Returns one of
// ChangeQuoteCodes if this change is not possible or not allowed.
func (o *Orders) QuoteChange(ctx context.Context, caller booking.Caller, c Change) (contract.View, ChangeQuote, error) {
	view, err := o.changeable(ctx, caller, booking.Lodging, c.OrderID)
	if err != nil {
		return view, ChangeQuote{}, err
	}
	if changeable := view.Status == booking.Confirmed || view.Status == booking.AwaitingOwner; !changeable && !view.Status.Final() {
		if fresh, err := o.readFresh(ctx, c.OrderID); err == nil { // the row of a reservation that was just confirmed may be behind
			view = newer(view, fresh)
		}
	}
	stay, q, err := o.prepareChange(ctx, caller, c, view)
	if err != nil {
		return view, q, err
	}
	now := o.Now()
	onlyDeparture := q.Wants.CheckIn.String() == view.CheckIn && q.Wants.Rooms == view.Quantity
	if err := booking.MayChangeStay(view.Status, now, stay.CheckInAt(), stay.CheckOutAt(), onlyDeparture); err != nil {
		return view, q, err
	}
	if err := whileUnchanged(view); err != nil {
		return view, q, err
	}
	q.ChangeQuote, err = view.QuoteChange(q.Wants, now, stay.CheckInAt())
	if err != nil {
		return view, q, err
	}
	has, err := view.DailyQuantity()
	if err != nil {
		return view, q, err
	}
	q.More = q.Wants.DailyQuantity().Beyond(has)
	q.OwnerConfirms = stay.Place.Confirmation == booking.Manual && view.Status == booking.Confirmed
	return view, q, o.mayCharge(q.Difference)
}

// whileUnchanged refuses a quote while another change of the order runs.
func whileUnchanged(v contract.View) error {
	if v.Changing() {
		return booking.Errorf(booking.ChangePending, "another change of the order is under way")
	}
	return nil
}

// mayCharge refuses a difference that the payment provider cannot charge.
func (o *Orders) mayCharge(q contract.Difference) error {
	if o.Terms == nil || q.Charge.Amount == 0 {
		return nil
	}
	if err := o.Terms.Amount(q.Charge); err != nil {
		return booking.Errorf(booking.NotChangeable, "the difference cannot be charged: %v", err)
	}
	return nil
}

// changeable is the order by its row, if the caller may change it.
func (o *Orders) changeable(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error) {
	if !booking.IsOrderID(kind, id) {
		return contract.View{}, NoSuchOrder(id)
	}
	v, err := o.read(ctx, id)
	if err != nil {
		return v, o.explained(ctx, id, err)
	}
	if err := o.authorize(ctx, caller, booking.ChangeOrder, v); err != nil {
		return contract.View{}, err
	}
	return v, nil
}

// prepareChange returns the reservation's stay with the dates in force, and the change at the
// present price of the place.
func (o *Orders) prepareChange(ctx context.Context, caller booking.Caller, c Change, v contract.View) (stay contract.Lodging, q ChangeQuote, err error) {
	if v.Status.Final() || v.Status == booking.Cancelling {
		return stay, q, booking.MayChangeStay(v.Status, time.Time{}, time.Time{}, time.Time{}, false)
	}
	if stay, err = o.stay(ctx, c.OrderID); err != nil {
		return stay, q, o.explained(ctx, c.OrderID, err)
	}
	place, err := o.Catalogue.Place(ctx, stay.Place.ID)
	switch {
	case err != nil:
		return stay, q, err
	case place.Withdrawn:
		return stay, q, booking.Errorf(booking.NotOnSale, "its owner has withdrawn the place: the reservation stays as it is")
	}
	has, err := v.DailyQuantity()
	if err != nil {
		return stay, q, err
	}
	stay.CheckIn, stay.CheckOut, stay.Rooms = has.From, has.To, has.Quantity
	stay = stay.WithInstants()
	q.Wants, err = o.wanted(caller, c, stay, place.Price)
	q.Wants.Has, q.Wants.ForCustomer = has, forCustomer(caller, v)
	return stay, q, err
}

// wanted is the new stay: the fields that the change sets, and the others as they are.
func (o *Orders) wanted(caller booking.Caller, c Change, stay contract.Lodging, price booking.Money) (contract.StayChange, error) {
	next := stay
	if !c.CheckIn.IsZero() {
		next.CheckIn = c.CheckIn
	}
	if !c.CheckOut.IsZero() {
		next.CheckOut = c.CheckOut
	}
	if c.Rooms > 0 {
		next.Rooms = c.Rooms
	}
	var faults []booking.Fault
	if next.CheckIn != stay.CheckIn {
		if ahead := booking.AheadFault(next.CheckIn, stay.Place.TimeZone, o.Now()); ahead != "" {
			faults = append(faults, booking.Fault{Field: "checkIn", Words: ahead})
		}
	}
	if nights := booking.RangeFault("checkIn", next.CheckIn, next.CheckOut); nights != "" {
		faults = append(faults, booking.Fault{Field: "checkOut", Words: nights})
	}
	if len(faults) > 0 {
		return contract.StayChange{}, booking.Faulty(faults)
	}
	next = next.WithInstants()
	return contract.StayChange{
		ChangeRequest: contract.ChangeRequest{
			ID: changeID(c.OrderID, caller, c.Key), Content: contentOf(c.PaymentMethod, c.KeepsMethod, c.CheckIn.String(), c.CheckOut.String(), c.Rooms, c.Expect),
			Expect: c.Expect, Version: c.Version, By: caller.ID, At: o.Now().UTC(), PaymentMethod: c.PaymentMethod, KeepsMethod: c.KeepsMethod,
		},
		CheckIn: next.CheckIn, CheckOut: next.CheckOut, Rooms: next.Rooms, Price: price, EachKeeps: true,
		Begins: next.Begins, Ends: next.Ends,
	}, nil
}

// changeID is the id of a caller's change of an order under a key.
func changeID(orderID string, caller booking.Caller, key string) string {
	return hashOf(orderID, nameOf(caller), key)
}

// contentOf distinguishes different changes under one key. A change without a payment method of
// its own, or whose method is not kept, has the same content as in earlier builds, which have no
// such fields.
func contentOf(method string, keeps bool, values ...any) string {
	if method != "" {
		values = append(values, method)
	}
	if keeps {
		values = append(values, keeps)
	}
	return hashOf(values...)
}

// forCustomer reports whether another caller than the customer requests the change.
func forCustomer(caller booking.Caller, v contract.View) bool {
	return caller.ID != "" && caller.ID != v.CustomerID
}

// hashOf is a short hash of the values.
func hashOf(values ...any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("texts cannot be written as JSON: %v", err))
	}
	digest := sha256.Sum256(text)
	return booking.IDText(digest[:16])
}

// Change changes the nights or rooms of a reservation, once per caller and key. It returns
// when the change is made or refused, or with an outcome that is not Done while the change
// still runs.
func (o *Orders) Change(ctx context.Context, caller booking.Caller, c Change) (Outcome, error) {
	is := actionRequest{action: booking.ChangeOrder, kind: booking.Lodging, orderID: c.OrderID, decision: true}
	return authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Outcome, error) { return o.change(ctx, w, caller, c) })
}

// change makes a change that the caller may make. If another change comes first, the fields
// that the caller has left out are read again from the reservation, unless the caller has
// named the version to change.
func (o *Orders) change(ctx context.Context, w Warrant, caller booking.Caller, c Change) (Outcome, error) {
	view, err := o.changeable(ctx, caller, booking.Lodging, c.OrderID)
	if err != nil {
		return Outcome{View: view}, err
	}
	out, err := o.changeFrom(ctx, w, caller, c, view)
	if c.Version == 0 && errors.Is(err, &booking.Error{Code: booking.Superseded}) && out.View.Version > 0 {
		return o.changeFrom(ctx, w, caller, c, out.View)
	}
	return out, err
}

// changeFrom makes the change from this view of the reservation.
func (o *Orders) changeFrom(ctx context.Context, w Warrant, caller booking.Caller, c Change, view contract.View) (Outcome, error) {
	stay, q, err := o.prepareChange(ctx, caller, c, view)
	if err != nil {
		return Outcome{View: view}, err
	}
	if quote, err := view.QuoteChange(q.Wants, o.Now(), stay.CheckInAt()); err == nil {
		if err := o.mayCharge(quote.Difference); err != nil {
			return Outcome{View: view}, err
		}
	}
	return o.sendChange(ctx, w, view, q.Wants)
}

// sendChange sends the change to the order, which accepts it once under its id.
func (o *Orders) sendChange(ctx context.Context, w Warrant, view contract.View, wants changing) (Outcome, error) {
	// The change is not cancelled when its caller disconnects.
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget+ServiceWait)
	defer cancel()
	calling, sending := watched(budget)
	is, wasAccepted, err := o.Engine.change(calling, w, view.ID, wants)
	switch {
	case err == nil:
		return o.changed(ctx, is), nil
	case !isOpen(err) && !isAway(err) || atLimit(err) != nil:
		view, err := o.refused(ctx, Decision{OrderID: view.ID, Kind: view.Kind, Update: contract.ChangeUpdate}, err)
		return Outcome{View: view}, o.explained(ctx, view.ID, underAnotherKey(err))
	case wasAccepted:
		view, err := o.read(ctx, view.ID)
		return Outcome{View: view}, o.explained(ctx, view.ID, err)
	}
	o.log(ctx, view.ID).Warn("order does not answer for a change", zap.Error(err))
	if sending.nothing() {
		return Outcome{View: view}, booking.Errorf(TemporalUnavailable, "orders cannot be worked on at the moment; nothing was sent: repeat the request under its Idempotency-Key")
	}
	return Outcome{View: view}, booking.Errorf(Unreachable, "the order has not answered: the change may be made yet, or never; repeat it under its Idempotency-Key to be certain")
}

// underAnotherKey adds to a refusal because a service was away that a new request needs
// another key: under the same key the engine repeats the answer of the update. A refusal with a
// pause was not accepted as an update, and leaves the key free.
func underAnotherKey(err error) error {
	no, is := errors.AsType[*booking.Error](err)
	if !is || no.After > 0 || !slices.Contains([]booking.Code{CodeOf(booking.PaymentUnavailable), CodeOf(booking.CafeUnavailable), booking.InventoryUnavailable}, no.Code) {
		return err
	}
	with := *no
	with.Message += ": a repeat under this Idempotency-Key is answered the same; repeat it under another one"
	return &with
}

// changing is a change that can be sent to an order.
type changing interface {
	// UpdateID is the id of the update that carries it.
	UpdateID() string
}

// changed is the order after a change that was answered, possibly long ago.
func (o *Orders) changed(ctx context.Context, answered contract.View) Outcome {
	if now, err := o.read(ctx, answered.ID); err == nil && now.Version > answered.Version {
		answered = now
	}
	return Outcome{View: answered, Done: !answered.Changing()}
}
