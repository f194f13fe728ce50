package booking

// PaymentConfirmation requests the result of a charge that the customer has to confirm.
type PaymentConfirmation struct {
	Charge Charge `json:"charge"`
	// Back is what the customer's browser brought back from the provider's page; zero if it
	// brought nothing, or the provider has sent a notice instead.
	Back PaymentReturn `json:"back,omitzero"`
}
