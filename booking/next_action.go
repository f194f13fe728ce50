package booking

import "time"

// NextAction is what the customer has to do before a charge is made.
type NextAction struct {
	Type string `json:"type"` // Redirect
	// URL is the provider's page where the customer confirms the charge. It leads back to
	// the charge's ReturnTo.
	URL string `json:"url,omitempty"`
	// ExpiresAt is the provider's deadline for the confirmation; zero if there is none.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// Redirect is the type of a NextAction on one of the provider's pages.
const Redirect = "redirect"

// PaymentReturn is what a customer's browser brings back from the page where the charge is
// confirmed. It proves nothing, because it comes from the browser: the charge is retrieved from
// the provider, and its amount and order have to match.
type PaymentReturn struct {
	PaymentKey string `json:"paymentKey,omitempty"` // the provider's id of the payment
	Amount     int64  `json:"amount,omitempty"`     // in the minor unit of the charge's currency
}
