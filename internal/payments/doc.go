// Package payments holds the payment providers that the payments service can
// be run with. Each implements activities.PaymentProvider; providers.go names them
// all, and says how another one fits.
//
//	providers.go       which provider it is
//	sandbox.go         approves and declines by itself, in this process
//	stripe.go          asks Stripe, or what speaks its API
//	stripe_answers.go  what Stripe's answers, and missing ones, mean
//	stripe_keys.go     under which keys a charge is asked for
//	stripe_find.go     looks up what was created for a charge
//	stripe_confirm.go  charges that the customer confirms
//	stripe_customers.go  whose card it is, so that it can be used again
//	stripe_void.go     makes certain that a charge is not taken
//	stripe_refunds.go  gives back what is left of a charge
//	stripe_notices.go  reads what Stripe tells without being asked
//	stripe_ledger.go   Stripe's own record, for the audit
//	server*.go         a stand-in for Stripe, in a process of its own
//	confirmations.go   what a sandbox's customers decide
//	page.go            the page where they do
//	notices.go         how a sandbox tells what has changed
//	conduct.go         how a sandbox, in process or not, fails when told to
//	switchboard.go     tells a sandbox how to behave, over HTTP
package payments
