package booking

// KeptMethod is a payment method that the payment provider keeps for a customer's next order.
type KeptMethod struct {
	ID   string // the provider's token, which pays for orders of this customer only
	Type string // in the provider's words, such as card
	// The following fields are those of a card.
	Brand             string // such as visa
	Last4             string // the last digits of its number
	ExpMonth, ExpYear int
}
