package payments

import (
	"context"
	"fmt"
	"net/http"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// Names of providers.
const (
	NameSandbox = "sandbox"
	NameStripe  = "stripe"
)

// Provider is a payment provider, with all that the application asks of one.
type Provider struct {
	activities.PaymentProvider
	Notices NoticeReader
	Ledger  audit.ProviderLedger
}

// NoticeReader reads what a provider tells without being asked.
type NoticeReader interface {
	// Read reads a notice, which is a hint: the provider is asked what has changed. A
	// provider that does not sign its notices is asked before any of them counts.
	Read(ctx context.Context, body []byte, header http.Header) (booking.PaymentNotice, error)
}

// Providers is what providers are made of. Only that of the one that is asked for counts.
type Providers struct {
	Stripe        StripeOptions
	Sandbox       *Sandbox
	SandboxLedger audit.ProviderLedger
}

// Named is the provider of that name. It is the one place that names them all: another one
// is a file beside this one, a line here, and its keys among the settings.
//
// # A provider of the other shape
//
// Stripe is asked for the money and, where its customer has to confirm that, takes it by
// itself then. Others have the customer approve first, and take the money when we confirm:
// Toss Payments opens a window for an order id and an amount, the customer authenticates
// within 30 minutes, and comes back with a payment key; within 10 minutes we confirm by that
// key, the order id and the amount. The port has the same four steps for both:
//
//   - Charge asks for nothing yet. It answers *activities.ActionRequired: as the URL the page
//     that opens the window, as the Ref the order id there (the charge's key, which is unlike
//     for every charge of an order), and as ExpiresAt the end of the 30 minutes.
//   - Confirm gets the payment key from the customer's return, and confirms it with the order
//     id and the amount of the charge, not those that came back, under the charge's key as
//     Idempotency-Key: the provider refuses what was authenticated for another amount. Without
//     a return it looks the payment up by the order id: that tells whether it was taken, and
//     what is lost on the way back runs out. Its reference is the payment key.
//   - Void looks the payment up by the order id. What was never confirmed expires by itself,
//     and is not confirmed by us any more; what was is taken, and given back by the undo.
//   - Read finds the order in a notice. Notices are not signed: they are hints, as all are, and
//     the payment is fetched before anything follows from one.
//
// TestConfirming runs such a provider beside Stripe and the sandbox.
func Named(name string, of Providers) (Provider, error) {
	switch name {
	case NameSandbox:
		return Provider{of.Sandbox, of.Sandbox, of.SandboxLedger}, nil
	case NameStripe:
		s := NewStripe(of.Stripe)
		return Provider{s, s, s}, nil
	default:
		return Provider{}, fmt.Errorf("there is no payment provider %q", name)
	}
}
