package booking

import "time"

// EventType names a fact about an order or about something in the catalogue. Names never
// change their meaning; new facts get new names.
type EventType string

// Events of orders of every kind.
const (
	// PaymentApproved: the price was charged.
	PaymentApproved EventType = "PaymentApproved"
	// PaymentDeclinedEvent: the provider refused; no order was created.
	PaymentDeclinedEvent EventType = "PaymentDeclined"
	// PaymentCancelApproved: the charge was refunded, but for what the policy keeps.
	PaymentCancelApproved EventType = "PaymentCancelApproved"
	// PaymentRefunded: a part of the charge was refunded as goodwill; the order stays as it
	// is.
	PaymentRefunded EventType = "PaymentRefunded"
)

// Events of a lodging reservation.
const (
	// ReservationPlaced: a reservation was created, that is, it was paid for.
	ReservationPlaced EventType = "ReservationPlaced"
	// ReservationConfirmed: stock is held for every night.
	ReservationConfirmed EventType = "ReservationConfirmed"
	// ReservationStatusChanged: the reservation has reached the stable status that the
	// event carries.
	ReservationStatusChanged EventType = "ReservationStatusChanged"
	// ReservationCancelConfirmed: certainly no stock is held for it.
	ReservationCancelConfirmed EventType = "ReservationCancelConfirmed"
	// ReservationCanceled: the cancellation is complete.
	ReservationCanceled EventType = "ReservationCanceled"
	// ReservationChangeRequested: the owner has to confirm the change that the event
	// carries.
	ReservationChangeRequested EventType = "ReservationChangeRequested"
	// ReservationChanged: the reservation now has the nights and rooms that the event
	// carries.
	ReservationChanged EventType = "ReservationChanged"
	// ReservationChangeRefused: the reservation stays as it was.
	ReservationChangeRefused EventType = "ReservationChangeRefused"
)

// Events of an order that is delivered, or made and handed over.
const (
	// OrderPlaced: an order was created, that is, it was paid for.
	OrderPlaced EventType = "OrderPlaced"
	// DeliveryStarted: a courier has the order.
	DeliveryStarted EventType = "DeliveryStarted"
	// DeliveryCompleted: the courier has handed the order over.
	DeliveryCompleted EventType = "DeliveryCompleted"
	// DeliveryCanceled: the order is certainly not delivered.
	DeliveryCanceled EventType = "DeliveryCanceled"
	// ProductionStarted: the order is being made.
	ProductionStarted EventType = "ProductionStarted"
	// ProductionCompleted: the order was handed over.
	ProductionCompleted EventType = "ProductionCompleted"
	// ProductionCanceled: the order is certainly not made.
	ProductionCanceled EventType = "ProductionCanceled"
	// OrderCanceled: the cancellation is complete.
	OrderCanceled EventType = "OrderCanceled"
	// OrderChanged: the quantity is now the one that the event carries.
	OrderChanged EventType = "OrderChanged"
	// OrderChangeRefused: the quantity stays as it was.
	OrderChangeRefused EventType = "OrderChangeRefused"
)

// Events of a cleaning.
const (
	// CallPlaced: a call was created, that is, it was registered and paid for.
	CallPlaced EventType = "CallPlaced"
	// CleanerAssigned: the cleaner that the event carries will come.
	CleanerAssigned EventType = "CleanerAssigned"
	// CleaningCompleted: the cleaning was done.
	CleaningCompleted EventType = "CleaningCompleted"
	// AssignmentCanceled: certainly no cleaner is assigned.
	AssignmentCanceled EventType = "AssignmentCanceled"
	// CallCanceled: the cancellation is complete.
	CallCanceled EventType = "CallCanceled"
)

// EventTypes lists every type of event.
func EventTypes() []EventType { return append(OrderEvents(), CatalogueEvents()...) }

