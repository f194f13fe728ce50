package config

import (
	"cmp"
	"time"
)

// What happens to orders while the payment provider is overloaded.
const (
	OverloadDefer  = "defer"
	OverloadReject = "reject"
)

// Overload says what happens to orders while the payment provider is overloaded or
// fails.
type Overload struct {
	Policy            string        `name:"payment-overload" env:"YEYAK_PAYMENT_OVERLOAD" default:"defer" help:"What happens to orders while the payment provider's breaker is open: defer accepts them and charges them later, reject answers 503."`
	PayWithin         time.Duration `name:"pay-within" env:"YEYAK_PAY_WITHIN" default:"30m" help:"How long the payment of an order may take, from the request on. After that the order is cancelled, whatever delays the payment."`
	DeferredPerSecond int           `name:"deferred-per-second" env:"YEYAK_DEFERRED_PER_SECOND" default:"20" help:"Deferred payments that are charged per second."`
	Breaker           Breaker       `kong:"-"`
}

// Breaker says when the breaker before the payment provider opens and closes. Zero
// fields use the values of DefaultBreaker.
type Breaker struct {
	// Slow is the duration from which a call counts as failed, although its answer is used.
	Slow time.Duration
	// Window is the time over which calls are counted.
	Window time.Duration
	// The breaker opens if at least MinCalls were made in the window and FailPercent
	// of them failed.
	MinCalls, FailPercent int
	// OpenFor is how long it stays open before Probes calls are let through. If all
	// succeed it closes; if one fails it opens again.
	OpenFor time.Duration
	Probes  int
}

// DefaultBreaker is the one profile that processes run with. docs/operations/payments.md
// lists the numbers. They depend on each other and on the sagas:
//
//   - Slow is 610 ms, the budget of a charge in place (workflows/steps.go). A
//     slower provider sends every payment to the task queue.
//   - The breaker opens after 10 calls in 10 seconds of which half failed. With
//     fewer calls one customer's failures could open it; with a longer window
//     an outage costs more orders their budget before it opens.
//   - It stays open for 5 seconds. Payments are deferred meanwhile: a longer pause
//     delays more of them, and a shorter one does not relieve a provider.
//   - 3 calls have to succeed then: a single one may succeed by chance.
func DefaultBreaker() Breaker {
	return Breaker{
		Slow: 610 * time.Millisecond, Window: 10 * time.Second, MinCalls: 10, FailPercent: 50,
		OpenFor: 5 * time.Second, Probes: 3,
	}
}

// WithDefaults is the breaker with its zero fields filled in from DefaultBreaker.
func (b Breaker) WithDefaults() Breaker {
	usual := DefaultBreaker()
	return Breaker{
		Slow: cmp.Or(b.Slow, usual.Slow), Window: cmp.Or(b.Window, usual.Window),
		MinCalls: cmp.Or(b.MinCalls, usual.MinCalls), FailPercent: cmp.Or(b.FailPercent, usual.FailPercent),
		OpenFor: cmp.Or(b.OpenFor, usual.OpenFor), Probes: cmp.Or(b.Probes, usual.Probes),
	}
}

// PayWithinAllowed is the time within which an order has to be paid for, 0 if no
// payment is deferred.
func (o Overload) PayWithinAllowed() time.Duration {
	if o.Policy == OverloadReject {
		return 0
	}
	return o.PayWithin
}

const (
	// maxPayWithin is well below the 24 hours for which a provider remembers the key
	// of a charge.
	maxPayWithin = 12 * time.Hour
	maxPerSecond = 10_000
)

func (o *Overload) check(m mistakes) {
	m.oneOf("payment-overload", o.Policy, OverloadDefer, OverloadReject)
	m.upTo("pay-within", o.PayWithin, maxPayWithin)
	m.between("deferred-per-second", o.DeferredPerSecond, 1, maxPerSecond)
}
