package booking

// PaymentNotice is the payment provider's word that something has changed about an
// order's charge. It is a hint: the provider is looked at, and that counts.
type PaymentNotice struct {
	ID string `json:"id"` // the provider's
	// OrderID is the order that it is about; "" when that is none of ours.
	OrderID string `json:"orderId"`
	Ref     string `json:"ref,omitempty"` // the provider's id of the charge
	What    string `json:"what"`          // the kind of notice, in the provider's words
}

// Glance names the order whose charge is to be looked at.
type Glance struct {
	OrderID string `json:"orderId"`
	// Confirms: the asker tells the order if its customer may have confirmed the payment. A
	// workflow of an earlier build does not ask that, and is not answered it.
	Confirms bool `json:"confirms,omitempty"`
}

// Looked is what a look at an order's charge has found. It is zero when nothing was
// charged for the order.
type Looked struct {
	Status   PaymentStatus `json:"status,omitempty"`
	Disputes []Dispute     `json:"disputes,omitempty"` // those that are open
	// Lost are those that the customer's bank has decided for the customer.
	Lost []Dispute `json:"lost,omitempty"`
	// Refunds are the keys of the refunds that are pending or have failed, or did before the look.
	Refunds []string `json:"refunds,omitempty"`
	// Failed are those of ours that have failed, whether the provider could not make them or
	// they were done before, one of a charge that was confirmed too late, though it is pending,
	// and the undo's own that was paid by hand while the undo has not ended.
	Failed []Entry `json:"failed,omitempty"`
	// GivenBack is what the undo's own refund has given back of a charge that the customer had
	// to confirm; nil while it has not, and of any other charge.
	GivenBack *Money `json:"givenBack,omitempty"`
	// Unconfirmed: it is still to be asked whether the customer has confirmed the charge.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
}
