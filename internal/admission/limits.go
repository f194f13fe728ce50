package admission

import "time"

// Limits are how much the API takes on at the same time. What is beyond waits for
// its turn while its queue is served; what could not be served in time is
// answered 503 with Retry-After, and nothing of it is started. The numbers are
// those of one process.
//
// What drowns a process is its CPU and its database connections, and neither
// is what a request holds while it waits for another service. Hence the defaults,
// of which three are settings: the wait, calls, and requests of one caller. The
// others follow from what a process and Temporal are, and how fast their queues move
// is measured:
//
//   - 512 writes. An order that is decided at once is inside for some
//     milliseconds, and 200 customers who order in a loop never fill this.
//     While payment is slow each order is inside, asleep, for
//     its whole reply budget: with 2 s, 512 let 256 orders a second in, several
//     times what the two cores of docs/performance.md carry out. Fewer would
//     hold up orders that could be taken; more would only make the engine's
//     backlog grow behind answers of 202.
//   - 16 starts. A start takes Temporal some milliseconds, so that 16 at a time
//     are more than one process needs. When Temporal has too much to do, more at
//     a time only have it keep some of them waiting for seconds, in no order.
//     Here they wait in turn, and those for which there is no time left
//     are refused before anything is started.
//   - 256 reads. One takes about a millisecond, and a database connection, of
//     which there are few: more readers at a time would not be answered sooner.
//     The number is for those reads that have to ask an order's workflow, and
//     wait.
//   - 512 waiting, of either kind, up to MaxWait each. A client that waits
//     costs a connection and a body that has been read. How many of them
//     can be served in that time is measured. Its ten seconds are well below the time
//     after which proxies give an answer up.
//   - 256 streams of events, each of which is read for as long as its reader
//     stays. They cost little; more readers need more processes.
//   - 1000 calls waiting for a cleaner. A call that comes after so many waits for
//     so long that a refusal is the kinder answer.
//   - 20 requests a second of one caller, and ten seconds' worth at once. A page
//     that is looked at sends a few when it is opened and one or two a second while
//     it is followed; a program that works a list off has to keep to the rate.
//   - 16 streams of one caller: a browser opens one for each page.
//   - 10 calls of one customer that wait for a cleaner, and 100 orders of one
//     customer in the inbox: more than a household or an office orders while
//     nothing can be worked on, and little of what there is room for. A caller that
//     orders for others may have ten times as much.
type Limits struct {
	MaxWrites       int           `kong:"-"`
	MaxStarts       int           `kong:"-"`
	MaxReads        int           `kong:"-"`
	MaxWaiting      int           `kong:"-"`
	MaxWait         time.Duration `name:"max-wait" env:"YEYAK_MAX_WAIT" default:"10s" help:"How long a request waits for its turn while its queue is served. One that could not be served by then is refused at once."`
	MaxStreams      int           `kong:"-"`
	MaxWaitingCalls int           `name:"max-waiting-calls" env:"YEYAK_MAX_WAITING_CALLS" default:"1000" help:"Calls that wait for a cleaner, in all processes together; beyond them new ones are refused. 0 for no limit."`
	// PerSecond bounds the requests of one caller. With 0 the fields below are 0, too:
	// there is no limit of any kind for one caller.
	PerSecond       int `name:"requests-per-second" env:"YEYAK_REQUESTS_PER_SECOND" default:"20" help:"Requests a second of one caller, ten seconds' worth of them at once. An address is the caller of requests that name none, unless it is of loopback or of a private network. 0 lifts all limits of one caller."`
	MaxStreamsOfOne int `kong:"-"`
	MaxCallsOfOne   int `kong:"-"`
	MaxKeptOfOne    int `kong:"-"` // orders in the inbox
}

// withDefaults fills in the defaults of what is zero, but for MaxWaitingCalls.
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
	for number, byDefault := range map[*int]int{&l.MaxStreamsOfOne: 16, &l.MaxCallsOfOne: 10, &l.MaxKeptOfOne: 100} {
		switch {
		case l.PerSecond == 0:
			*number = 0
		case *number <= 0:
			*number = byDefault
		}
	}
	return l
}
