package admission

import "time"

// Limits are how much one API process does at the same time. A request over a
// limit waits for a slot. A request that cannot be served in time is answered 503
// with Retry-After, and no part of it is started.
//
// A process is overloaded when its CPU or its database connections are used up. A
// request that waits for another service holds neither. The defaults follow from
// that. Three of them are settings: the wait, the calls, and the requests of one
// caller. How fast the queues move is measured.
//
//   - 512 writes. An order that is decided at once holds a slot for some
//     milliseconds, and 200 customers who order in a loop never fill 512 slots.
//     While payment is slow each order holds a slot for its whole reply budget:
//     with 2 s, 512 slots let in 256 orders a second, several times what the two
//     cores of docs/performance.md can do. Fewer slots would delay orders that
//     could be taken; with more, orders would only wait in the engine's backlog,
//     after an answer of 202.
//   - 16 starts. A start takes Temporal some milliseconds, so a process needs
//     fewer than 16 at a time. With more, an overloaded Temporal keeps some of
//     them waiting for seconds, in no order. Here they wait in order, and those
//     that have no time left are refused before anything is started.
//   - 256 reads. A read takes about a millisecond and a database connection. There
//     are few connections, so more reads at a time would not be answered sooner.
//     The number is for reads that have to query an order's workflow, and wait.
//   - 512 waiting writes and 512 waiting reads, for up to MaxWait each. A client
//     that waits costs a connection and a body that has been read. How many can be
//     served in that time is measured. The default of ten seconds is well below
//     the time after which proxies give up an answer.
//   - 256 streams of events, each of which is read until its client leaves. They
//     cost little; more clients need more processes.
//   - 1000 calls that wait for a cleaner. A call behind so many would wait so long
//     that a refusal serves the customer better.
//   - 20 requests a second of one caller, and those of ten seconds at once. A page
//     sends a few when it is opened and one or two a second while it is followed; a
//     program that works through a list has to keep to the rate.
//   - 16 streams of one caller: a browser opens one for each page.
//   - 10 calls of one customer that wait for a cleaner, and 100 orders of one
//     customer in the inbox: more than a household or an office orders during an
//     outage, and a small part of the capacity. A caller that orders for others
//     may have ten times as much.
type Limits struct {
	MaxWrites       int           `kong:"-"`
	MaxStarts       int           `kong:"-"`
	MaxReads        int           `kong:"-"`
	MaxWaiting      int           `kong:"-"`
	MaxWait         time.Duration `name:"max-wait" env:"YEYAK_MAX_WAIT" default:"10s" help:"How long a request waits for a slot while its queue moves. A request that could not be served by then is refused at once."`
	MaxStreams      int           `kong:"-"`
	MaxWaitingCalls int           `name:"max-waiting-calls" env:"YEYAK_MAX_WAITING_CALLS" default:"1000" help:"Calls that may wait for a cleaner, in all processes together; further ones are refused. 0 for no limit."`
	// PerSecond bounds the requests of one caller. If it is 0 the fields below are 0,
	// too: a caller has no limit of any kind.
	PerSecond       int `name:"requests-per-second" env:"YEYAK_REQUESTS_PER_SECOND" default:"20" help:"Requests per second of one caller; those of ten seconds may come at once. The caller of a request without credentials is its address, unless that is of loopback or of a private network. 0 lifts all limits of one caller."`
	MaxStreamsOfOne int `kong:"-"`
	MaxCallsOfOne   int `kong:"-"`
	MaxInboxOfOne   int `kong:"-"` // orders in the inbox
}

// withDefaults replaces zero fields by the defaults, except MaxWaitingCalls.
func (l Limits) withDefaults() Limits {
	for number, byDefault := range map[*int]int{&l.MaxWrites: 512, &l.MaxStarts: 16, &l.MaxReads: 256, &l.MaxWaiting: 512, &l.MaxStreams: 256} {
		if *number <= 0 {
			*number = byDefault
		}
	}
	if l.MaxWait <= 0 {
		l.MaxWait = 10 * time.Second
	}
	l.PerSecond = max(0, l.PerSecond)
	for number, byDefault := range map[*int]int{&l.MaxStreamsOfOne: 16, &l.MaxCallsOfOne: 10, &l.MaxInboxOfOne: 100} {
		switch {
		case l.PerSecond == 0:
			*number = 0
		case *number <= 0:
			*number = byDefault
		}
	}
	return l
}
