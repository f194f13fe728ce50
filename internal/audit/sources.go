package audit

import (
	"context"
	"iter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Sources are what an audit looks at. Nothing is written to them. What they
// list comes in any order; an error ends a list, unless it is an unreadable.
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

// Kept are the orders that were taken, and whose sagas are not started yet.
type Kept interface {
	All(ctx context.Context) iter.Seq2[orders.Kept, error]
}

// Decided are the decisions that wait to be delivered to their orders.
type Decided interface {
	All(ctx context.Context) iter.Seq2[orders.KeptDecision, error]
}

// Items are what can be ordered, withdrawn or not.
type Items interface {
	AllPlaces(ctx context.Context) iter.Seq2[booking.Place, error]
	// AllDrinks lists those that were not deleted.
	AllDrinks(ctx context.Context) iter.Seq2[booking.Drink, error]
}

// Outboxes hold events that the feed is to be told, and its readers.
type Outboxes interface {
	// Untold lists those that have not reached the feed, and as unreadable those
	// that are in it and its readers pass over.
	Untold(ctx context.Context) iter.Seq2[booking.Event, error]
}

// unreadable is one thing that a source cannot read, as a hand or an earlier
// build has left it. Its list goes on.
type unreadable interface {
	error
	// About is what it is about, as far as that is known.
	About() (orderID, item string)
}

// Workflows are the sagas of orders.
type Workflows interface {
	// List lists up to size sagas, the newest run of an order before older
	// ones. next is nil at the end.
	List(ctx context.Context, query string, size int, page []byte) (found []orders.Saga, next []byte, err error)
	// Describe is what List tells of one order's newest run. NotFound: the
	// engine knows of none, or no longer.
	Describe(ctx context.Context, orderID string) (orders.Saga, error)
	// View asks the order's workflow how the order stands. It needs a worker.
	View(ctx context.Context, orderID string) (contract.View, error)
	// Pending tells what the order's workflow waits for, by the types of its
	// activities and orders.WorkflowTask.
	Pending(ctx context.Context, orderID string) (map[string][]orders.Awaited, error)
}

// Pages are the rows of the read model.
type Pages interface {
	All(ctx context.Context) iter.Seq2[Row, error]
}

// Row is an order's row: its view, and what lists select it by.
type Row struct {
	ID      string
	Status  booking.Status
	Version int64
	View    contract.View
}

// Ledger is our own record of payments.
type Ledger interface {
	All(ctx context.Context) iter.Seq2[booking.Payment, error]
}

// ProviderLedger is the payment provider's record of what it took and gave
// back for us.
type ProviderLedger interface {
	Charges(ctx context.Context) iter.Seq2[ProviderCharge, error]
}

// ProviderCharge is a charge as the provider has it on record, also one that
// it declined or that was voided before it was taken.
type ProviderCharge struct {
	OrderID  string
	Ref      string        // the provider's own id of it
	Taken    booking.Money // zero when it never was
	Refunded int64         // minor units of Taken.Currency
}

// Inventory is what there is of each item, day by day.
type Inventory interface {
	AllDays(ctx context.Context) iter.Seq2[StockDay, error]
	// LiveHolds lists those that were neither refused nor released.
	LiveHolds(ctx context.Context) iter.Seq2[Hold, error]
}

// StockDay is the stock of an item on one day, with what is held of it; all
// three are of the same moment.
type StockDay struct {
	ItemID string
	booking.StockDay
	Held int
}

// Hold is a live hold.
type Hold struct {
	booking.Hold
	// Stocked is for how many of its days there is a stock to hold from.
	Stocked int
}

// Jobs are deliveries, or productions, in every status.
type Jobs interface {
	All(ctx context.Context) iter.Seq2[booking.JobState, error]
}

// Crew are the cleaners, and the calls that want one.
type Crew interface {
	AllCleaners(ctx context.Context) iter.Seq2[booking.CleanerAtWork, error]
	Assignments(ctx context.Context) iter.Seq2[Call, error]
}

// Call is a call for a cleaner as the service that assigns them knows it.
type Call struct {
	OrderID   string
	State     CallState
	CleanerID string // who was assigned to it, if anybody was
	Told      bool   // the order knows of that
}

// CallState is where a call stands.
type CallState string

// The states of calls.
const (
	CallWaiting   CallState = "waiting"
	CallAssigned  CallState = "assigned"
	CallDone      CallState = "done"
	CallCancelled CallState = "cancelled"
)

// Management knows of calls.
type Management interface {
	// Registered lists the calls that are registered and not struck off.
	Registered(ctx context.Context) iter.Seq2[string, error]
}

// Messages are what people were told.
type Messages interface {
	// Standing lists the messages that were sent and not taken back.
	Standing(ctx context.Context) iter.Seq2[booking.Message, error]
}
