package admission

import "time"

// Limits are how much the API takes on at the same time. What is beyond waits for
// its turn while its queue is served; what could not be served in time is
// answered 503 with Retry-After, and nothing of it is started. The numbers are
// those of one process.
//
// What drowns a process is its CPU and its database connections, and neither
// is what a request holds while it waits for another service. Hence the defaults,
// of which three are settings, the wait, streams and calls. The others follow from
// what a process and Temporal are, and how fast their queues move is measured:
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
//   - 512 waiting, of either kind, up to ten seconds each. A client that waits
//     costs a connection and a body that has been read. How many of them
//     can be served in that time is measured.
//   - 256 streams of events, each of which is read for as long as its reader
//     stays.
//   - 1000 calls waiting for a cleaner. A call that comes after so many waits for
//     so long that a refusal is the kinder answer.
type Limits struct {
	MaxWrites       int           `kong:"-"`
	MaxStarts       int           `kong:"-"`
	MaxReads        int           `kong:"-"`
	MaxWaiting      int           `kong:"-"`
	MaxWait         time.Duration `name:"max-wait" env:"YEYAK_MAX_WAIT" default:"10s" help:"How long a request waits for its turn while its queue is served. One that could not be served by then is refused at once."`
	MaxStreams      int           `name:"max-streams" env:"YEYAK_MAX_STREAMS" default:"256" help:"Readers who follow the stream of events at the same time."`
	MaxWaitingCalls int           `name:"max-waiting-calls" env:"YEYAK_MAX_WAITING_CALLS" default:"1000" help:"Calls that wait for a cleaner, in all processes together; beyond them new ones are refused. 0 for no limit."`
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
	return l
}
