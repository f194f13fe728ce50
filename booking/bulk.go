package booking

import "time"

// BulkRun is an action of an operator on many orders. A dry run plans it and names the
// orders; then it is run, once, on these.
type BulkRun struct {
	ID     string     `json:"id"`
	State  BulkState  `json:"state"`
	Action Action     `json:"action"`
	Filter BulkFilter `json:"filter"`
	// Reason is why, in the caller's own words.
	Reason Personal `json:"reason"`
	// By is the number of the caller that has planned it and, once it runs, has begun it.
	By        string    `json:"by,omitempty"`
	PlannedAt time.Time `json:"plannedAt"`
	BegunAt   time.Time `json:"begunAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	// Orders is how many the dry run named. More: the filter selects more than one bulk
	// action takes.
	Orders int  `json:"orders"`
	More   bool `json:"more"`
	// Results tell of how many of the orders what has come.
	Results map[BulkResult]int `json:"results"`
}

// Acted is how many of the orders were acted on, whatever came of it.
func (r BulkRun) Acted() (n int) {
	for _, of := range r.Results {
		n += of
	}
	return n
}

// BulkState is where a bulk action stands.
type BulkState string

// The states of bulk actions.
const (
	BulkPlanned BulkState = "planned" // a dry run: nothing was done
	BulkRunning BulkState = "running"
	BulkStopped BulkState = "stopped" // by an operator, before it came to all orders
	BulkDone    BulkState = "done"
)

// BulkStates are all states of bulk actions.
func BulkStates() []BulkState { return []BulkState{BulkPlanned, BulkRunning, BulkStopped, BulkDone} }

// BulkResult is what came of a bulk action on one order.
type BulkResult string

// The results of bulk actions.
const (
	BulkDid     BulkResult = "done"    // it was done, or goes on by itself
	BulkChanged BulkResult = "changed" // nothing was done: the order is no longer as the dry run has shown it
	BulkRefused BulkResult = "refused" // nothing was done: the order does not allow it
	BulkFailed  BulkResult = "failed"  // it is not known whether anything was done
)

// BulkResults are all results of bulk actions.
func BulkResults() []BulkResult { return []BulkResult{BulkDid, BulkChanged, BulkRefused, BulkFailed} }

// BulkOrder is an order that a dry run has named.
type BulkOrder struct {
	N       int    `json:"n"`
	OrderID string `json:"orderId"`
	// Status and Version are the order's in the dry run.
	Status  Status     `json:"status"`
	Version int64      `json:"version"`
	Result  BulkResult `json:"result,omitempty"` // "" until it was acted on
	// Outcome is that of the action in the log.
	Outcome string    `json:"outcome,omitempty"`
	DoneAt  time.Time `json:"doneAt,omitzero"`
}

// BulkFilter selects orders that have not come to their end. An empty field selects all.
type BulkFilter struct {
	Kind    Kind    `json:"kind,omitempty"`
	Status  Status  `json:"status,omitempty"`
	Trouble Trouble `json:"trouble,omitempty"`
	OwnerID string  `json:"ownerId,omitempty"`
	ItemID  string  `json:"itemId,omitempty"`
	// PlacedBefore selects the orders that are older than that.
	PlacedBefore time.Time `json:"placedBefore,omitzero"`
}

// Trouble is what is wrong with an order.
type Trouble string

// The troubles of orders.
const (
	NeedsAttention Trouble = "attention" // it is marked
	UndoOwed       Trouble = "undo"      // it is being undone
	Lost           Trouble = "lost"      // its workflow was terminated, or has failed
	UnderReview    Trouble = "disputed"  // a dispute of its payment is open
)

// Troubles are all troubles of orders.
func Troubles() []Trouble { return []Trouble{NeedsAttention, UndoOwed, Lost, UnderReview} }

// BulkActions are what can be done to many orders at once. A refund and its evidence are
// each order's own.
func BulkActions() []Action { return []Action{RetryOrder, CancelOrder, SettleOrder} }

// MostInBulk is how many orders one bulk action takes: a dry run looks at each.
const MostInBulk = 1000
