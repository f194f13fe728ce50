package orders

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Allow refuses an action on an order that the caller may not do. Returns NotFound if there
// is no order of the kind with this id that the caller may see. For a caller that may do
// the action on every order, the order is not read.
func (o *Orders) Allow(ctx context.Context, caller booking.Caller, a booking.Action, kind booking.Kind, id string) error {
	if !booking.IsOrderID(kind, id) {
		return NoSuchOrder(id)
	}
	if caller.AlwaysAllowed(a) {
		return nil
	}
	reading, cancel := context.WithTimeout(ctx, orderReadTimeout)
	defer cancel()
	view, err := o.readWithin(reading, id, OptionalReadTimeout)
	if err != nil {
		return o.explained(ctx, id, err)
	}
	return o.authorize(ctx, caller, a, view)
}

// authorize refuses an action on a known order unless the caller may do it. The view may
// lack the order's cleaner and its delivery; then the order is queried.
func (o *Orders) authorize(ctx context.Context, caller booking.Caller, a booking.Action, v contract.View) error {
	err := caller.Authorize(a, thingOf(a, v))
	if err != nil && !v.Status.Final() && (caller.Is(booking.CleanerRole) || caller.Is(booking.CourierRole)) {
		if fresh, queryErr := o.queryView(ctx, v.ID, OptionalReadTimeout); queryErr == nil {
			err = caller.Authorize(a, thingOf(a, fresh))
		}
	}
	if isNotFound(err) {
		return NoSuchOrder(v.ID)
	}
	return err
}

// thingOf is the order as the object of the action. A courier that repeats that an order
// was delivered is refused by the order itself, and is shown nothing else of it.
func thingOf(a booking.Action, v contract.View) booking.Thing {
	t := v.Thing()
	if a == booking.Deliver {
		t.Delivered = v.Kind == booking.Food && v.Placed
	}
	return t
}

// by is the placement on behalf of the caller: for itself, unless it names another
// customer. Returns NotAllowed if the caller may not place orders for that customer.
func (p Placement) by(caller booking.Caller) (Placement, error) {
	if p.CustomerID == "" && caller.Is(booking.CustomerRole) {
		p.CustomerID = caller.ID
	}
	p.placedBy = caller.ID
	return p, caller.Authorize(booking.PlaceOrder, booking.Thing{CustomerID: p.CustomerID})
}

// ownKey is the Idempotency-Key made unique to the caller: a customer and a caller that
// acts for them may use the same key for different orders.
func (p Placement) ownKey() string {
	if p.forCustomer() == "" {
		return p.Key
	}
	return p.placedBy + "\n" + p.Key // a key contains no line break
}

// forCustomer is the caller that places the order for its customer, "" if the customer
// does.
func (p Placement) forCustomer() string {
	if p.placedBy == p.CustomerID {
		return ""
	}
	return p.placedBy
}

// Action is the action of the decision.
func (d Decision) Action() booking.Action {
	switch d.Update {
	case contract.ConfirmUpdate:
		return booking.ConfirmOrder
	case contract.RejectUpdate:
		return booking.RejectOrder
	case contract.CancelUpdate:
		return booking.CancelOrder
	case contract.ChangeUpdate:
		return booking.ChangeOrder
	case contract.NoShowUpdate:
		return booking.SayNoShow
	case contract.ResolveUpdate:
		return booking.ResolvePayment
	default:
		return contract.BusinessOf(d.Kind).Completes
	}
}

// mayList refuses a list of orders that are neither the caller's own nor those of an
// organisation that it is a member of.
func mayList(caller booking.Caller, f booking.OrderFilter) error {
	return caller.Authorize(booking.ListOrders, booking.Thing{CustomerID: f.CustomerID, OwnerID: f.OwnerID, ItemID: f.ItemID})
}
