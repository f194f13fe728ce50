package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Orders places orders, reads them and decides on them: see internal/orders.
type Orders interface {
	Prepare(context.Context, booking.Caller, orders.Placement) (orders.Attempt, error)
	Place(context.Context, orders.Attempt) (orders.Outcome, error)
	Decide(context.Context, booking.Caller, orders.Decision) (orders.Outcome, error)
	Quote(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, contract.Quote, error)
	// QuoteChange returns the price of a reservation's change, and Change makes the
	// change.
	QuoteChange(ctx context.Context, caller booking.Caller, c orders.Change) (contract.View, orders.ChangeQuote, error)
	Change(ctx context.Context, caller booking.Caller, c orders.Change) (orders.Outcome, error)
	// QuoteQuantity returns the price of another quantity of drinks, and ChangeQuantity
	// changes the quantity.
	QuoteQuantity(ctx context.Context, caller booking.Caller, c orders.QuantityChange) (contract.View, orders.QuantityQuote, error)
	ChangeQuantity(ctx context.Context, caller booking.Caller, c orders.QuantityChange) (orders.Outcome, error)
	// QuoteAnew quotes a cancel of an order that the caller has read and may cancel.
	QuoteAnew(ctx context.Context, v contract.View) (contract.Quote, error)
	Refund(context.Context, booking.Caller, orders.Refund) (orders.Refunded, error)
	Resolve(ctx context.Context, caller booking.Caller, orderID string, evidence booking.Personal) (orders.Outcome, error)
	Settle(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) error
	// Retry has an order's waiting steps tried at once.
	Retry(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) (orders.Retried, error)
	// PlanBulk does a dry run of an action on many orders, BeginBulk runs it, and
	// StopBulk stops it.
	PlanBulk(context.Context, booking.Caller, booking.Action, booking.BulkFilter, booking.Personal) (booking.BulkRun, error)
	BeginBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	StopBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	// Notice handles a notice of the payment provider; CheckPayment does the same
	// without a notice.
	Notice(context.Context, booking.PaymentNotice) error
	CheckPayment(ctx context.Context, caller booking.Caller, orderID string) error
	// Return handles a customer's return from the payment provider's page.
	Return(ctx context.Context, caller booking.Caller, orderID string, back booking.PaymentReturn) (orders.Outcome, error)
	Read(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error)
	ReadFresh(ctx context.Context, caller booking.Caller, id string) (contract.View, error)
	List(context.Context, booking.Caller, booking.OrderFilter, booking.Page, *orders.Seen) (orders.List, error)
	Count(context.Context, booking.Caller, booking.OrderFilter) (int, error)
	// AwaitOrders waits like List until the read model shows the orders as they were answered,
	// and returns those that it does not show yet.
	AwaitOrders(ctx context.Context, caller booking.Caller, ids []string, seen *orders.Seen) (behind []string)
	DeleteDrink(ctx context.Context, caller booking.Caller, drinkID string) error
	// Allow refuses an action on an order that the caller may not do.
	Allow(ctx context.Context, caller booking.Caller, a booking.Action, kind booking.Kind, id string) error
	// WaitingCalls is the number of calls that wait for a cleaner.
	WaitingCalls(context.Context) (int, error)
}

// Pages are the web pages.
type Pages interface {
	// Mount adds the pages to the router, from the root on.
	Mount(gin.IRouter)
	// Refuse answers a request that is not for an operation or a page with a page that
	// explains the code.
	Refuse(c *gin.Context, status int, code booking.Code)
}

// Catalogue stores what can be ordered: places, menus and drinks. Methods return
// NotFound for an unknown id; lists return InvalidCursor for a cursor that they did not
// return before. by is the number of the caller that makes a change: the feed has it.
type Catalogue interface {
	orders.Catalogue
	identity.IDs

	AddPlace(ctx context.Context, by string, p booking.Place) error
	// ChangePlace applies change to the place and stores the result, in one
	// transaction. If change returns an error, the place stays as it was.
	ChangePlace(ctx context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error)
	// Places lists the selected places, newest first.
	Places(ctx context.Context, filter booking.CatalogueFilter, page booking.Page) ([]booking.Place, string, error)
	// CountPlaces counts the selected places, up to booking.CountedTo.
	CountPlaces(ctx context.Context, filter booking.CatalogueFilter) (int, error)

	AddMenu(ctx context.Context, by string, m booking.Menu) error
	// ChangeMenu is ChangePlace for a menu.
	ChangeMenu(ctx context.Context, by, id string, change func(*booking.Menu) error) (booking.Menu, error)
	Menus(ctx context.Context, filter booking.CatalogueFilter, page booking.Page) ([]booking.Menu, string, error)
	CountMenus(ctx context.Context, filter booking.CatalogueFilter) (int, error)

	// AddDrink adds a drink with a stock of count on its day.
	AddDrink(ctx context.Context, by string, d booking.Drink, count int) error
	// ChangeDrink is ChangePlace for a drink. NotFound: it is deleted or being deleted.
	ChangeDrink(ctx context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error)
	// Drinks lists the selected drinks that are not deleted: with EndsAfter, in the order in
	// which their days end, otherwise newest first.
	Drinks(ctx context.Context, filter booking.CatalogueFilter, page booking.Page) ([]booking.Drink, string, error)
	CountDrinks(ctx context.Context, filter booking.CatalogueFilter) (int, error)

	// SetCallPolicy sets the cancellation policy of calls from now on; nil for none.
	SetCallPolicy(ctx context.Context, by string, p *booking.CancellationPolicy) error
}

