package api

import (
	"context"
	"net/http"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Orders is what can be done with orders: see internal/orders.
type Orders interface {
	Prepare(context.Context, booking.Caller, orders.Placement) (orders.Attempt, error)
	Place(context.Context, orders.Attempt) (orders.Outcome, error)
	Decide(context.Context, booking.Caller, orders.Decision) (orders.Outcome, error)
	Quote(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, contract.Quote, error)
	// QuoteChange tells what a change of a reservation comes to now, and Change makes it.
	QuoteChange(ctx context.Context, caller booking.Caller, c orders.Change) (contract.View, orders.ChangeQuote, error)
	Change(ctx context.Context, caller booking.Caller, c orders.Change) (orders.Outcome, error)
	// QuoteQuantity tells what another quantity of drinks comes to now, and ChangeQuantity
	// makes it so.
	QuoteQuantity(ctx context.Context, caller booking.Caller, c orders.QuantityChange) (contract.View, orders.QuantityQuote, error)
	ChangeQuantity(ctx context.Context, caller booking.Caller, c orders.QuantityChange) (orders.Outcome, error)
	// QuoteAnew quotes an order that is known as it is, for a caller that may cancel it.
	QuoteAnew(ctx context.Context, v contract.View) (contract.Quote, error)
	Refund(context.Context, booking.Caller, orders.Refund) (orders.Refunded, error)
	Resolve(ctx context.Context, caller booking.Caller, orderID string, evidence booking.Personal) (orders.Outcome, error)
	Settle(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) error
	// Retry has what of an order waits to be tried again tried at once.
	Retry(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) (orders.Retried, error)
	// PlanBulk is a dry run of an action on many orders. BeginBulk does it, and StopBulk ends it.
	PlanBulk(context.Context, booking.Caller, booking.Action, booking.BulkFilter, booking.Personal) (booking.BulkRun, error)
	BeginBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	StopBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	// Notice takes a notice of the payment provider; LookAtPayment does what one would.
	Notice(context.Context, booking.PaymentNotice) error
	LookAtPayment(ctx context.Context, caller booking.Caller, orderID string) error
	// Return takes a customer who comes back from the payment provider's page.
	Return(ctx context.Context, caller booking.Caller, orderID string, back booking.PaymentReturn) (orders.Outcome, error)
	Read(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error)
	ReadFresh(ctx context.Context, caller booking.Caller, id string) (contract.View, error)
	List(context.Context, booking.Caller, booking.OrderFilter, booking.Page, *orders.Seen) (orders.List, error)
	Count(context.Context, booking.Caller, booking.OrderFilter) (int, error)
	DeleteDrink(ctx context.Context, caller booking.Caller, drinkID string) error
	// Allow refuses an action on an order that the caller may not do.
	Allow(ctx context.Context, caller booking.Caller, a booking.Action, kind booking.Kind, id string) error
	// WaitingCalls is how many calls wait for a cleaner.
	WaitingCalls(context.Context) (int, error)
}

// Catalogue holds what there is to order: places, menus and drinks. Whatever
// is asked for by an id that nothing has is NotFound; lists answer
// InvalidCursor for a cursor they did not give out. by is the number of the caller whose
// doing a change is: the feed tells it.
type Catalogue interface {
	orders.Catalogue
	identity.Carrier

	AddPlace(ctx context.Context, by string, p booking.Place) error
	// ChangePlace applies change to the place and keeps the result, in one
	// transaction. An error of change's own leaves the place as it was.
	ChangePlace(ctx context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error)
	// Places lists, newest first, those that the filter selects.
	Places(ctx context.Context, filter booking.CatalogueFilter, page booking.Page) ([]booking.Place, string, error)
	// CountPlaces tells how many these are, up to booking.CountedTo.
	CountPlaces(ctx context.Context, filter booking.CatalogueFilter) (int, error)

	AddMenu(ctx context.Context, by string, m booking.Menu) error
	// ChangeMenu is ChangePlace for a menu.
	ChangeMenu(ctx context.Context, by, id string, change func(*booking.Menu) error) (booking.Menu, error)
	Menus(ctx context.Context, filter booking.CatalogueFilter, page booking.Page) ([]booking.Menu, string, error)
	CountMenus(ctx context.Context, filter booking.CatalogueFilter) (int, error)

	// AddDrink registers a drink of which there are count on its day.
	AddDrink(ctx context.Context, by string, d booking.Drink, count int) error
	// ChangeDrink is ChangePlace for a drink. NotFound: it is being deleted, or was.
	ChangeDrink(ctx context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error)
	// Drinks lists those that were not deleted.
	Drinks(ctx context.Context, filter booking.CatalogueFilter, page booking.Page) ([]booking.Drink, string, error)
	CountDrinks(ctx context.Context, filter booking.CatalogueFilter) (int, error)

	// SetCallPolicy sets the cancellation policy of calls from now on; nil is none.
	SetCallPolicy(ctx context.Context, by string, p *booking.CancellationPolicy) error
}

// Stock is how much of things there is, day by day: rooms of a place, cups of
// a drink.
type Stock interface {
	// ChangeStock sets how many of an item there are on every day, or on none:
	// StockBelowHeld when more are held already. The feed tells of it, and whose doing it is.
	ChangeStock(ctx context.Context, by string, c booking.StockChange) error
	// SetCapacity is ChangeStock for an item that is not registered yet: the feed
	// does not tell of it.
	SetCapacity(ctx context.Context, itemID string, from, to booking.Date, n int) error
	// Days answers the days of [from, to).
	Days(ctx context.Context, itemID string, from, to booking.Date) ([]booking.StockDay, error)
	// Levels answers the day of each item; none for those without stock.
	Levels(ctx context.Context, of []booking.ItemDay) (map[booking.ItemDay]booking.StockDay, error)
}

// Jobs are deliveries, or productions, to read: one an order.
type Jobs interface {
	// Job answers the order's job, or NotFound while nobody has been told of it.
	Job(ctx context.Context, orderID string) (booking.JobState, error)
	// List lists the jobs that the filter selects; InvalidCursor as for places.
	List(ctx context.Context, filter booking.JobFilter, page booking.Page) ([]booking.JobState, string, error)
	// Count tells how many these are, up to booking.CountedTo.
	Count(ctx context.Context, filter booking.JobFilter) (int, error)
}

// Cleaners are those who clean.
type Cleaners interface {
	// AddCleaner adds a cleaner who is free, or who gets the call that has
	// waited longest, in the same transaction.
	AddCleaner(ctx context.Context, by string, c booking.Cleaner) (booking.CleanerAtWork, error)
	// Cleaner answers the cleaner, or NotFound.
	Cleaner(ctx context.Context, id string) (booking.CleanerAtWork, error)
	// ChangeCleaner changes what is said of the cleaner, or answers NotFound. A
	// cleaner who is brought back is given the call that has waited longest, in the same
	// transaction.
	ChangeCleaner(ctx context.Context, by, id string, change booking.CleanerChange) (booking.CleanerAtWork, error)
	// AssignmentsOf lists the calls that the cleaner is on.
	AssignmentsOf(ctx context.Context, cleanerID string) ([]booking.Assignment, error)
	// Cleaners lists, newest first, those that the filter selects; InvalidCursor
	// as for places.
	Cleaners(ctx context.Context, filter booking.CleanerFilter, page booking.Page) ([]booking.CleanerAtWork, string, error)
}

// Management knows of every call, to read.
type Management interface {
	// Calls lists the calls that were ever registered, newest first;
	// InvalidCursor as for places.
	Calls(ctx context.Context, page booking.Page) ([]booking.RegisteredCall, string, error)
	// Call answers the call of the order, or NotFound if it was never registered.
	Call(ctx context.Context, orderID string) (booking.RegisteredCall, error)
}

// Payments is the payments ledger, to read.
type Payments interface {
	// Payment answers the order's payment, or NotFound.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
}

// Notices are what the payment provider sends.
type Notices interface {
	// Read reads a notice from a request. ForgedNotice: the provider has not signed it.
	// NoticesOff: no signature is known. Unavailable: whose payment it is about cannot be
	// found out.
	Read(ctx context.Context, body []byte, header http.Header) (booking.PaymentNotice, error)
}

// noNotices are those of a provider that sends none.
type noNotices struct{}

func (noNotices) Read(context.Context, []byte, http.Header) (n booking.PaymentNotice, err error) {
	return n, booking.Errorf(booking.NoticesOff, "the payment provider sends no notices here")
}

// PaymentTerms are what the payment provider takes. Errors are meant for
// people.
type PaymentTerms interface {
	orders.PaymentTerms
	// Currency says why nothing can be paid in the currency.
	Currency(code string) error
	// Part rounds an amount up to one that can be given back of a charge.
	Part(amount booking.Money) booking.Money
}

// anyTerms are those of a provider that takes everything.
type anyTerms struct{}

func (anyTerms) Currency(string) error      { return nil }
func (anyTerms) Amount(booking.Money) error { return nil }

func (anyTerms) Part(amount booking.Money) booking.Money { return amount }

// Messages are what owners and customers were told.
type Messages interface {
	// Messages lists what the recipient was told; InvalidCursor as for places.
	Messages(ctx context.Context, recipientID string, page booking.Page) ([]booking.Message, string, error)
}

// ReadModel is what customers and owners read beside their orders.
type ReadModel interface {
	identity.Carrier
	// Statuses answers where each of the orders stood when it was last
	// published; none for those that never were.
	Statuses(ctx context.Context, ids []string) (map[string]booking.Status, error)
	// Events answers what follows the cursor after in the feed, at most limit
	// events, each with the cursor that goes on after it, and the cursor to go
	// on from: after itself when there is nothing. InvalidCursor as for places.
	Events(ctx context.Context, after string, limit int) ([]booking.Event, string, error)
	// EventsOf is Events for those of the orders that the filter selects. Where it
	// answers fewer than limit, the cursor to go on from is behind all events that
	// there are.
	EventsOf(ctx context.Context, f booking.EventFilter, after string, limit int) ([]booking.Event, string, error)
	// EndOfFeed answers the cursor behind all events that there are.
	EndOfFeed(ctx context.Context) (string, error)
}

// Members are the members of owners' organisations, beside the owner with whom each
// began.
type Members interface {
	// Memberships lists the organisations that a person is a member of.
	Memberships(ctx context.Context, personID string) ([]booking.Membership, error)
	// Members lists the members of an organisation; InvalidCursor as for places.
	Members(ctx context.Context, ownerID string, page booking.Page) ([]booking.Member, string, error)
	// PutMember gives a person these parts in an organisation, for places or for all,
	// and takes every other one there from them.
	PutMember(ctx context.Context, ownerID, personID string, parts []booking.Member) error
	// RemoveMember takes every part in the organisation from a person. NotFound:
	// they have none.
	RemoveMember(ctx context.Context, ownerID, personID string) error
}

// People are those who call.
type People interface {
	// Known tells whether a person or a program that has called is known by the id.
	Known(ctx context.Context, id string) (bool, error)
}

// Audits are those that workers run.
type Audits interface {
	// Latest is the last audit that looked at everything, and the last one that was asked
	// for; the zero run for none.
	Latest(ctx context.Context) (done, last booking.AuditRun, err error)
	// Findings lists what is open, of one order if that is named; InvalidCursor as for places.
	Findings(ctx context.Context, orderID string, page booking.Page) ([]booking.AuditFinding, string, error)
	// Ask asks for an audit; started is false where one is open already.
	Ask(ctx context.Context, by string, at time.Time) (run booking.AuditRun, started bool, err error)
}

// Monitor is what operators see: see internal/orders.
type Monitor interface {
	Overview(context.Context, booking.Caller) (orders.Overview, error)
	// Attention lists orders that need attention; InvalidCursor as for places.
	Attention(context.Context, booking.Caller, orders.NeedFilter, booking.Page) ([]orders.InNeed, string, error)
	Timeline(ctx context.Context, caller booking.Caller, orderID string) (orders.Timeline, error)
}

// Actions is the log of what operators do.
type Actions interface {
	// Actions lists what operators have done, to one order if that is named; InvalidCursor as
	// for places.
	Actions(ctx context.Context, orderID string, page booking.Page) ([]booking.OperatorAction, string, error)
	// Newest are the newest lines about an order, newest first.
	Newest(ctx context.Context, orderID string, n int) ([]booking.OperatorAction, error)
}

// Bulk are the actions on many orders, to read. NotFound: there is none of that id.
type Bulk interface {
	Run(ctx context.Context, id string) (booking.BulkRun, error)
	// Orders lists the orders that a dry run has named; left selects those to which it was
	// not done. InvalidCursor as for places, and so for Runs.
	Orders(ctx context.Context, id string, left bool, page booking.Page) ([]booking.BulkOrder, string, error)
	Runs(ctx context.Context, page booking.Page) ([]booking.BulkRun, string, error)
}

// Health is how this process and what it depends on are doing.
type Health interface {
	// Ready is false while starting or draining.
	Ready() bool
	// Degraded names the parts that do not work and says what is wrong with each.
	Degraded(ctx context.Context) map[string]string
}
