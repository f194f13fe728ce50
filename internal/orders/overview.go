package orders

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// OpenCount is how many orders of a kind are in a status: booking.CountedTo stands for as
// many or more.
type OpenCount struct {
	Kind   booking.Kind   `json:"kind"`
	Status booking.Status `json:"status"`
	Orders int            `json:"orders"`
}

// Owed is what is owed to the orders of a kind.
type Owed struct {
	Kind booking.Kind `json:"kind"`
	// Undos is how many orders are being undone, and Since since when the one has been that
	// has waited longest.
	Undos int       `json:"undos"`
	Since time.Time `json:"since,omitzero"`
	// InNeed is how many need attention.
	InNeed int `json:"needAttention"`
}

// Overview is how everything is. What could not be read is in Unknown, by its name, and has
// its zero value.
type Overview struct {
	At     time.Time   `json:"at"`
	Open   []OpenCount `json:"open"`
	Owed   []Owed      `json:"owed"`
	Queues []QueueState
	// Deferred is how many payments wait for the provider, and ShutUntil until when some
	// worker's breaker is open; zero while none is.
	Deferred  int       `json:"deferred"`
	ShutUntil time.Time `json:"shutUntil,omitzero"`
	// Inbox and Decisions wait for the engine.
	Inbox     OpenInbox
	Decisions OpenDecisions
	// ReadModel tells how far rows are behind.
	ReadModel ReadModelLag
	// Done and Last are the last audit that looked at everything and the last one that was
	// asked for; Findings are what is open, by kind.
	Done, Last booking.AuditRun
	Findings   map[string]int
	// Degraded is what does not work, as the answering process sees it.
	Degraded map[string]string
	// Load is what that process has taken on, and Tallies what it has counted since it began.
	Load    []Load
	Tallies []Tally
	// Failing are workflows of which the tasks keep failing, mostFailing at most: they stand still.
	Failing []string
	Unknown map[string]string
}

// Tally is a part of what a process has answered since it began, by its metrics: so many of
// so many.
type Tally struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Of    int    `json:"of"`
}

// The tallies: requests that ended with 5xx and were not refused on purpose, orders that were
// answered late, and requests of which the caller is not known.
const (
	TallyFailed  = "requests_failed"
	TallyLate    = "orders_late"
	TallyUnknown = "callers_unknown"
)

// Load is something of which a process has so much: turns of requests, or connections to a
// database.
type Load struct {
	Name    string `json:"name"`
	Taken   int    `json:"taken"`
	Of      int    `json:"of"`
	Waiting int    `json:"waiting"`
}

// ReadModelLag compares the orders that were started last with their rows.
type ReadModelLag struct {
	Looked int // at so many orders
	Behind int // of which so many have no row, or one that says something else
	// Oldest is for how long the one has waited that was started first; zero for none.
	Oldest time.Duration
}

// Needing is how many orders need attention, or wait for an undo, of all kinds.
func (o Overview) Needing() (inNeed, undos int, since time.Time) {
	for _, of := range o.Owed {
		inNeed, undos = inNeed+of.InNeed, undos+of.Undos
		if !of.Since.IsZero() && (since.IsZero() || of.Since.Before(since)) {
			since = of.Since
		}
	}
	return inNeed, undos, since
}

// Found is how many findings are open.
func (o Overview) Found() (n int) {
	for _, of := range o.Findings {
		n += of
	}
	return n
}

// Well tells whether nothing waits for an operator.
func (o Overview) Well() bool {
	inNeed, _, _ := o.Needing()
	return inNeed == 0 && !o.AuditTroubled() && len(o.Degraded) == 0 && len(o.Unknown) == 0 && o.ShutUntil.IsZero() &&
		len(o.Unattended()) == 0 && len(o.Failing) == 0 && !o.WaitsLong() && !o.ReadModelLate()
}

const (
	// waitsLong is when what is kept for the engine has waited for too long, and rowsLate
	// when the row of an order is: the alerts of the same have these bounds, or later ones.
	waitsLong = 2 * time.Minute
	rowsLate  = time.Minute
)

// AuditTroubled tells whether there are findings, or the last audit could not look.
func (o Overview) AuditTroubled() bool { return o.Found() > 0 || o.Last.State == booking.AuditFailed }

// WaitsLong tells whether an order in the inbox, or a decision, has waited for long.
func (o Overview) WaitsLong() bool {
	for _, since := range []time.Time{o.Inbox.Oldest, o.Decisions.Oldest} {
		if !since.IsZero() && o.At.Sub(since) > waitsLong {
			return true
		}
	}
	return false
}

// ReadModelLate tells whether a row has been behind for long.
func (o Overview) ReadModelLate() bool { return o.ReadModel.Oldest > rowsLate }

// Unattended are the task queues that no process works on.
func (o Overview) Unattended() (names []string) {
	for _, q := range o.Queues {
		if q.Workers == 0 {
			names = append(names, q.Name)
		}
	}
	return names
}
