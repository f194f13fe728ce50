package audit

import (
	"context"
	"iter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Sources are what an audit reads. It writes nothing. Lists may have any order; an
// error ends a list, unless it is an unreadable.
type Sources struct {
	Workflows   Workflows
	Pages       Pages
	Ledger      Ledger
	Provider    ProviderLedger
	Inventory   Inventory
	Deliveries  Jobs
	Productions Jobs
	Crew        Crew
	Management  Management
	Messages    Messages
	Catalogue   Items
	Outboxes    Outboxes
	Inbox       Kept
	Decisions   Decided
}

// Kept lists the accepted orders whose sagas are not started yet.
type Kept interface {
	All(ctx context.Context) iter.Seq2[orders.Kept, error]
}

// Decided lists the decisions that wait to be delivered to their orders.
type Decided interface {
	All(ctx context.Context) iter.Seq2[orders.KeptDecision, error]
}

// Items lists what can be ordered, withdrawn or not.
type Items interface {
	AllPlaces(ctx context.Context) iter.Seq2[booking.Place, error]
	// AllDrinks lists the drinks that are not deleted.
	AllDrinks(ctx context.Context) iter.Seq2[booking.Drink, error]
}

// Outboxes lists events on the way to the feed's readers.
type Outboxes interface {
	// Undelivered lists events that have not reached the feed and, as unreadable, those in
	// it that readers skip.
	Undelivered(ctx context.Context) iter.Seq2[booking.Event, error]
}

// unreadable is an item that a source cannot read, because a person or an earlier build has
// written it so. The list continues after it.
type unreadable interface {
	error
	// About is the subject of the item, if known.
	About() (orderID, item string)
}

// Workflows reads the orders' sagas.
type Workflows interface {
	// List lists up to size sagas, the newest run of an order before older ones. next
	// is nil at the end.
	List(ctx context.Context, query string, size int, page []byte) (found []orders.Saga, next []byte, err error)
	// Describe is List for one order's newest run. NotFound: the engine has none, or no
	// longer.
	Describe(ctx context.Context, orderID string) (orders.Saga, error)
	// View queries the order's workflow for its view. It needs a worker.
	View(ctx context.Context, orderID string) (contract.View, error)
	// Pending returns what the order's workflow waits for, by the types of its
	// activities and orders.WorkflowTask.
	Pending(ctx context.Context, orderID string) (map[string][]orders.Awaited, error)
}

// Pages lists the rows of the read model.
type Pages interface {
	All(ctx context.Context) iter.Seq2[Row, error]
}

// Row is an order's row: its view, and the columns of the lists' filters.
type Row struct {
	ID      string
	Status  booking.Status
	Version int64
	View    contract.View
}

// Ledger is the platform's record of payments.
type Ledger interface {
	All(ctx context.Context) iter.Seq2[booking.Payment, error]
}

// ProviderLedger is the payment provider's record of charges and refunds.
type ProviderLedger interface {
	Charges(ctx context.Context) iter.Seq2[ProviderCharge, error]
}

// ProviderCharge is the provider's record of a charge, also of one that was declined or
// voided.
type ProviderCharge struct {
	OrderID  string
	Ref      string        // the provider's own id
	Charged  booking.Money // zero if it was never charged
	Refunded int64         // minor units of Charged.Currency
}

// Inventory lists the stock of each item, day by day.
type Inventory interface {
	AllDays(ctx context.Context) iter.Seq2[StockDay, error]
	// LiveHolds lists the holds that were neither refused nor released.
	LiveHolds(ctx context.Context) iter.Seq2[Hold, error]
}

// StockDay is the stock of an item on one day, and the sum of its holds, all of the
// same moment.
type StockDay struct {
	ItemID string
	booking.StockDay
	Held int
}

// Hold is a live hold.
type Hold struct {
	booking.Hold
	// Stocked is how many of its days have a stock row.
	Stocked int
}

// Jobs lists deliveries, or productions, in every status.
type Jobs interface {
	All(ctx context.Context) iter.Seq2[booking.JobState, error]
}

// Crew lists the cleaners, and the calls for them.
type Crew interface {
	AllCleaners(ctx context.Context) iter.Seq2[booking.CleanerAtWork, error]
	Assignments(ctx context.Context) iter.Seq2[Call, error]
}

// Call is a call for a cleaner in the service that assigns them.
type Call struct {
	OrderID   string
	State     CallState
	CleanerID string // "" for none
	Signalled bool   // the order was signalled that it has the cleaner
}

// CallState is the state of a call.
type CallState string

// The states of calls.
const (
	CallWaiting   CallState = "waiting"
	CallAssigned  CallState = "assigned"
	CallDone      CallState = "done"
	CallCancelled CallState = "cancelled"
)

// Management lists the calls that it has.
type Management interface {
	// Registered lists the calls that are registered and not struck off.
	Registered(ctx context.Context) iter.Seq2[string, error]
}

// Messages lists the messages to people.
type Messages interface {
	// NotWithdrawn lists the messages that were sent and not withdrawn.
	NotWithdrawn(ctx context.Context) iter.Seq2[booking.Message, error]
}
