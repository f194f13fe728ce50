package contract

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
)

// NoticesWorkflow follows what the payment provider says of one order's payment. Its
// search attributes are the order's, without the kind, by which sagas are listed: see
// DisputedAttributes.
const NoticesWorkflow = "PaymentNotices"

// NoticeSignal carries a booking.PaymentNotice to that workflow. A notice is a hint: what
// has become of the payment is looked up.
const NoticeSignal = "notice"

// PaymentNoticeSignal tells a saga, or a refund of its own, that something has become of
// the order's payment. What waits for money asks for it at once.
const PaymentNoticeSignal = "payment-notice"

// NoticesWorkflowID is the id of the workflow that follows the order's notices.
func NoticesWorkflowID(orderID string) string { return orderID + "/notices" }

// Notices is what that workflow starts with. Fields of zero use the defaults.
type Notices struct {
	OrderID string `json:"orderId"`
	// Looks is how often one run looks at the payment, before it continues as new.
	Looks int `json:"looks,omitempty"`
	// Alone is how often the workflow has looked by itself since it heard of a notice.
	Alone int `json:"alone,omitempty"`
	// Marked: the workflow's search attributes say that the order is disputed.
	Marked bool `json:"marked,omitempty"`
	// Open are the disputes that were open at the last look, by their ids: until when
	// evidence is taken.
	Open map[string]time.Time `json:"open,omitempty"`
	// Lost are the ids of the disputes that the order's owner was told to be lost.
	Lost []string `json:"lost,omitempty"`
	// Late: the order's customer was told that a payment was given back which came too late.
	Late bool `json:"late,omitempty"`
}

// noticeLooks is the default of Notices.Looks: some 3,000 events.
const noticeLooks = 100

// Sane is the input with defaults for what is missing. When the workflow begins it has
// not done anything yet, whatever its input says.
func (n Notices) Sane(begins bool) Notices {
	if begins {
		n = Notices{OrderID: n.OrderID, Looks: n.Looks}
	}
	n.Looks, n.Alone = within(n.Looks, noticeLooks), max(0, n.Alone)
	return n
}

// Check is an Invalid if there can be no order that these are about.
func (n Notices) Check() error {
	var is objections
	is.unless(booking.IsOrderID("", n.OrderID), "orderId", "is not the id of an order")
	return is.err()
}

// DisputedAttributes are the search attributes by which operators find an order whose
// payment is disputed, whether its saga runs or has ended. It has no OrderKind: what has
// one is a saga.
func DisputedAttributes(customerID, ownerID, itemID string) []temporal.SearchAttributeUpdate {
	return []temporal.SearchAttributeUpdate{
		NeedsAttentionAttribute.ValueSet(true), CustomerAttribute.ValueSet(customerID),
		OwnerAttribute.ValueSet(ownerID), ItemAttribute.ValueSet(itemID),
	}
}
