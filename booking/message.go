package booking

import "time"

// Message is a notice to an owner or a customer. Its Key makes it one of a kind.
type Message struct {
	Key         string    `json:"id"`
	OrderID     string    `json:"orderId"`
	RecipientID string    `json:"recipientId"`
	Type        string    `json:"type" doc:"What it is about, e.g. reservation_placed"`
	Text        string    `json:"text"`
	At          time.Time `json:"at"`
}
