package booking

import "time"

// Cleaner is a person who cleans.
type Cleaner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// CleanerAtWork is a cleaner with their current call.
type CleanerAtWork struct {
	Cleaner
	OrderID string // the call that they are assigned to, "" if they are free
	// Withdrawn cleaners get no new calls; they finish their current one.
	Withdrawn bool
}

// CleanerStatus is the status of a cleaner.
type CleanerStatus string

// The statuses of cleaners.
const (
	CleanerFree      CleanerStatus = "free"
	CleanerBusy      CleanerStatus = "busy"
	CleanerWithdrawn CleanerStatus = "withdrawn" // and not busy
)

// CleanerStatuses lists every status of cleaners.
func CleanerStatuses() []CleanerStatus {
	return []CleanerStatus{CleanerFree, CleanerBusy, CleanerWithdrawn}
}

// Status is the cleaner's status.
func (c CleanerAtWork) Status() CleanerStatus {
	switch {
	case c.OrderID != "":
		return CleanerBusy
	case c.Withdrawn:
		return CleanerWithdrawn
	default:
		return CleanerFree
	}
}

// CleanerChange is a change of a cleaner; nil fields stay as they are.
type CleanerChange struct {
	Name      *string
	Withdrawn *bool
}

// Call requests a cleaner, or registers such a request. There is one per order.
type Call struct {
	OrderID    string   `json:"orderId"`
	CustomerID string   `json:"customerId"`
	PlacedBy   string   `json:"placedBy,omitempty"` // the caller that ordered for the customer, "" if the customer did
	Tel        Personal `json:"tel"`
	Location   Personal `json:"location"`
	Late       bool     `json:"late,omitempty"` // it is too late to begin
	Reason     Reason   `json:"why,omitempty"`  // why it is undone or not begun; set on the undo, or when it is late
}

// RegisteredCall is a call as management has it.
type RegisteredCall struct {
	Call
	At time.Time // when it was registered
	// StruckOff: it was unregistered.
	StruckOff bool
}

// Assignment is a call assigned to a cleaner, with the details that the cleaner needs.
type Assignment struct {
	Call
	At time.Time // when it was assigned
}

// MayFinish: a cleaning may be finished once a cleaner is assigned to it.
func MayFinish(s Status) error {
	if s == Assigned {
		return nil
	}
	return refusalIfEnded(s, Errorf(NotAssigned, "nobody has been assigned to the call: it is %s", s))
}
