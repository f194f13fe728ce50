package web

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Orders is what can be done with orders: see internal/orders.
type Orders interface {
	Prepare(context.Context, booking.Caller, orders.Placement) (orders.Attempt, error)
	Place(context.Context, orders.Attempt) (orders.Outcome, error)
	Decide(context.Context, booking.Caller, orders.Decision) (orders.Outcome, error)
	Quote(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, contract.Quote, error)
	Read(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error)
	ReadSeen(context.Context, booking.Caller, orders.Seen) (contract.View, error)
	List(context.Context, booking.Caller, booking.OrderFilter, booking.Page, *orders.Seen) (orders.List, error)
	// Return takes a customer who comes back from the payment provider's page.
	Return(ctx context.Context, caller booking.Caller, orderID string, back booking.PaymentReturn) (orders.Outcome, error)
	DeleteDrink(ctx context.Context, caller booking.Caller, drinkID string) error
	Refund(context.Context, booking.Caller, orders.Refund) (orders.Refunded, error)
	QuoteChange(context.Context, booking.Caller, orders.Change) (contract.View, orders.ChangeQuote, error)
	Change(context.Context, booking.Caller, orders.Change) (orders.Outcome, error)
	QuoteQuantity(context.Context, booking.Caller, orders.QuantityChange) (contract.View, orders.QuantityQuote, error)
	ChangeQuantity(context.Context, booking.Caller, orders.QuantityChange) (orders.Outcome, error)
	Resolve(ctx context.Context, caller booking.Caller, orderID string, evidence booking.Personal) (orders.Outcome, error)
	Settle(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) error
	// IsLost tells whether nothing works on an order that has not come to its end.
	IsLost(ctx context.Context, order contract.View) (bool, error)
	// PlanBulk is a dry run of an action on many orders. BeginBulk does it, and StopBulk ends it.
	PlanBulk(context.Context, booking.Caller, booking.Action, booking.BulkFilter, booking.Personal) (booking.BulkRun, error)
	BeginBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	StopBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	// Waiting lists what of an order waits to be tried again, and Retry has it tried at once.
	Waiting(ctx context.Context, caller booking.Caller, orderID string) ([]orders.WaitingStep, error)
	Retry(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) (orders.Retried, error)
}

// Catalogue holds what there is to order: places, menus and drinks. Whatever is asked
// for by an id that nothing has is NotFound; lists answer InvalidCursor for a cursor
// they did not give out.
type Catalogue interface {
	orders.Catalogue
	Places(context.Context, booking.CatalogueFilter, booking.Page) ([]booking.Place, string, error)
	Menus(context.Context, booking.CatalogueFilter, booking.Page) ([]booking.Menu, string, error)
	Drinks(context.Context, booking.CatalogueFilter, booking.Page) ([]booking.Drink, string, error)

	// What owners change: by is the number of the caller whose doing it is. A change that
	// returns an error leaves what it is about as it was.
	AddPlace(ctx context.Context, by string, p booking.Place) error
	ChangePlace(ctx context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error)
	AddMenu(ctx context.Context, by string, m booking.Menu) error
	ChangeMenu(ctx context.Context, by, id string, change func(*booking.Menu) error) (booking.Menu, error)
	AddDrink(ctx context.Context, by string, d booking.Drink, count int) error
	ChangeDrink(ctx context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error)
	// SetCallPolicy sets the policy of calls from now on, nil for that everything is given
	// back.
	SetCallPolicy(ctx context.Context, by string, policy *booking.CancellationPolicy) error
}

// Stock is how much of things there is, day by day.
type Stock interface {
	// Least answers how many of each item are left on the day of [from, to) with the
	// fewest; none for an item without stock on one of the days.
	Least(ctx context.Context, items []string, from, to booking.Date) (map[string]int, error)
	// Levels answers the day of each item; none for those without stock.
	Levels(ctx context.Context, of []booking.ItemDay) (map[booking.ItemDay]booking.StockDay, error)
	// Days answers the days of [from, to).
	Days(ctx context.Context, itemID string, from, to booking.Date) ([]booking.StockDay, error)
	// ChangeStock sets how many of an item there are on every day, or on none:
	// StockBelowHeld when more are held already.
	ChangeStock(ctx context.Context, by string, c booking.StockChange) error
	// SetCapacity is ChangeStock for an item that is not registered yet.
	SetCapacity(ctx context.Context, itemID string, from, to booking.Date, n int) error
}

// Payments is the payments ledger, to read.
type Payments interface {
	// Payment answers the order's payment, or NotFound.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
}

// Messages are what owners and customers were told.
type Messages interface {
	// Messages lists what the recipient was told; InvalidCursor as for places.
	Messages(ctx context.Context, recipientID string, page booking.Page) ([]booking.Message, string, error)
}

// Callers knows callers by what they present.
type Callers interface {
	// Caller answers the caller who presents an access token. Unauthenticated: it is not
	// valid. Unavailable: that cannot be found out.
	Caller(ctx context.Context, credential string) (booking.Caller, error)
}