// Stock is the stock of things, day by day: a place's rooms, a drink's cups.
type Stock interface {
	// ChangeStock sets the stock of an item on all its days, or on none. It returns
	// StockBelowHeld if more than that is held. The feed has the change and its caller.
	ChangeStock(ctx context.Context, by string, c booking.StockChange) error
	// SetCapacity is ChangeStock for an item that is not registered yet: the feed does
	// not have it.
	SetCapacity(ctx context.Context, itemID string, from, to booking.Date, n int) error
	// Days returns the days of [from, to).
	Days(ctx context.Context, itemID string, from, to booking.Date) ([]booking.StockDay, error)
	// Levels returns the day of each item; none for items without stock.
	Levels(ctx context.Context, of []booking.ItemDay) (map[booking.ItemDay]booking.StockDay, error)
}

// Jobs reads deliveries or productions, one per order.
type Jobs interface {
	// Job returns the order's job. It returns NotFound while the job does not exist.
	Job(ctx context.Context, orderID string) (booking.JobState, error)
	// List lists the selected jobs. It returns InvalidCursor like Catalogue.
	List(ctx context.Context, filter booking.JobFilter, page booking.Page) ([]booking.JobState, string, error)
	// Count counts the selected jobs, up to booking.CountedTo.
	Count(ctx context.Context, filter booking.JobFilter) (int, error)
}

// Cleaners stores the cleaners.
type Cleaners interface {
	// AddCleaner adds a cleaner. If calls wait, the cleaner is assigned to the oldest,
	// in the same transaction.
	AddCleaner(ctx context.Context, by string, c booking.Cleaner) (booking.CleanerAtWork, error)
	// Cleaner returns the cleaner, or NotFound.
	Cleaner(ctx context.Context, id string) (booking.CleanerAtWork, error)
	// ChangeCleaner changes the cleaner. It returns NotFound for an unknown id. A
	// cleaner that is brought back is assigned to the oldest waiting call, in the same
	// transaction.
	ChangeCleaner(ctx context.Context, by, id string, change booking.CleanerChange) (booking.CleanerAtWork, error)
	// AssignmentsOf lists the cleaner's calls under way.
	AssignmentsOf(ctx context.Context, cleanerID string) ([]booking.Assignment, error)
	// Cleaners lists the selected cleaners, newest first. It returns InvalidCursor like
	// Catalogue.
	Cleaners(ctx context.Context, filter booking.CleanerFilter, page booking.Page) ([]booking.CleanerAtWork, string, error)
}

// Management reads the registered calls.
type Management interface {
	// Calls lists all calls that were registered, newest first. It returns
	// InvalidCursor like Catalogue.
	Calls(ctx context.Context, page booking.Page) ([]booking.RegisteredCall, string, error)
	// Call returns the order's call, or NotFound if it was never registered.
	Call(ctx context.Context, orderID string) (booking.RegisteredCall, error)
}

// Payments reads the payments ledger.
type Payments interface {
	// Payment returns the order's payment, or NotFound.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
}

// Notices reads the payment provider's notices.
type Notices interface {
	// Read parses a notice. ForgedNotice: the signature is not the provider's. NoticesOff: no
	// signing secret is configured. Unavailable: the notice's payment cannot be retrieved.
	Read(ctx context.Context, body []byte, header http.Header) (booking.PaymentNotice, error)
}

// noNotices is for a provider that sends no notices.
type noNotices struct{}

func (noNotices) Read(context.Context, []byte, http.Header) (n booking.PaymentNotice, err error) {
	return n, booking.Errorf(booking.NoticesOff, "the payment provider sends no notices here")
}

// KeptMethods are the payment methods that the payment provider keeps for customers. Its methods
// return Unavailable while the provider does not answer.
type KeptMethods interface {
	// List lists the customer's methods, newest first.
	List(ctx context.Context, customerID string) ([]booking.KeptMethod, error)
	// Remove removes a method of the customer. It returns NotFound if the customer has no such
	// method.
	Remove(ctx context.Context, customerID, id string) error
}

// noKeptMethods is for a provider that keeps none.
type noKeptMethods struct{}

func (noKeptMethods) List(context.Context, string) ([]booking.KeptMethod, error) { return nil, nil }

func (noKeptMethods) Remove(context.Context, string, string) error {
	return booking.Errorf(booking.NotFound, "the payment provider keeps no payment methods here")
}

