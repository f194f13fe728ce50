package booking

import "time"

// EventType names a fact about an order, or about something that can be
// ordered. Names never change meaning; new facts get new names.
type EventType string

// The facts about orders of every kind.
const (
	// PaymentApproved: its price was charged.
	PaymentApproved EventType = "PaymentApproved"
	// PaymentDeclinedEvent: the provider refused; no order came into being.
	PaymentDeclinedEvent EventType = "PaymentDeclined"
	// PaymentCancelApproved: the charge was given back, but for what the policy keeps.
	PaymentCancelApproved EventType = "PaymentCancelApproved"
	// PaymentRefunded: a part of the charge was given back as goodwill; the order stays
	// as it is.
	PaymentRefunded EventType = "PaymentRefunded"
)

// The facts of a lodging reservation.
const (
	// ReservationPlaced: a reservation came into being, that is, it was paid for.
	ReservationPlaced EventType = "ReservationPlaced"
	// ReservationConfirmed: stock is held for every night.
	ReservationConfirmed EventType = "ReservationConfirmed"
	// ReservationStatusChanged: the reservation came to rest in the status that the event carries.
	ReservationStatusChanged EventType = "ReservationStatusChanged"
	// ReservationCancelConfirmed: it is certain that no stock is held for it.
	ReservationCancelConfirmed EventType = "ReservationCancelConfirmed"
	// ReservationCanceled: the cancellation is complete.
	ReservationCanceled EventType = "ReservationCanceled"
	// ReservationChangeRequested: the owner is to confirm the change that the event carries.
	ReservationChangeRequested EventType = "ReservationChangeRequested"
	// ReservationChanged: the nights or rooms are those that the event carries.
	ReservationChanged EventType = "ReservationChanged"
	// ReservationChangeRefused: the reservation stays as it was.
	ReservationChangeRefused EventType = "ReservationChangeRefused"
)

// The facts of an order that is delivered, or made and handed over.
const (
	// OrderPlaced: an order came into being, that is, it was paid for.
	OrderPlaced EventType = "OrderPlaced"
	// DeliveryStarted: a courier has it.
	DeliveryStarted EventType = "DeliveryStarted"
	// DeliveryCompleted: the courier has handed it over.
	DeliveryCompleted EventType = "DeliveryCompleted"
	// DeliveryCanceled: it is certain that nobody delivers it.
	DeliveryCanceled EventType = "DeliveryCanceled"
	// ProductionStarted: it is being made.
	ProductionStarted EventType = "ProductionStarted"
	// ProductionCompleted: it was handed over.
	ProductionCompleted EventType = "ProductionCompleted"
	// ProductionCanceled: it is certain that nobody makes it.
	ProductionCanceled EventType = "ProductionCanceled"
	// OrderCanceled: the cancellation is complete.
	OrderCanceled EventType = "OrderCanceled"
	// OrderChanged: as much is ordered as the event carries.
	OrderChanged EventType = "OrderChanged"
	// OrderChangeRefused: as much is ordered as before.
	OrderChangeRefused EventType = "OrderChangeRefused"
)

// The facts of a cleaning.
const (
	// CallPlaced: a call came into being, that is, it was registered and paid for.
	CallPlaced EventType = "CallPlaced"
	// CleanerAssigned: the cleaner that the event carries will come.
	CleanerAssigned EventType = "CleanerAssigned"
	// CleaningCompleted: the cleaning was done.
	CleaningCompleted EventType = "CleaningCompleted"
	// AssignmentCanceled: it is certain that nobody is assigned.
	AssignmentCanceled EventType = "AssignmentCanceled"
	// CallCanceled: the cancellation is complete.
	CallCanceled EventType = "CallCanceled"
)

// EventTypes lists every type of event.
func EventTypes() []EventType { return append(OrderEvents(), CatalogueEvents()...) }

// OrderEvents lists the types of the events about orders.
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

// Event is a fact about an order or about something that can be ordered, for
// the readers of the feed.
type Event struct {
	// Key is the event's business key. The feed holds it once, however often
	// it is published.
	Key  string    `json:"id"`
	Type EventType `json:"type"`
	// Subject is the id of the order, or of what can be ordered.
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	// Data is of an event about an order, Catalogue of any other.
	Data      EventData      `json:"data,omitzero"`
	Catalogue *CatalogueData `json:"catalogue,omitempty"`
	// Cursor to go on from after this event; set when it is read from the feed.
	Cursor string `json:"-"`
}

// EventData is what every event about an order tells of it, as it stood then. It
// holds nothing Personal: events stay for good, and readers of the feed read all.
type EventData struct {
	Kind       Kind   `json:"kind"`
	CustomerID string `json:"customerId"`
	OwnerID    string `json:"ownerId"`
	Item       Item   `json:"item"`
	Quantity   int    `json:"quantity"`
	Amount     Money  `json:"amount"`
	Status     Status `json:"status"`
	Reason     Reason `json:"reason,omitempty"`
	// By is the number of the one who decided that the order is in its status, absent
	// when nobody did: a step, or time, brought it there.
	By string `json:"by,omitempty"`
	// Payment is what has come of it, once the feed has told of a payment.
	Payment *EventPayment `json:"payment,omitempty"`
	// CheckIn and CheckOut are the first night of a stay and the day of departure.
	CheckIn  string `json:"checkIn,omitempty" format:"date"`
	CheckOut string `json:"checkOut,omitempty" format:"date"`
	// Freed are the nights that are free again, once guests have left early.
	Freed *Nights `json:"freed,omitempty"`
	// Change is a change that is under way, or was refused.
	Change *EventChange `json:"change,omitempty"`
	// Remaining is how many are left of the item, set where the order has changed
	// that, or there were too few: of a stay's nights, the one with the fewest.
	Remaining  *int             `json:"remaining,omitempty"`
	Delivery   *EventDelivery   `json:"delivery,omitempty"`   // where there is one
	Production *EventProduction `json:"production,omitempty"` // ditto
	// Cleaner is set once one was assigned.
	Cleaner *Cleaner `json:"cleaner,omitempty"`
}

// EventChange is what a stay, or an order of drinks, is to become.
type EventChange struct {
	CheckIn  string `json:"checkIn,omitempty" format:"date"`  // of a stay
	CheckOut string `json:"checkOut,omitempty" format:"date"` // ditto
	Rooms    int    `json:"rooms,omitempty"`                  // ditto
	Quantity int    `json:"quantity,omitempty"`               // of drinks
	Charge   Money  `json:"charge"`                           // what it costs more
	Refund   Money  `json:"refund"`                           // what it gives back
}

// EventPayment is what has come of an order's payment.
type EventPayment struct {
	Status PaymentStatus `json:"status"`
	// Amount was charged, or was to be.
	Amount Money `json:"amount"`
	// Refunded is what has gone back of it: what the payment provider has given back and,
	// from the first refund in part on, also what a bank took back or was paid by hand.
	Refunded Money `json:"refunded"`
	// Part is what was given back of it now; set on PaymentRefunded only.
	Part *Money `json:"part,omitempty"`
}

// EventDelivery is where the delivery of an order stands.
type EventDelivery struct {
	Status JobStatus `json:"status"`
}

// EventProduction is where the production of an order stands, and for which day
// that was ordered.
type EventProduction struct {
	Status JobStatus `json:"status"`
	Date   string    `json:"date" format:"date"`
}

// Item is what was ordered.
type Item struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}
