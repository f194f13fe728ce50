package booking

import "time"

// AuditRun is one comparison of all orders with what they owe, as it is kept.
type AuditRun struct {
	// ID counts the runs: a later one has a higher one.
	ID    int64
	State AuditState
	// AskedBy is the caller that has asked for it, SystemID for the schedule.
	AskedBy string
	AskedAt time.Time
	// BegunAt is when it was begun the last time, and Tries how often that was: a
	// process may have ended in between.
	BegunAt time.Time
	Tries   int
	EndedAt time.Time
	// Orders is how many were looked at. NotJudged of them did not answer, and InMotion
	// were never twice the same: what was found of these before is not closed.
	Orders, NotJudged, InMotion int
	// Found is how many findings there were, also those beyond what is kept.
	Found int
	// Words are why it failed, or why one of the orders was not judged.
	Words string
}

// AuditState is where an audit stands.
type AuditState string

// The states of audits.
const (
	AuditWaiting AuditState = "waiting" // no process has begun with it
	AuditRunning AuditState = "running"
	AuditDone    AuditState = "done"
	AuditFailed  AuditState = "failed" // it could not look at everything
)

// AuditStates are all states of audits.
func AuditStates() []AuditState {
	return []AuditState{AuditWaiting, AuditRunning, AuditDone, AuditFailed}
}

// AuditFinding is one thing that is not as it should be, as the last audits saw it.
type AuditFinding struct {
	ID string
	// Kind is what it is about, such as money or stock.
	Kind string
	// OrderID of the order that it is about, if it is about one.
	OrderID string
	// Item or cleaner that it is about.
	Item string
	// Says is what is wrong, and Remedy what to type or to ask for.
	Says, Remedy        string
	FirstSeen, LastSeen time.Time
	// ClosedAt is when an audit did not see it any more; zero while it is open.
	ClosedAt time.Time
}
