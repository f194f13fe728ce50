package booking

// Status is the status of an order, as its customer sees it.
type Status string

// The statuses of all kinds of orders. transitions.go defines which kind has which, and in
// what order.
const (
	Received       Status = "received"
	PaymentPending Status = "payment_pending"
	// AwaitingPayment: its customer has to confirm the payment at the provider.
	AwaitingPayment Status = "awaiting_payment"
	Paid            Status = "paid"
	AwaitingOwner   Status = "awaiting_owner"
	Confirmed       Status = "confirmed"
	Delivering      Status = "delivering"
	InProduction    Status = "in_production"
	Calling         Status = "calling"
	Assigned        Status = "assigned"
	Delivered       Status = "delivered"
	Completed       Status = "completed"
	Cancelling      Status = "cancelling"
	Cancelled       Status = "cancelled"
)

// Statuses lists every status, in the order in which an order passes them.
func Statuses() []Status {
	return []Status{
		Received, PaymentPending, AwaitingPayment, Paid, AwaitingOwner, Confirmed, Delivering, InProduction, Calling, Assigned,
		Delivered, Completed, Cancelling, Cancelled,
	}
}

// Reason is why an order was, or is being, cancelled.
type Reason string

// The reasons for which orders end as cancelled.
const (
	PaymentDeclined Reason = "payment_declined"
	SoldOut         Reason = "sold_out"
	RejectedByOwner Reason = "rejected_by_owner"
	OwnerTimeout    Reason = "owner_timeout"
	TooLate         Reason = "too_late"         // its time ended before it was paid for, handed over or served
	MenuDeleted     Reason = "menu_deleted"     // the drink is no longer sold
	CafeUnavailable Reason = "cafe_unavailable" // the café did not answer whether it has the drink
	NotRegistered   Reason = "not_registered"   // the call could not be registered with management
	// PaymentUnavailable: its payment could not be made.
	PaymentUnavailable Reason = "payment_unavailable"
	// PaymentNotConfirmed: its customer did not confirm the payment in time.
	PaymentNotConfirmed Reason = "payment_not_confirmed"
	// NotProcessed: its saga was not started in time.
	NotProcessed Reason = "not_processed"

	NoShow     Reason = "no_show" // the guests of a stay did not come
	ByCustomer Reason = "customer"
	ByOperator Reason = "operator"
)

// Reasons lists every reason for which orders end as cancelled.
func Reasons() []Reason {
	return []Reason{
		PaymentDeclined, SoldOut, RejectedByOwner, OwnerTimeout, TooLate, MenuDeleted, CafeUnavailable, NotRegistered,
		PaymentUnavailable, PaymentNotConfirmed, NotProcessed, NoShow, ByCustomer, ByOperator,
	}
}

// Final reports whether the order has ended.
func (s Status) Final() bool { return s == Delivered || s == Completed || s == Cancelled }

// Keeps reports whether the cancellation policy may keep something of an order that ended for
// this reason: its customer caused it.
func (r Reason) Keeps() bool { return r == ByCustomer || r == NoShow }

// Unavailable reports whether an order that ended for this reason was never accepted because
// a service or the engine was away. A retry is then a new order and not a repeat.
func (r Reason) Unavailable() bool {
	switch r {
	case CafeUnavailable, NotRegistered, PaymentUnavailable, NotProcessed:
		return true
	default:
		return false
	}
}
