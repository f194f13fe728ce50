package config

import "time"

// What becomes of orders while the payment provider is overloaded.
const (
	OverloadDefer  = "defer"
	OverloadReject = "reject"
)

// Overload is when the payment provider counts as overloaded or out of order,
// and what becomes of orders then.
type Overload struct {
	Policy            string        `name:"payment-overload" env:"YEYAK_PAYMENT_OVERLOAD" default:"defer" help:"What becomes of orders while the payment provider's breaker is open: defer takes them and their payment later, reject answers 503."`
	PayWithin         time.Duration `name:"pay-within" env:"YEYAK_PAY_WITHIN" default:"30m" help:"Within what time of its request an order has to be paid for, whatever keeps it from that, before it is cancelled."`
	DeferredPerSecond int           `name:"deferred-per-second" env:"YEYAK_DEFERRED_PER_SECOND" default:"20" help:"How many deferred payments are taken in a second."`
	Slow              time.Duration `name:"breaker-slow" env:"YEYAK_BREAKER_SLOW" default:"610ms" help:"From when on a call of the payment provider counts as failed, though its answer is used."`
	Window            time.Duration `name:"breaker-window" env:"YEYAK_BREAKER_WINDOW" default:"10s" help:"Over how long calls of the payment provider are counted."`
	MinCalls          int           `name:"breaker-min-calls" env:"YEYAK_BREAKER_MIN_CALLS" default:"10" help:"How many calls there have to be in that time for the breaker to open."`
	FailPercent       int           `name:"breaker-fail-percent" env:"YEYAK_BREAKER_FAIL_PERCENT" default:"50" help:"How many percent of them have to have failed."`
	ShutFor           time.Duration `name:"breaker-open-for" env:"YEYAK_BREAKER_OPEN_FOR" default:"5s" help:"How long the breaker stays open before it is tried again."`
	Probes            int           `name:"breaker-probes" env:"YEYAK_BREAKER_PROBES" default:"3" help:"How many calls have to succeed then for it to close."`
}

// PayWithinAllowed is within what time an order has to be paid for, 0 when no
// payment is deferred.
func (o Overload) PayWithinAllowed() time.Duration {
	if o.Policy == OverloadReject {
		return 0
	}
	return o.PayWithin
}

const (
	// maxPayWithin stays well below the 24 hours for which a provider knows a
	// charge by its key.
	maxPayWithin = 12 * time.Hour
	maxPerSecond = 10_000
)

func (o *Overload) check(m mistakes) {
	m.oneOf("payment-overload", o.Policy, OverloadDefer, OverloadReject)
	m.upTo("pay-within", o.PayWithin, maxPayWithin)
	m.between("deferred-per-second", o.DeferredPerSecond, 1, maxPerSecond)
	m.upTo("breaker-slow", o.Slow, time.Minute)
	m.upTo("breaker-window", o.Window, time.Hour)
	m.between("breaker-min-calls", o.MinCalls, 1, maxCalls)
	m.between("breaker-fail-percent", o.FailPercent, 1, maxPercent)
	m.upTo("breaker-open-for", o.ShutFor, time.Hour)
	m.between("breaker-probes", o.Probes, 1, maxCalls)
}
