package booking

import "time"

// MessageType is what a message tells its recipient.
type MessageType string

// The messages about orders. Each "cancelled" takes back the ones above it.
const (
	ReservationPlacedMessage    MessageType = "reservation_placed"    // a reservation was made, which needs no decision
	ReservationToDecideMessage  MessageType = "reservation_to_decide" // a reservation was made, which its owner has to decide on
	ReservationCancelledMessage MessageType = "reservation_cancelled"

	PaymentDeferredMessage  MessageType = "payment_deferred"   // the payment follows later
	PaymentToConfirmMessage MessageType = "payment_to_confirm" // the customer has to confirm the payment that followed
	OrderPlacedMessage      MessageType = "order_placed"       // something was ordered
	OrderCancelledMessage   MessageType = "order_cancelled"

	CleanerAssignedMessage     MessageType = "cleaner_assigned" // a cleaner will come, and which one
	AssignmentCancelledMessage MessageType = "assignment_cancelled"

	CallConfirmedMessage MessageType = "call_confirmed" // a cleaner was found
	CallAssignedMessage  MessageType = "call_assigned"  // the recipient is the cleaner
	CallCancelledMessage MessageType = "call_cancelled"
)

// DecisionNotDoneMessage tells that a decision which could not be delivered when it
// was made was not carried out afterwards. Nothing takes it back.
const DecisionNotDoneMessage MessageType = "decision_not_done"

// NoShowMessage tells a customer that their stay is cancelled since nobody came. Nothing
// takes it back.
const NoShowMessage MessageType = "no_show"

// The messages about refunds in part, by staff and of nights that guests who left early do
// not use, and about those of cancelled orders that have failed. Nothing takes them back.
const (
	RefundedMessage     MessageType = "refunded"      // a part of what was paid was given back, or a refund of which it was told that it had failed
	RefundFailedMessage MessageType = "refund_failed" // a refund that was begun could not be made; a person sees to it
	RefundEndedMessage  MessageType = "refund_ended"  // such a refund is not made any more: its money was given back otherwise
)

// LatePaymentMessage tells a customer that a payment which came after the order's end was
// given back. Nothing takes it back.
const LatePaymentMessage MessageType = "late_payment_returned"

// The messages about changes of a reservation. Nothing takes them back.
const (
	ChangeToDecideMessage MessageType = "reservation_change_to_decide" // its owner has to decide on the change
	ChangedMessage        MessageType = "reservation_changed"          // it is for other nights or rooms now
	ChangeRefusedMessage  MessageType = "reservation_change_refused"   // it stays as it was
)

// OrderChangedMessage tells that another quantity of drinks is ordered now. Nothing takes
// it back.
const OrderChangedMessage MessageType = "order_changed"

// DisputeLostMessage tells an owner that the customer's bank has taken back what was paid.
// Nothing takes it back.
const DisputeLostMessage MessageType = "dispute_lost"

// MessageTypes lists every type of messages.
func MessageTypes() []MessageType {
	return []MessageType{
		ReservationPlacedMessage, ReservationToDecideMessage, ReservationCancelledMessage,
		PaymentDeferredMessage, PaymentToConfirmMessage, OrderPlacedMessage, OrderCancelledMessage,
		CleanerAssignedMessage, AssignmentCancelledMessage,
		CallConfirmedMessage, CallAssignedMessage, CallCancelledMessage, DecisionNotDoneMessage,
		NoShowMessage,
		RefundedMessage, RefundFailedMessage, RefundEndedMessage, LatePaymentMessage, DisputeLostMessage,
		ChangeToDecideMessage, ChangedMessage, ChangeRefusedMessage, OrderChangedMessage,
	}
}

// Addressee is the part that the recipient of a message has in the order.
type Addressee string

// The parts that recipients have.
const (
	ForCustomer Addressee = "customer"
	ForOwner    Addressee = "owner" // of what was ordered
	ForCleaner  Addressee = "cleaner"
)

// Addressees lists every part.
func Addressees() []Addressee { return []Addressee{ForCustomer, ForOwner, ForCleaner} }

// MessageData is what a message says of its order. A field that the words of
// the message do not need is not set: each recipient reads no more than that. It
// holds nothing Personal: the recipient's order shows that.
type MessageData struct {
	Kind     Kind      `json:"kind" doc:"Kind of the order"`
	For      Addressee `json:"for" doc:"Part that the recipient has in the order"`
	Item     string    `json:"item,omitempty" doc:"Name of what was ordered"`
	Quantity int       `json:"quantity,omitempty" doc:"How many of the item: rooms, portions or cups, for example"`
	From     Date      `json:"from,omitzero" format:"date" doc:"First night of a stay"`
	To       Date      `json:"to,omitzero" format:"date" doc:"Day of departure"`
	Date     Date      `json:"date,omitzero" format:"date" doc:"Day that it was ordered for"`
	// ConfirmWithin runs from the time of the message.
	ConfirmWithin Duration `json:"confirmWithin,omitempty" doc:"How long the owner may take to decide, or the customer to confirm the payment" example:"24h"`
	CustomerID    string   `json:"customerId,omitempty" doc:"Who placed the order"`
	Cleaner       string   `json:"cleaner,omitempty" doc:"Name of the cleaner"`
	Refund        *Money   `json:"refund,omitempty" doc:"What is given back of what was paid, or was taken back by a bank"`
	// Decision is one that the recipient, or a member of it, has made, and Status where the order stood
	// when it came.
	Decision string `json:"decision,omitempty" enum:"confirm,reject,cancel,complete,no_show,resolve" doc:"What the recipient had decided"`
	Status   Status `json:"status,omitempty" doc:"Status that the order had when the decision reached it"`
}

// Message is a notice to an owner, a customer or a cleaner. Its Key makes it one
// of a kind. Words renders it.
type Message struct {
	Key         string      `json:"id"`
	OrderID     string      `json:"orderId"`
	RecipientID string      `json:"recipientId"`
	Type        MessageType `json:"type"`
	Data        MessageData `json:"data,omitzero"`
	// Reason is why another message is taken back; set on the one that does so.
	Reason Reason `json:"reason,omitempty"`
	// Text is set instead of Data on messages of earlier builds.
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"`
}
