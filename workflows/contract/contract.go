package contract

import (
	"encoding/json"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
)

// Task queues. Sagas run on the first one; a step that cannot be done in place is sent to
// the queue of its service.
const (
	SagasQueue         = "sagas"
	PaymentsQueue      = "payments"
	InventoryQueue     = "inventory"
	NotificationsQueue = "notifications"
	ManagementQueue    = "management"
	FulfilmentQueue    = "fulfilment"
	MypageQueue        = "mypage"

	// DeferredPaymentsQueue is the queue of deferred payments. A process that serves
	// PaymentsQueue serves it too.
	DeferredPaymentsQueue = "deferred-payments"
)

// Queues lists the task queues that a process may serve.
func Queues() []string {
	return []string{SagasQueue, PaymentsQueue, InventoryQueue, NotificationsQueue, ManagementQueue, FulfilmentQueue, MypageQueue}
}

// Workflow types that are not of orders. Those of orders are in the file of their kind; the
// id of an order's workflow is the order's id.
const (
	// DrinkDeletionWorkflow cancels the orders of a drink that is no longer sold.
	DrinkDeletionWorkflow = "DrinkDeletion"
	// RepairWorkflow corrects what a crash may have left behind.
	RepairWorkflow = "Repair"
)

// DrinkDeletionID is the id of the workflow that deletes the drink.
func DrinkDeletionID(drinkID string) string { return "deletion-" + drinkID }

// RepairSchedule is the id of the schedule that starts the repair.
const RepairSchedule = "repair"

// Queries.
const (
	// ViewQuery answers the current View.
	ViewQuery = "view"
	// DecisionQuery answers the View at the order's first decision, null before it.
	DecisionQuery = "decision"
	// UndecidedQuery answers whether an accepted decision waits for the outcome of another
	// one, which may be refused.
	UndecidedQuery = "undecided"
)

// Updates: decisions on a running order. Each answers the View once the decision has been
// carried out. A refused one fails with an application error whose type is a booking.Code.
const (
	ConfirmUpdate  = "confirm"
	RejectUpdate   = "reject"
	CancelUpdate   = "cancel"
	NoShowUpdate   = "no_show"
	ReturnUpdate   = "return"   // the customer returns from the payment provider; it carries a booking.PaymentReturn
	CompleteUpdate = "complete" // checked out early, delivered, handed over, cleaned
)

// Signals: what an order cannot refuse.
const (
	// ForceCancelSignal carries the Force for which an order is cancelled. ValidForce reports
	// which ones are valid.
	ForceCancelSignal = "force-cancel"
	// AssignedSignal carries the booking.Cleaner who has been assigned to a call that was
	// waiting for one.
	AssignedSignal = "assigned"
)

// Search attributes, by which operators list orders. Kind, customer, owner and item are set
// once at the start. Status is updated only at stable statuses, since each change costs an
// event in the history.
var (
	KindAttribute           = temporal.NewSearchAttributeKeyKeyword("OrderKind")
	CustomerAttribute       = temporal.NewSearchAttributeKeyKeyword("CustomerId")
	OwnerAttribute          = temporal.NewSearchAttributeKeyKeyword("OwnerId")
	ItemAttribute           = temporal.NewSearchAttributeKeyKeyword("ItemId")
	StatusAttribute         = temporal.NewSearchAttributeKeyKeyword("OrderStatus")
	NeedsAttentionAttribute = temporal.NewSearchAttributeKeyBool("NeedsAttention")
)

// KeywordAttributes lists the keyword attributes: all but NeedsAttentionAttribute.
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

// RequestHashMemo is the memo field with the hash of the request that started an order. It
// distinguishes a repeat from another request under the same key.
const RequestHashMemo = "requestHash"

// RequestHashIn reads the hash from a workflow's memo. It is "" if the memo has none, or a
// value of another type.
func RequestHashIn(memo *commonpb.Memo) (hash string) {
	if field := memo.GetFields()[RequestHashMemo]; field != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(field, &hash)
	}
	return hash
}

// Refusal is the detail of the application error by which an update is refused.
type Refusal struct {
	// View is the order at that time.
	View View `json:"view"`
	// After is how long after At a retry is worthwhile, 0 if unknown. The engine answers a
	// repeat under the same update id with the stored refusal, so the duration alone would
	// be wrong.
	After booking.Duration `json:"after,omitempty"`
	At    time.Time        `json:"at,omitzero"`
}

// Left is the time until a retry is worthwhile, 0 or less if it is now.
func (r Refusal) Left(now time.Time) time.Duration {
	if r.At.IsZero() {
		return time.Duration(r.After)
	}
	return r.At.Add(time.Duration(r.After)).Sub(now)
}

// Force is the reason of a cancellation that the order cannot refuse. By is the id of the person
// who decided so, "" without one.
type Force struct {
	Reason booking.Reason `json:"why"`
	By     string         `json:"by,omitempty"`
}

// UnmarshalJSON also accepts the reason alone, as an operator may send it.
func (f *Force) UnmarshalJSON(text []byte) error {
	type whole Force
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &f.Reason)
	}
	return json.Unmarshal(text, (*whole)(f))
}

// Decision is the input of an update by which a person decides.
type Decision struct {
	// Note is the caller's own words; they appear in the order's history.
	Note booking.Personal `json:"note,omitempty"`
	// By is the id of the person who decides, "" while authentication is off.
	By string `json:"by,omitempty"`
	// At is when the decision was made, set if it could not be delivered then. What was
	// allowed at that time is allowed. Zero, or in the future: now.
	At time.Time `json:"at,omitzero"`
	// Expect is the quote that the caller of a cancel has seen: with another quote the
	// cancel is refused. "" accepts any.
	Expect string `json:"expect,omitempty"`
	// StatusWhenDecided is the status in the read model when the cancel was decided, "" if unknown. It
	// counts if the order does not remember having reached that status: when the cancel is
	// applied again after a reset.
	StatusWhenDecided booking.Status `json:"stood,omitempty"`
	// Version is the order's version that the caller has seen: with another version the
	// decision is refused. 0 accepts any.
	Version int64 `json:"version,omitempty"`
	// Bytes is the size of an update that was too large to be sent to its workflow. It is
	// sent without anything else: see LargestUpdate.
	Bytes int `json:"bytes,omitempty"`
}
