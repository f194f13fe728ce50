package contract

import (
	"encoding/json"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
)

// Task queues. Sagas run on the first; a step that cannot be done in place
// goes to the queue of its service.
const (
	SagasQueue         = "sagas"
	PaymentsQueue      = "payments"
	InventoryQueue     = "inventory"
	NotificationsQueue = "notifications"
	ManagementQueue    = "management"
	FulfilmentQueue    = "fulfilment"
	MypageQueue        = "mypage"

	// DeferredPaymentsQueue is the line of the payments that had to wait.
	// Whoever serves PaymentsQueue serves it too.
	DeferredPaymentsQueue = "deferred-payments"
)

// Queues lists the task queues that a process may serve.
func Queues() []string {
	return []string{SagasQueue, PaymentsQueue, InventoryQueue, NotificationsQueue, ManagementQueue, FulfilmentQueue, MypageQueue}
}

// Workflow types that are no order's. Those of orders stand in the file of their
// kind; the id of an order's workflow is the order's id.
const (
	// DrinkDeletionWorkflow cancels the orders of a drink that is no longer sold.
	DrinkDeletionWorkflow = "DrinkDeletion"
	// RepairWorkflow puts right what a crash may have left behind.
	RepairWorkflow = "Repair"
)

// DrinkDeletionID is the id of the workflow that deletes the drink.
func DrinkDeletionID(drinkID string) string { return "deletion-" + drinkID }

// RepairSchedule is the id of the schedule that starts the repair.
const RepairSchedule = "repair"

// Queries.
const (
	// ViewQuery answers the View as it is.
	ViewQuery = "view"
	// DecisionQuery answers the View at the order's first decision, null before it.
	DecisionQuery = "decision"
	// UndecidedQuery answers whether a decision that the order has taken waits
	// for the outcome of another one, which may be refused.
	UndecidedQuery = "undecided"
)

// Updates: decisions on a running order. Each answers the View once the
// decision has been carried out. A refused one is an application error whose
// type is a booking.Code.
const (
	ConfirmUpdate  = "confirm"
	RejectUpdate   = "reject"
	CancelUpdate   = "cancel"
	NoShowUpdate   = "no_show"
	ReturnUpdate   = "return"   // the customer is back from the payment provider; it carries a booking.PaymentReturn
	CompleteUpdate = "complete" // checked out early, delivered, handed over, cleaned
)

// Signals: what an order is told, and cannot refuse.
const (
	// ForceCancelSignal carries the Force by which an order is undone, one of those
	// that Forces knows.
	ForceCancelSignal = "force-cancel"
	// AssignedSignal carries the booking.Cleaner who has been assigned to a
	// call that was waiting for one.
	AssignedSignal = "assigned"
)

// Search attributes: what operators list orders by. Kind, customer, owner and
// item are set once at the start. Status is brought up to date where an order
// comes to rest, since each change costs the engine an event.
var (
	KindAttribute           = temporal.NewSearchAttributeKeyKeyword("OrderKind")
	CustomerAttribute       = temporal.NewSearchAttributeKeyKeyword("CustomerId")
	OwnerAttribute          = temporal.NewSearchAttributeKeyKeyword("OwnerId")
	ItemAttribute           = temporal.NewSearchAttributeKeyKeyword("ItemId")
	StatusAttribute         = temporal.NewSearchAttributeKeyKeyword("OrderStatus")
	NeedsAttentionAttribute = temporal.NewSearchAttributeKeyBool("NeedsAttention")
)

// KeywordAttributes lists the attributes that are keywords: all but
// NeedsAttentionAttribute.
func KeywordAttributes() []temporal.SearchAttributeKeyKeyword {
	return []temporal.SearchAttributeKeyKeyword{KindAttribute, CustomerAttribute, OwnerAttribute, ItemAttribute, StatusAttribute}
}

// Attributes are the search attributes that an order starts with.
func Attributes(v View) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		KindAttribute.ValueSet(string(v.Kind)),
		CustomerAttribute.ValueSet(v.CustomerID),
		OwnerAttribute.ValueSet(v.OwnerID),
		ItemAttribute.ValueSet(v.Item.ID),
		StatusAttribute.ValueSet(string(v.Status)),
		NeedsAttentionAttribute.ValueSet(false),
	)
}

// RequestHashMemo is the memo field that holds the hash of the request that
// started an order, to tell a repeat from another request under the same key.
const RequestHashMemo = "requestHash"

// RequestHashIn reads the hash out of a workflow's memo, "" when it has none. A
// memo in which something else stands under its name has none.
func RequestHashIn(memo *commonpb.Memo) (hash string) {
	if field := memo.GetFields()[RequestHashMemo]; field != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(field, &hash)
	}
	return hash
}

// Refusal is the detail of the application error by which an update is refused.
type Refusal struct {
	// View is the order as it stood then.
	View View `json:"view"`
	// After is how long after At it is worth asking again, 0 where that is not
	// known. The engine answers a repeat under the same update id with the
	// refusal of then.
	After booking.Duration `json:"after,omitempty"`
	At    time.Time        `json:"at,omitzero"`
}

// Left is how long it still is until it is worth asking again, 0 or less once
// it is.
func (r Refusal) Left(now time.Time) time.Duration {
	if r.At.IsZero() {
		return time.Duration(r.After)
	}
	return r.At.Add(time.Duration(r.After)).Sub(now)
}

// Force is why an order is undone that was not asked, and by whose decision, "" for
// nobody's.
type Force struct {
	Why booking.Reason `json:"why"`
	By  string         `json:"by,omitempty"`
}

// UnmarshalJSON reads the reason alone, too: an operator may send it.
func (f *Force) UnmarshalJSON(text []byte) error {
	type whole Force
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &f.Why)
	}
	return json.Unmarshal(text, (*whole)(f))
}

// Decision is what the caller of an update adds to it.
type Decision struct {
	// Note is the caller's own words; they appear in the order's history.
	Note booking.Personal `json:"note,omitempty"`
	// By is the id of the one who decides, "" while authentication is off.
	By string `json:"by,omitempty"`
	// At is when the decision was made, of one that could not be delivered then. What
	// was allowed then is allowed. Zero, or in the future: now.
	At time.Time `json:"at,omitzero"`
	// Expect is the quote that the caller of a cancel was shown: with another one
	// the cancel is refused. "" is any.
	Expect string `json:"expect,omitempty"`
	// Stood is the status that the order had when it was decided to cancel it, as the read model had
	// it, "" where that is not known. It counts when the order does not remember having come so
	// far: when a reset has the cancel applied again.
	Stood booking.Status `json:"stood,omitempty"`
	// Version is the one of the order that the caller has seen: with another one the
	// decision is refused. 0 is any.
	Version int64 `json:"version,omitempty"`
	// Bytes is how large the update was, of one that was too large to be handed
	// to its workflow. Nothing else is left of it. See LargestUpdate.
	Bytes int `json:"bytes,omitempty"`
}
