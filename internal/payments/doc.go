// Package payments holds the payment providers that the payments service can
// be run with. Each implements activities.PaymentProvider; which one it is is
// chosen where the application is wired.
//
//	sandbox.go      approves and declines by itself, and fails when told to
//	switchboard.go  tells the sandbox how to behave, over HTTP
package payments
