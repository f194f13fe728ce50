package booking

// PaymentConfirmation asks what came of a charge that the customer has to confirm.
type PaymentConfirmation struct {
	Charge Charge `json:"charge"`
	// Back is what the customer brought back from the provider's page; zero when nobody came
	// back, or the provider has told of it.
	Back PaymentReturn `json:"back,omitzero"`
}