// PaymentTerms are the limits of the payment provider. Errors are shown to users.
type PaymentTerms interface {
	orders.PaymentTerms
	// Currency returns why the currency cannot be used.
	Currency(code string) error
	// Part rounds an amount up to one that can be refunded of a charge.
	Part(amount booking.Money) booking.Money
}

// anyTerms are the terms of a provider without limits.
type anyTerms struct{}

func (anyTerms) Currency(string) error      { return nil }
func (anyTerms) Amount(booking.Money) error { return nil }

func (anyTerms) Part(amount booking.Money) booking.Money { return amount }

// Messages reads the messages to owners and customers.
type Messages interface {
	// Messages lists the recipient's messages. It returns InvalidCursor like Catalogue.
	Messages(ctx context.Context, recipientID string, page booking.Page) ([]booking.Message, string, error)
}

// ReadModel is what customers and owners read besides their orders.
type ReadModel interface {
	identity.IDs
	// Statuses returns the orders' last published statuses; none for orders that were
	// never published.
	Statuses(ctx context.Context, ids []string) (map[string]booking.Status, error)
	// Events returns at most limit events that follow the cursor in the feed, each with its own
	// cursor, and the cursor to continue from: the same one if there are no events. It returns
	// InvalidCursor like Catalogue.
	Events(ctx context.Context, after string, limit int) ([]booking.Event, string, error)
	// EventsOf is Events for the selected orders. If it returns fewer than limit events, the
	// cursor to continue from is the end of the feed.
	EventsOf(ctx context.Context, f booking.EventFilter, after string, limit int) ([]booking.Event, string, error)
	// EndOfFeed returns the cursor after all events.
	EndOfFeed(ctx context.Context) (string, error)
}

// Members stores the members of owners' organisations, besides the founding owner of
// each.
type Members interface {
	// Memberships lists a person's organisations.
	Memberships(ctx context.Context, personID string) ([]booking.Membership, error)
	// Members lists the members of an organisation. It returns InvalidCursor like
	// Catalogue.
	Members(ctx context.Context, ownerID string, page booking.Page) ([]booking.Member, string, error)
	// PutMember replaces all parts of a person in an organisation, for some places or
	// for all.
	PutMember(ctx context.Context, ownerID, personID string, parts []booking.Member) error
	// RemoveMember removes all parts of a person in the organisation. NotFound: there
	// are none.
	RemoveMember(ctx context.Context, ownerID, personID string) error
}

// People knows the callers.
type People interface {
	// Known reports whether a person or program with the id has called before.
	Known(ctx context.Context, id string) (bool, error)
}

// Audits stores the audits that workers run.
type Audits interface {
	// Latest returns the last complete audit and the last requested one; the zero run
	// for none.
	Latest(ctx context.Context) (done, last booking.AuditRun, err error)
	// Findings lists the open findings, of one order if orderID is set. It returns
	// InvalidCursor like Catalogue.
	Findings(ctx context.Context, orderID string, page booking.Page) ([]booking.AuditFinding, string, error)
	// Request requests an audit; started is false if one is open already.
	Request(ctx context.Context, by string, at time.Time) (run booking.AuditRun, started bool, err error)
}

// Monitor is what operators read: see internal/orders.
type Monitor interface {
	Overview(context.Context, booking.Caller) (orders.Overview, error)
	// Attention lists orders that need attention. It returns InvalidCursor like
	// Catalogue.
	Attention(context.Context, booking.Caller, orders.AttentionFilter, booking.Page) ([]orders.NeedingAttention, string, error)
	Timeline(ctx context.Context, caller booking.Caller, orderID string) (orders.Timeline, error)
}

// Actions is the log of operators' actions.
type Actions interface {
	// Actions lists operators' actions, on one order if orderID is set. It returns
	// InvalidCursor like Catalogue.
	Actions(ctx context.Context, orderID string, page booking.Page) ([]booking.OperatorAction, string, error)
	// Newest returns the last n actions on an order, newest first.
	Newest(ctx context.Context, orderID string, n int) ([]booking.OperatorAction, error)
}

// Bulk reads the actions on many orders. NotFound: the id is unknown.
type Bulk interface {
	Run(ctx context.Context, id string) (booking.BulkRun, error)
	// Orders lists the orders of a dry run; left selects those on which the action was
	// not done. Orders and Runs return InvalidCursor like Catalogue.
	Orders(ctx context.Context, id string, left bool, page booking.Page) ([]booking.BulkOrder, string, error)
	// Runs lists actions without their results.
	Runs(ctx context.Context, page booking.Page) ([]booking.BulkRun, string, error)
	// Results counts the orders of each of the actions by result.
	Results(ctx context.Context, ids []string) (map[string]map[booking.BulkResult]int, error)
}

// Health is the state of this process and of its dependencies.
type Health interface {
	// Ready is false while starting or draining.
	Ready() bool
	// Degraded returns the parts that do not work, and what is wrong with each.
	Degraded(ctx context.Context) map[string]string
}
