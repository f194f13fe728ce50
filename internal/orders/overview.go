package orders

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// OpenCount is the number of orders of a kind in a status: booking.CountedTo means as
// many or more.
type OpenCount struct {
	Kind   booking.Kind   `json:"kind"`
	Status booking.Status `json:"status"`
	Orders int            `json:"orders"`
}

// Owed is what is owed to the orders of a kind.
type Owed struct {
	Kind booking.Kind `json:"kind"`
	// Undos is how many orders are being compensated, and Since when the oldest of these undos
	// began.
	Undos int       `json:"undos"`
	Since time.Time `json:"since,omitzero"`
	// NeedingAttention is how many need attention.
	NeedingAttention int `json:"needAttention"`
}

// Overview is the state of the system. A part that could not be read is in Unknown, by its
// name, and has its zero value.
type Overview struct {
	At     time.Time   `json:"at"`
	Open   []OpenCount `json:"open"`
	Owed   []Owed      `json:"owed"`
	Queues []QueueState
	// Deferred is how many payments wait for the provider, and ShutUntil until when some
	// worker's breaker is open; zero if none is.
	Deferred  int       `json:"deferred"`
	ShutUntil time.Time `json:"shutUntil,omitzero"`
	// Inbox and Decisions wait for the engine.
	Inbox     OpenInbox
	Decisions OpenDecisions
	// ReadModel is how far the read model is behind.
	ReadModel ReadModelLag
	// Done is the last complete audit and Last the last requested one; Findings counts the
	// open findings by kind.
	Done, Last booking.AuditRun
	Findings   map[string]int
	// Degraded has the parts that do not work for the answering process.
	Degraded map[string]string
	// Load is the load of that process, and Tallies are its counts since its start.
	Load    []Load
	Tallies []Tally
	// Failing are up to mostFailing workflows whose tasks keep failing: they make no progress.
	Failing []string
	Unknown map[string]string
}

// Tally is a count from a process's metrics since its start: Count of Of answers.
type Tally struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Of    int    `json:"of"`
}

// The tallies: requests that ended with 5xx and were not refused on purpose, orders that were
// answered late, and requests with unknown callers.
const (
	TallyFailed  = "requests_failed"
	TallyLate    = "orders_late"
	TallyUnknown = "callers_unknown"
)

// Load is the use of one of a process's resources: turns of requests, or connections to a
// database.
type Load struct {
	Name    string `json:"name"`
	Busy    int    `json:"taken"`
	Of      int    `json:"of"`
	Waiting int    `json:"waiting"`
}

// ReadModelLag compares the orders that were started last with their rows.
type ReadModelLag struct {
	Compared int // how many orders were compared
	Behind   int // how many of them have no row or a different one
	// Oldest is how long the oldest of these rows has been behind; zero if there is none.
	Oldest time.Duration
}

// NeedingAttention is how many orders of all kinds need attention or wait for an undo.
func (o Overview) NeedingAttention() (needing, undos int, since time.Time) {
	for _, of := range o.Owed {
		needing, undos = needing+of.NeedingAttention, undos+of.Undos
		if !of.Since.IsZero() && (since.IsZero() || of.Since.Before(since)) {
			since = of.Since
		}
	}
	return needing, undos, since
}

// Found is how many findings are open.
func (o Overview) Found() (n int) {
	for _, of := range o.Findings {
		n += of
	}
	return n
}

// IsHealthy reports whether no part waits for an operator.
func (o Overview) IsHealthy() bool {
	needing, _, _ := o.NeedingAttention()
	return needing == 0 && !o.AuditHasProblem() && len(o.Degraded) == 0 && len(o.Unknown) == 0 && o.ShutUntil.IsZero() &&
		len(o.Unattended()) == 0 && len(o.Failing) == 0 && !o.WaitsLong() && !o.ReadModelLate()
}

const (
	// waitsLong is the age from which an order or decision kept for the engine is late, and
	// rowsLate that of a row: the alerts for these have the same bounds, or later ones.
	waitsLong = 2 * time.Minute
	rowsLate  = time.Minute
)

// AuditHasProblem reports whether there are findings, or the last audit failed.
func (o Overview) AuditHasProblem() bool { return o.Found() > 0 || o.Last.State == booking.AuditFailed }

// WaitsLong reports whether an order in the inbox, or a decision, has waited for too long.
func (o Overview) WaitsLong() bool {
	for _, since := range []time.Time{o.Inbox.Oldest, o.Decisions.Oldest} {
		if !since.IsZero() && o.At.Sub(since) > waitsLong {
			return true
		}
	}
	return false
}

// ReadModelLate reports whether a row has been behind for too long.
func (o Overview) ReadModelLate() bool { return o.ReadModel.Oldest > rowsLate }

// Unattended lists the task queues without a worker.
func (o Overview) Unattended() (names []string) {
	for _, q := range o.Queues {
		if q.Workers == 0 {
			names = append(names, q.Name)
		}
	}
	return names
}
