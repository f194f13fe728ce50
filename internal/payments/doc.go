// Package payments holds the payment providers of the payments service. Each implements
// activities.PaymentProvider; providers.go names them all, and says how to add another one.
//
//	providers.go         chooses the provider
//	sandbox.go           approves and declines by itself, in this process
//	stripe.go            uses Stripe, or a server with its API
//	stripe_answers.go    the meaning of Stripe's answers, and of missing ones
//	stripe_keys.go       the idempotency keys of a charge
//	stripe_find.go       looks up the intents that were created for a charge
//	stripe_confirm.go    charges that the customer confirms
//	stripe_customers.go  the customer of a card, so that it can be used again
//	stripe_void.go       makes certain that a charge is not made
//	stripe_refunds.go    refunds a charge, in full or in part
//	stripe_notices.go    reads the notices that Stripe sends
//	stripe_ledger.go     Stripe's own record, for the audit
//	server*.go           a stand-in for Stripe, in a process of its own
//	confirmations.go     the decisions of a sandbox's customers
//	page.go              the page on which they decide
//	notices.go           the notices that a sandbox sends
//	conduct.go           how a sandbox, in process or not, fails on command
//	switchboard.go       changes a sandbox's behaviour, over HTTP
package payments
