package orders

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Allow refuses an action on an order that the caller may not do. NotFound: there is
// no order of the kind with this id that the caller may see. A caller that may do the
// action on every order is not refused, and costs no look at the order.
func (o *Orders) Allow(ctx context.Context, caller booking.Caller, a booking.Action, kind booking.Kind, id string) error {
	if !booking.IsOrderID(kind, id) {
		return NoSuchOrder(id)
	}
	if caller.AlwaysAllowed(a) {
		return nil
	}
	look, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	view, err := o.readWithin(look, id, Glance)
	if err != nil {
		return o.explained(ctx, id, err)
	}
	return o.authorize(ctx, caller, a, view)
}

// authorize refuses an action on an order as it is known, unless the caller may do
// it. Its cleaner, and that couriers work on it, may not be known yet: then the order
// is asked.
func (o *Orders) authorize(ctx context.Context, caller booking.Caller, a booking.Action, v contract.View) error {
	err := caller.Authorize(a, thingOf(a, v))
	if err != nil && !v.Status.Final() && (caller.Is(booking.CleanerRole) || caller.Is(booking.CourierRole)) {
		if fresh, askErr := o.queryView(ctx, v.ID, Glance); askErr == nil {
			err = caller.Authorize(a, thingOf(a, fresh))
		}
	}
	if isNotFound(err) {
		return NoSuchOrder(v.ID)
	}
	return err
}

// thingOf is the order that the action is about. A courier who says once more that it
// was delivered is answered so by the order, and is shown nothing else of it.
func thingOf(a booking.Action, v contract.View) booking.Thing {
	t := v.Thing()
	if a == booking.Deliver {
		t.Delivered = v.Kind == booking.Food && v.Placed
	}
	return t
}

// by is the placement as the caller makes it: for itself, unless it names another
// customer, for whom it may place orders. NotAllowed: it may not.
func (p Placement) by(caller booking.Caller) (Placement, error) {
	if p.CustomerID == "" && caller.Is(booking.CustomerRole) {
		p.CustomerID = caller.ID
	}
	p.placedBy = caller.ID
	return p, caller.Authorize(booking.PlaceOrder, booking.Thing{CustomerID: p.CustomerID})
}

// ownKey is the Idempotency-Key as that of the caller: a customer, and a caller that
// acts for them, may use the same key for an order each.
func (p Placement) ownKey() string {
	if p.forCustomer() == "" {
		return p.Key
	}
	return p.placedBy + "\n" + p.Key // no key holds a line break
}

// forCustomer is the caller that places the order for its customer, "" if the customer
// does.
func (p Placement) forCustomer() string {
	if p.placedBy == p.CustomerID {
		return ""
	}
	return p.placedBy
}

// Action is what the decision does.
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
