package booking

import "time"

// MessageType is the type of a message.
type MessageType string

// The messages about orders. Each "cancelled" withdraws the ones above it.
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

// DecisionNotDoneMessage says that a decision that could not be delivered when it was made was
// not carried out later. It is never withdrawn.
const DecisionNotDoneMessage MessageType = "decision_not_done"

// NoShowMessage notifies a customer that their stay is cancelled because its guests did not come.
// It is never withdrawn.
const NoShowMessage MessageType = "no_show"

// The messages about refunds of a part, by staff or for nights that are free because guests
// left early, and about failed refunds of cancelled orders. They are never withdrawn.
const (
	RefundedMessage     MessageType = "refunded"      // a part was refunded, or a refund after a refund_failed message
	RefundFailedMessage MessageType = "refund_failed" // a refund that was begun has failed and needs a person
	RefundEndedMessage  MessageType = "refund_ended"  // such a refund is not made any more: its money was refunded otherwise
)

// LatePaymentMessage notifies a customer that a payment that came after the order's end was
// refunded. It is never withdrawn.
const LatePaymentMessage MessageType = "late_payment_returned"

// The messages about changes of a reservation. They are never withdrawn.
const (
	ChangeToDecideMessage MessageType = "reservation_change_to_decide" // its owner has to decide on the change
	ChangedMessage        MessageType = "reservation_changed"          // it has other nights or rooms now
	ChangeRefusedMessage  MessageType = "reservation_change_refused"   // it is not changed
)

// OrderChangedMessage says that the quantity of ordered drinks was changed. It is never
// withdrawn.
const OrderChangedMessage MessageType = "order_changed"

// DisputeLostMessage notifies an owner that the customer's bank has taken back what was paid. It is
// never withdrawn.
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

// MessageData is what a message contains about its order. Only the fields that the words of the
// message need are set, so that each recipient gets no more than that. It contains nothing
// Personal: that is shown by the recipient's order.
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
	Refund        *Money   `json:"refund,omitempty" doc:"What is refunded of what was paid, or was taken back by a bank"`
	// Decision is a decision that the recipient, or a member of it, has made, and Status the
	// order's status when the decision reached it.
	Decision string `json:"decision,omitempty" enum:"confirm,reject,cancel,complete,no_show,resolve" doc:"What the recipient had decided"`
	Status   Status `json:"status,omitempty" doc:"Status that the order had when the decision reached it"`
}

// Message is a message to an owner, a customer or a cleaner. Its Key makes it unique. Words
// renders it.
type Message struct {
	Key         string      `json:"id"`
	OrderID     string      `json:"orderId"`
	RecipientID string      `json:"recipientId"`
	Type        MessageType `json:"type"`
	Data        MessageData `json:"data,omitzero"`
	// Reason is why an earlier message is withdrawn; set on the message that withdraws it.
	Reason Reason `json:"reason,omitempty"`
	// Text is set instead of Data on messages of earlier builds.
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"`
}
