package contract

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
)

// NoticesWorkflow handles the payment provider's notices of one order's payment. It has the
// order's search attributes except the kind, by which sagas are listed: see
// DisputedAttributes.
const NoticesWorkflow = "PaymentNotices"

// NoticeSignal carries a booking.PaymentNotice to that workflow. A notice is only a hint:
// the workflow retrieves the payment's state from the provider.
const NoticeSignal = "notice"

// PaymentNoticeSignal reports to a saga, or to the workflow of a refund, that the state of
// the order's payment has changed. Calls that wait for money are then made again at once.
const PaymentNoticeSignal = "payment-notice"

// NoticesWorkflowID is the id of the workflow that handles the order's notices.
func NoticesWorkflowID(orderID string) string { return orderID + "/notices" }

// Notices is the input of that workflow. Zero fields use the defaults.
type Notices struct {
	OrderID string `json:"orderId"`
	// Checks is how often one run retrieves the payment's state before it continues as new.
	Checks int `json:"looks,omitempty"`
	// ChecksWithoutNotice is how often the workflow has retrieved it without a notice, since the last
	// notice.
	ChecksWithoutNotice int `json:"alone,omitempty"`
	// Marked: the workflow's search attributes say that the order needs attention.
	Marked bool `json:"marked,omitempty"`
	// Open has the disputes that were open at the last retrieval: by their ids, the time
	// until which evidence is accepted.
	Open map[string]time.Time `json:"open,omitempty"`
	// Lost are the ids of the lost disputes of which the order's owner was notified.
	Lost []string `json:"lost,omitempty"`
	// Late: the order's customer was notified of the refund of a payment that arrived after
	// the order's end.
	Late bool `json:"late,omitempty"`
}

// checksPerRun is the default of Notices.Checks; a run then has some 3,000 events.
const checksPerRun = 100

// Normalized is the input with defaults for missing values. In the workflow's first run it drops
// progress that the input claims.
func (n Notices) Normalized(firstRun bool) Notices {
	if firstRun {
		n = Notices{OrderID: n.OrderID, Checks: n.Checks}
	}
	n.Checks, n.ChecksWithoutNotice = within(n.Checks, checksPerRun), max(0, n.ChecksWithoutNotice)
	return n
}

// Check returns Invalid if the input names no order.
func (n Notices) Check() error {
	var is objections
	is.unless(booking.IsOrderID("", n.OrderID), "orderId", "is not the id of an order")
	return is.err()
}

// DisputedAttributes are the search attributes by which operators find an order whose
// payment is disputed, whether its saga runs or has ended. They have no OrderKind, since
// only sagas have one.
func DisputedAttributes(customerID, ownerID, itemID string) []temporal.SearchAttributeUpdate {
	return []temporal.SearchAttributeUpdate{
		NeedsAttentionAttribute.ValueSet(true), CustomerAttribute.ValueSet(customerID),
		OwnerAttribute.ValueSet(ownerID), ItemAttribute.ValueSet(itemID),
	}
}
