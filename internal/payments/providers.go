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

// Provider is a payment provider with everything that the application needs from it.
type Provider struct {
	activities.PaymentProvider
	Notices NoticeReader
	Ledger  audit.ProviderLedger
	// Methods is nil if the provider keeps no payment methods of customers.
	Methods MethodKeeper
}

// NoticeReader reads the notices of a provider.
type NoticeReader interface {
	// Read reads a notice. A notice is a hint: what has changed is retrieved from the provider.
	// If a provider does not sign its notices, a notice counts only after that.
	Read(ctx context.Context, body []byte, header http.Header) (booking.PaymentNotice, error)
}

// Providers are the options of all providers. Only those of the chosen one are used.
type Providers struct {
	Stripe        StripeOptions
	Sandbox       *Sandbox
	SandboxLedger audit.ProviderLedger
}

// Named is the provider of that name. It is the one place that names them all. Another
// provider needs a file beside this one, a line here, and its keys among the settings.
//
// # A provider of the other shape
//
// Stripe gets one request for a charge and, if the customer has to confirm it, completes it
// without a further request. With other providers the customer approves first, and the charge is
// made when we confirm it. Toss Payments opens a window for an order id and an amount, the
// customer authenticates within 30 minutes, and returns with a payment key; within 10 minutes we
// confirm with that key, the order id and the amount. The port has the same four steps for both:
//
//   - Charge makes no request. It returns *activities.ActionRequired: its URL is the page that
//     opens the window, its Ref is the order id at the provider (the charge's key, which
//     differs for every charge of an order), and its ExpiresAt is the end of the 30 minutes.
//   - Confirm gets the payment key from the customer's return. It confirms with the order id
//     and the amount of the charge, not with those that came back, under the charge's key as
//     Idempotency-Key: the provider refuses an authentication for another amount. Without a
//     return it looks the payment up by the order id, which shows whether the charge was made;
//     a payment whose return is lost expires. Its reference is the payment key.
//   - Void looks the payment up by the order id. A payment that was not confirmed expires, and
//     is not confirmed afterwards; one that was confirmed is charged, and the undo refunds it.
//   - Read finds the order in a notice. Notices are not signed. Like all notices they are
//     hints, and the payment is fetched before anything is done.
//
// TestConfirming runs such a provider beside Stripe and the sandbox.
func Named(name string, of Providers) (Provider, error) {
	switch name {
	case NameSandbox:
		return Provider{PaymentProvider: of.Sandbox, Notices: of.Sandbox, Ledger: of.SandboxLedger}, nil
	case NameStripe:
		s := NewStripe(of.Stripe)
		return Provider{PaymentProvider: s, Notices: s, Ledger: s, Methods: s}, nil
	default:
		return Provider{}, fmt.Errorf("there is no payment provider %q", name)
	}
}
