package booking

import "time"

// BulkRun is an operator's action on many orders. A dry run plans it and lists the orders;
// then it is run on these, once.
type BulkRun struct {
	ID     string     `json:"id"`
	State  BulkState  `json:"state"`
	Action Action     `json:"action"`
	Filter BulkFilter `json:"filter"`
	// Reason is the reason in the caller's own words.
	Reason Personal `json:"reason"`
	// By is the number of the caller that planned it and later started it.
	By        string    `json:"by,omitempty"`
	PlannedAt time.Time `json:"plannedAt"`
	BegunAt   time.Time `json:"begunAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	// Orders is how many orders the dry run listed. More: the filter selects more than one
	// bulk action takes.
	Orders int  `json:"orders"`
	More   bool `json:"more"`
	// Results counts the orders by result.
	Results map[BulkResult]int `json:"results"`
}

// Acted counts the orders that were acted on, with any result.
func (r BulkRun) Acted() (n int) {
	for _, of := range r.Results {
		n += of
	}
	return n
}

// BulkState is the state of a bulk action.
type BulkState string

// The states of bulk actions.
const (
	BulkPlanned BulkState = "planned" // a dry run: nothing was done
	BulkRunning BulkState = "running"
	BulkStopped BulkState = "stopped" // by an operator, before all orders were done
	BulkDone    BulkState = "done"
)

// BulkStates are all states of bulk actions.
func BulkStates() []BulkState { return []BulkState{BulkPlanned, BulkRunning, BulkStopped, BulkDone} }

// BulkResult is the result of a bulk action on one order.
type BulkResult string

// The results of bulk actions.
const (
	BulkDid     BulkResult = "done"    // done, or it continues without further requests
	BulkChanged BulkResult = "changed" // nothing was done: the order has changed since the dry run
	BulkRefused BulkResult = "refused" // nothing was done: the order refused it
	BulkFailed  BulkResult = "failed"  // it is not known whether anything was done
)

// BulkResults are all results of bulk actions.
func BulkResults() []BulkResult { return []BulkResult{BulkDid, BulkChanged, BulkRefused, BulkFailed} }

// BulkOrder is an order listed by a dry run.
type BulkOrder struct {
	N       int    `json:"n"`
	OrderID string `json:"orderId"`
	// Status and Version are the order's at the time of the dry run.
	Status  Status     `json:"status"`
	Version int64      `json:"version"`
	Result  BulkResult `json:"result,omitempty"` // "" until it was acted on
	// Outcome is the action's outcome in the log.
	Outcome string    `json:"outcome,omitempty"`
	DoneAt  time.Time `json:"doneAt,omitzero"`
}

// BulkFilter selects orders that have not ended. An empty field selects all.
type BulkFilter struct {
	Kind    Kind    `json:"kind,omitempty"`
	Status  Status  `json:"status,omitempty"`
	Problem Problem `json:"trouble,omitempty"`
	OwnerID string  `json:"ownerId,omitempty"`
	ItemID  string  `json:"itemId,omitempty"`
	// PlacedBefore selects the orders placed before it.
	PlacedBefore time.Time `json:"placedBefore,omitzero"`
}

// IsEmpty reports whether the filter selects all orders.
func (f BulkFilter) IsEmpty() bool {
	if f.PlacedBefore.IsZero() {
		f.PlacedBefore = time.Time{} // without its time zone
	}
	return f == BulkFilter{}
}

// Problem is what is wrong with an order.
type Problem string

// The problems of orders.
const (
	NeedsAttention Problem = "attention" // it is marked as needing attention
	UndoOwed       Problem = "undo"      // its undos are not done
	Lost           Problem = "lost"      // its workflow was terminated or has failed
	UnderReview    Problem = "disputed"  // a dispute of its payment is open
)

// Problems are all problems of orders.
func Problems() []Problem { return []Problem{NeedsAttention, UndoOwed, Lost, UnderReview} }

// BulkActions are the actions that bulk actions offer. A refund and its evidence differ per
// order.
func BulkActions() []Action { return []Action{RetryOrder, CancelOrder, SettleOrder} }

// MostInBulk is how many orders one bulk action takes: a dry run reads each of them.
const MostInBulk = 1000
