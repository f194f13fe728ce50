package booking

import "time"

// AuditRun is one comparison of all orders with what they owe, as stored.
type AuditRun struct {
	// ID counts the runs: later runs have higher ids.
	ID    int64      `json:"id"`
	State AuditState `json:"state"`
	// RequestedBy is the caller that requested the run, SystemID for the schedule.
	RequestedBy string    `json:"askedBy"`
	RequestedAt time.Time `json:"askedAt"`
	// BegunAt is the time of the last start, and Tries the number of starts: a process may
	// end in the middle of a run.
	BegunAt time.Time `json:"begunAt,omitzero"`
	Tries   int       `json:"-"`
	EndedAt time.Time `json:"endedAt,omitzero"`
	// Orders is how many orders were audited. NotJudged of them did not answer, and
	// InMotion differed at every reading: earlier findings about these stay open.
	Orders    int `json:"orders"`
	NotJudged int `json:"notJudged"`
	InMotion  int `json:"inMotion"`
	// Found is the number of findings, including those beyond the number stored.
	Found int `json:"found"`
	// Words are why the run failed, or why one of the orders was not judged.
	Words string `json:"words,omitempty"`
}

// AuditState is the state of an audit.
type AuditState string

// The states of audits.
const (
	AuditWaiting AuditState = "waiting" // no process has started it
	AuditRunning AuditState = "running"
	AuditDone    AuditState = "done"
	AuditFailed  AuditState = "failed" // it could not audit everything
)

// AuditStates are all states of audits.
func AuditStates() []AuditState {
	return []AuditState{AuditWaiting, AuditRunning, AuditDone, AuditFailed}
}

// AuditFinding is one mistake, as the last audits found it.
type AuditFinding struct {
	ID string `json:"id"`
	// Kind is the area of the finding, such as money or stock.
	Kind string `json:"kind"`
	// OrderID is the order that it is about, if any.
	OrderID string `json:"orderId,omitempty"`
	// Item is the item or cleaner that it is about, if any.
	Item string `json:"itemId,omitempty"`
	// Says describes the mistake, and Remedy the command or request that corrects it.
	Says      string    `json:"says"`
	Remedy    string    `json:"remedy,omitempty"`
	FirstSeen time.Time `json:"firstSeen"`
	LastSeen  time.Time `json:"lastSeen"`
	// ClosedAt is when an audit no longer found it; zero while it is open.
	ClosedAt time.Time `json:"closedAt,omitzero"`
}
