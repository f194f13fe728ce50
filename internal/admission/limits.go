package admission

import "time"

// Limits are how much the API takes on at the same time. What is beyond is
// answered 503 with Retry-After, and nothing of it is started. The numbers are
// those of one process.
//
// What drowns a process is its CPU and its database connections, and neither
// is what a request holds while it waits for somebody else. Hence the defaults,
// of which three are settings, writes, streams and calls; the others follow from
// what a process and Temporal are:
//
//   - 512 writes. An order that is decided at once is inside for some
//     milliseconds, and 100 customers who order in a loop fill a fifth of this
//     even if none is. While payment is slow each order is inside, asleep, for
//     its whole reply budget: with 2 s, 512 let 256 orders a second in, several
//     times what the two cores of docs/performance.md carry out. Fewer would
//     shed orders that could be taken; more would only make the engine's
//     backlog grow behind answers of 202.
//   - 16 starts. A start takes Temporal some milliseconds, so that 16 at a time
//     are more than one process needs. When Temporal has too much to do, more at
//     a time only have it keep some of them waiting for seconds, whoever came
//     first. Here they wait in turn, and those for whom there is no time left
//     are told so before anything is started.
//   - 256 reads. One takes about a millisecond, and a database connection, of
//     which there are few: more readers at a time would not be answered sooner.
//     The number is for those reads that have to ask an order's workflow, and
//     wait.
//   - 512 waiting, of either kind, up to half a second each: enough for a burst
//     to pass, and an answer still comes within the reply budget and a little.
//     One who waits costs a connection and a body that has been read.
//   - 256 streams of events, each of which is read for as long as its reader
//     stays.
//   - 1000 calls waiting for a cleaner. Whoever comes after so many waits for
//     so long that a refusal is the kinder answer.
type Limits struct {
	MaxWrites       int           `name:"max-writes" env:"YEYAK_MAX_WRITES" default:"512" help:"Orders, decisions and other changes that are worked on at the same time."`
	MaxStarts       int           `kong:"-"`
	MaxReads        int           `kong:"-"`
	MaxWaiting      int           `kong:"-"`
	MaxWait         time.Duration `kong:"-"`
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
		l.MaxWait = 500 * time.Millisecond
	}
	return l
}
