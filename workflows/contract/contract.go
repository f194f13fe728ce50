package contract

import (
	"time"

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
	MypageQueue        = "mypage"
)

// Queues lists every task queue there is.
func Queues() []string {
	return []string{SagasQueue, PaymentsQueue, InventoryQueue, NotificationsQueue, MypageQueue}
}

// Workflow types. A workflow's id is the order's id.
const (
	LodgingWorkflow = "Lodging"
)

// Queries.
const (
	// ViewQuery answers the View as it is.
	ViewQuery = "view"
	// DecisionQuery answers the View at the order's first decision, null before it.
	DecisionQuery = "decision"
)

// Updates: decisions on a running order. Each answers the View once the
// decision has been carried out. A refused one is an application error whose
// type is a booking.Code.
const (
	ConfirmUpdate  = "confirm"
	RejectUpdate   = "reject"
	CancelUpdate   = "cancel"
	CompleteUpdate = "complete"
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

// RequestHashMemo is the memo field that holds the hash of the request that
// started an order, to tell a repeat from another request under the same key.
const RequestHashMemo = "requestHash"

// Policy is how a saga goes about its steps. It travels in the workflow's
// input: a setting would be read differently when a history is replayed.
type Policy struct {
	// InPlace: steps are tried in the worker's own process first.
	InPlace bool `json:"inPlace"`
	// AttentionAfter is how long an undo may keep failing before the order is
	// marked as needing attention.
	AttentionAfter time.Duration `json:"attentionAfter"`
}

// Lodging is what a lodging reservation starts with.
type Lodging struct {
	OrderID       string        `json:"orderId"`
	CustomerID    string        `json:"customerId"`
	Place         booking.Place `json:"place"`
	CheckIn       booking.Date  `json:"checkIn"`
	CheckOut      booking.Date  `json:"checkOut"`
	Rooms         int           `json:"rooms"`
	Amount        booking.Money `json:"amount"` // price × nights × rooms
	PaymentMethod string        `json:"paymentMethod"`
	RequestHash   string        `json:"requestHash,omitempty"`
	PlacedAt      time.Time     `json:"placedAt"`
	Policy        Policy        `json:"policy"`
}

// CheckInAt is the instant from which the guests may come.
func (l Lodging) CheckInAt() time.Time {
	return l.CheckIn.At(l.Place.CheckInTime, l.Place.Location())
}

// CheckOutAt is the instant at which the stay ends.
func (l Lodging) CheckOutAt() time.Time {
	return l.CheckOut.At(l.Place.CheckOutTime, l.Place.Location())
}

// View is the reservation as it stands before its workflow has run.
func (l Lodging) View() View {
	return View{
		ID: l.OrderID, Kind: booking.Lodging, CustomerID: l.CustomerID, OwnerID: l.Place.OwnerID,
		Item: booking.Item{ID: l.Place.ID, Name: l.Place.Name}, Quantity: l.Rooms, Amount: l.Amount,
		Status: booking.Received, History: []Entry{{Status: booking.Received, At: l.PlacedAt}},
		Stay: &Stay{CheckIn: l.CheckIn.String(), CheckOut: l.CheckOut.String()},
	}
}

// Decision is what the caller of an update adds to it.
type Decision struct {
	// Note is the caller's own words; they appear in the order's history.
	Note string `json:"note,omitempty"`
}