// OrderEvents lists the types of events of orders.
func OrderEvents() []EventType {
	return []EventType{
		PaymentApproved, PaymentDeclinedEvent, PaymentCancelApproved, PaymentRefunded,
		ReservationPlaced, ReservationConfirmed, ReservationStatusChanged, ReservationCancelConfirmed, ReservationCanceled,
		ReservationChangeRequested, ReservationChanged, ReservationChangeRefused,
		OrderPlaced, DeliveryStarted, DeliveryCompleted, DeliveryCanceled,
		ProductionStarted, ProductionCompleted, ProductionCanceled, OrderCanceled, OrderChanged, OrderChangeRefused,
		CallPlaced, CleanerAssigned, CleaningCompleted, AssignmentCanceled, CallCanceled,
	}
}

// Event is a fact about an order or about something in the catalogue, for readers of the
// feed.
type Event struct {
	// Key is the event's business key. The feed holds it once, however often it is
	// published.
	Key  string    `json:"id"`
	Type EventType `json:"type"`
	// Subject is the id of the order or of the thing in the catalogue.
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	// Data is set for events of orders, Catalogue for all others.
	Data      EventData      `json:"data,omitzero"`
	Catalogue *CatalogueData `json:"catalogue,omitempty"`
	// Cursor continues the feed after this event; set when it is read from the feed.
	Cursor string `json:"-"`
}

// EventData is the content of every event of an order: the order as it was then. It holds
// nothing Personal: events are kept for good, and readers of the feed read all of them.
type EventData struct {
	Kind       Kind   `json:"kind"`
	CustomerID string `json:"customerId"`
	OwnerID    string `json:"ownerId"`
	Item       Item   `json:"item"`
	Quantity   int    `json:"quantity"`
	Amount     Money  `json:"amount"`
	Status     Status `json:"status"`
	Reason     Reason `json:"reason,omitempty"`
	// By is the number of the person whose decision led to the status, absent if it was a
	// step or a timeout.
	By string `json:"by,omitempty"`
	// Payment is the state of the payment, from the first event about the payment on.
	Payment *EventPayment `json:"payment,omitempty"`
	// CheckIn and CheckOut are the first night of a stay and the day of departure.
	CheckIn  string `json:"checkIn,omitempty" format:"date"`
	CheckOut string `json:"checkOut,omitempty" format:"date"`
	// Freed are the nights that are free again after an early check-out.
	Freed *Nights `json:"freed,omitempty"`
	// Change is a change that is pending or was refused.
	Change *EventChange `json:"change,omitempty"`
	// Remaining is how many are left of the item, set if the order has changed that or
	// there were too few: of the nights of a stay, the one with the fewest.
	Remaining  *int             `json:"remaining,omitempty"`
	Delivery   *EventDelivery   `json:"delivery,omitempty"`   // if there is one
	Production *EventProduction `json:"production,omitempty"` // if there is one
	// Cleaner is set once a cleaner was assigned.
	Cleaner *Cleaner `json:"cleaner,omitempty"`
}

// EventChange is what a stay, or an order of drinks, becomes by the change.
type EventChange struct {
	CheckIn  string `json:"checkIn,omitempty" format:"date"`  // for a stay
	CheckOut string `json:"checkOut,omitempty" format:"date"` // for a stay
	Rooms    int    `json:"rooms,omitempty"`                  // for a stay
	Quantity int    `json:"quantity,omitempty"`               // for drinks
	Charge   Money  `json:"charge"`                           // the additional price
	Refund   Money  `json:"refund"`                           // the amount refunded
}

// EventPayment is the state of an order's payment.
type EventPayment struct {
	Status PaymentStatus `json:"status"`
	// Amount was charged, or was to be charged.
	Amount Money `json:"amount"`
	// Refunded is what the payment provider has refunded and, from the first partial refund
	// on, also what a bank took back or was paid by hand.
	Refunded Money `json:"refunded"`
	// Part is what was refunded by this event: no other event of the order reports it. It is set on
	// PaymentRefunded, and on PaymentCancelApproved unless an earlier build has made the refund.
	Part *Money `json:"part,omitempty"`
}

// EventDelivery is the status of an order's delivery.
type EventDelivery struct {
	Status JobStatus `json:"status"`
}

// EventProduction is the status of an order's production, and the day that it was ordered
// for.
type EventProduction struct {
	Status JobStatus `json:"status"`
	Date   string    `json:"date" format:"date"`
}

// Item is what was ordered.
type Item struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}
