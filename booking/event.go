package booking

import "time"

// EventType names a fact about an order. Names never change meaning; new
// facts get new names.
type EventType string

// The facts of a lodging reservation.
const (
	// ReservationPlaced: a reservation came into being, that is, it was paid for.
	ReservationPlaced EventType = "ReservationPlaced"
	// PaymentApproved: its price was charged.
	PaymentApproved EventType = "PaymentApproved"
	// PaymentDeclinedEvent: the provider refused; no reservation came into being.
	PaymentDeclinedEvent EventType = "PaymentDeclined"
	// ReservationConfirmed: stock is held for every night.
	ReservationConfirmed EventType = "ReservationConfirmed"
	// ReservationStatusChanged: the reservation came to rest in the status that the event carries.
	ReservationStatusChanged EventType = "ReservationStatusChanged"
	// ReservationCancelConfirmed: it is certain that no stock is held for it.
	ReservationCancelConfirmed EventType = "ReservationCancelConfirmed"
	// PaymentCancelApproved: the charge was given back.
	PaymentCancelApproved EventType = "PaymentCancelApproved"
	// ReservationCanceled: the cancellation is complete.
	ReservationCanceled EventType = "ReservationCanceled"
)

// Event is a fact about an order, told to whoever follows the feed.
type Event struct {
	// Key is the event's business key. The feed holds it once, however often
	// it is published.
	Key     string    `json:"id"`
	Type    EventType `json:"type"`
	OrderID string    `json:"orderId"`
	At      time.Time `json:"at"`
	Data    EventData `json:"data"`
}

// EventData is what every event tells of its order, as it stood then.
type EventData struct {
	Kind       Kind   `json:"kind"`
	CustomerID string `json:"customerId"`
	OwnerID    string `json:"ownerId"`
	Item       Item   `json:"item"`
	Quantity   int    `json:"quantity"`
	Amount     Money  `json:"amount"`
	Status     Status `json:"status"`
	Reason     Reason `json:"reason,omitempty"`
}

// Item is what was ordered.
type Item struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}
