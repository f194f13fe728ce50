package booking

import "time"

// AuditRun is one comparison of all orders with what they owe, as it is kept.
type AuditRun struct {
	// ID counts the runs: a later one has a higher one.
	ID    int64      `json:"id"`
	State AuditState `json:"state"`
	// AskedBy is the caller that has asked for it, SystemID for the schedule.
	AskedBy string    `json:"askedBy"`
	AskedAt time.Time `json:"askedAt"`
	// BegunAt is when it was begun the last time, and Tries how often that was: a
	// process may have ended in between.
	BegunAt time.Time `json:"begunAt,omitzero"`
	Tries   int       `json:"-"`
	EndedAt time.Time `json:"endedAt,omitzero"`
	// Orders is how many were looked at. NotJudged of them did not answer, and InMotion
	// were never twice the same: what was found of these before is not closed.
	Orders    int `json:"orders"`
	NotJudged int `json:"notJudged"`
	InMotion  int `json:"inMotion"`
	// Found is how many findings there were, also those beyond what is kept.
	Found int `json:"found"`
	// Words are why it failed, or why one of the orders was not judged.
	Words string `json:"words,omitempty"`
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
	ID string `json:"id"`
	// Kind is what it is about, such as money or stock.
	Kind string `json:"kind"`
	// OrderID of the order that it is about, if it is about one.
	OrderID string `json:"orderId,omitempty"`
	// Item or cleaner that it is about.
	Item string `json:"itemId,omitempty"`
	// Says is what is wrong, and Remedy what to type or to ask for.
	Says      string    `json:"says"`
	Remedy    string    `json:"remedy,omitempty"`
	FirstSeen time.Time `json:"firstSeen"`
	LastSeen  time.Time `json:"lastSeen"`
	// ClosedAt is when an audit did not see it any more; zero while it is open.
	ClosedAt time.Time `json:"closedAt,omitzero"`
}
