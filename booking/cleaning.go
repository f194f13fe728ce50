package booking

import "time"

// Cleaner is somebody who cleans.
type Cleaner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// CleanerAtWork is a cleaner with what they are doing.
type CleanerAtWork struct {
	Cleaner
	OrderID string // the call that they are assigned to, "" while they are free
	// Withdrawn cleaners get no new calls; the one that they have they finish.
	Withdrawn bool
}

// CleanerStatus is what a cleaner does.
type CleanerStatus string

// What cleaners do.
const (
	CleanerFree      CleanerStatus = "free"
	CleanerBusy      CleanerStatus = "busy"
	CleanerWithdrawn CleanerStatus = "withdrawn" // and not busy any more
)

// CleanerStatuses lists what cleaners do.
func CleanerStatuses() []CleanerStatus {
	return []CleanerStatus{CleanerFree, CleanerBusy, CleanerWithdrawn}
}

// Status is what the cleaner does.
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

// CleanerChange is what is to change about a cleaner; nil stays as it is.
type CleanerChange struct {
	Name      *string
	Withdrawn *bool
}

// Call asks for a cleaner, or registers that one is asked for. There is one
// for an order.
type Call struct {
	OrderID    string   `json:"orderId"`
	CustomerID string   `json:"customerId"`
	PlacedBy   string   `json:"placedBy,omitempty"` // the caller that called for the customer, "" where the customer did
	Tel        Personal `json:"tel"`
	Location   Personal `json:"location"`
	Late       bool     `json:"late,omitempty"` // it is too late to begin with it
	Why        Reason   `json:"why,omitempty"`  // it is taken back, or not begun with; set on the undo, or when it is late
}

// RegisteredCall is a call as management knows it.
type RegisteredCall struct {
	Call
	At time.Time // when it was registered
	// StruckOff: it was cancelled.
	StruckOff bool
}

// Assignment is a call that a cleaner is on, with what they need for it.
type Assignment struct {
	Call
	At time.Time // when it was assigned to them
}

// MayFinish: a cleaning ends once somebody has been assigned to it.
func MayFinish(s Status) error {
	if s == Assigned {
		return nil
	}
	return ended(s, Errorf(NotAssigned, "nobody has been assigned to the call: it is %s", s))
}
