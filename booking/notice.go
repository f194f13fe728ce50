package booking

// PaymentNotice is a message of the payment provider that an order's charge has changed. It
// is only a hint: the charge is retrieved from the provider.
type PaymentNotice struct {
	ID string `json:"id"` // the provider's
	// OrderID is the order that it is about; "" if that is none of ours.
	OrderID string `json:"orderId"`
	Ref     string `json:"ref,omitempty"` // the provider's id of the charge
	What    string `json:"what"`          // the kind of notice, in the provider's words
}

// ChargeCheck names the order whose charge is to be checked.
type ChargeCheck struct {
	OrderID string `json:"orderId"`
	// Confirms: the caller passes on to the order that its customer may have confirmed the
	// payment. A workflow of an earlier build does not set it and gets no answer about it.
	Confirms bool `json:"confirms,omitempty"`
}

// ChargeChecked is the result of checking an order's charge. It is zero if the order was not
// charged.
type ChargeChecked struct {
	Status   PaymentStatus `json:"status,omitempty"`
	Disputes []Dispute     `json:"disputes,omitempty"` // those that are open
	// Lost are those that the bank has decided for the customer.
	Lost []Dispute `json:"lost,omitempty"`
	// Refunds are the keys of the refunds that are pending or have failed, or were so
	// before the check.
	Refunds []string `json:"refunds,omitempty"`
	// Failed are refunds of ours that have failed, whether at once or after they were done.
	// It includes the refund of a charge that was confirmed too late even if it is pending,
	// and the undo's own refund if that was paid by hand and the undo has not ended.
	Failed []Entry `json:"failed,omitempty"`
	// Refunded is what the undo's own refund has refunded of a charge that the customer
	// had to confirm; nil before that, and for any other charge.
	Refunded *Money `json:"givenBack,omitempty"`
	// Unconfirmed: it is not known yet whether the customer has confirmed the charge, and a
	// further check has to find out.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
}
