package web

import (
	"context"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Orders holds the use cases of orders: see internal/orders.
type Orders interface {
	Prepare(context.Context, booking.Caller, orders.Placement) (orders.Attempt, error)
	Place(context.Context, orders.Attempt) (orders.Outcome, error)
	Decide(context.Context, booking.Caller, orders.Decision) (orders.Outcome, error)
	Quote(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, contract.Quote, error)
	Read(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error)
	ReadSeen(context.Context, booking.Caller, orders.Seen) (contract.View, error)
	List(context.Context, booking.Caller, booking.OrderFilter, booking.Page, *orders.Seen) (orders.List, error)
	// Return handles a customer that comes back from the payment provider's page.
	Return(ctx context.Context, caller booking.Caller, orderID string, back booking.PaymentReturn) (orders.Outcome, error)
	DeleteDrink(ctx context.Context, caller booking.Caller, drinkID string) error
	Refund(context.Context, booking.Caller, orders.Refund) (orders.Refunded, error)
	QuoteChange(context.Context, booking.Caller, orders.Change) (contract.View, orders.ChangeQuote, error)
	Change(context.Context, booking.Caller, orders.Change) (orders.Outcome, error)
	QuoteQuantity(context.Context, booking.Caller, orders.QuantityChange) (contract.View, orders.QuantityQuote, error)
	ChangeQuantity(context.Context, booking.Caller, orders.QuantityChange) (orders.Outcome, error)
	Resolve(ctx context.Context, caller booking.Caller, orderID string, evidence booking.Personal) (orders.Outcome, error)
	Settle(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) error
	// IsLost reports whether no workflow runs for an order that has not ended.
	IsLost(ctx context.Context, order contract.View) (bool, error)
	// PlanBulk makes a dry run of a bulk action, BeginBulk starts it, and StopBulk ends it.
	PlanBulk(context.Context, booking.Caller, booking.Action, booking.BulkFilter, booking.Personal) (booking.BulkRun, error)
	BeginBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	StopBulk(ctx context.Context, caller booking.Caller, id string) (booking.BulkRun, error)
	// Waiting lists the steps of an order that wait for a retry, and Retry retries them at
	// once.
	Waiting(ctx context.Context, caller booking.Caller, orderID string) ([]orders.WaitingStep, error)
	Retry(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) (orders.Retried, error)
}

// Catalogue holds what can be ordered: places, menus and drinks. Returns NotFound for an id
// that does not exist; lists return InvalidCursor for a cursor that they have not issued.
type Catalogue interface {
	orders.Catalogue
	Places(context.Context, booking.CatalogueFilter, booking.Page) ([]booking.Place, string, error)
	Menus(context.Context, booking.CatalogueFilter, booking.Page) ([]booking.Menu, string, error)
	Drinks(context.Context, booking.CatalogueFilter, booking.Page) ([]booking.Drink, string, error)

	// Changes by owners: by is the number of the caller that makes the change. If the
	// change function returns an error, nothing is changed.
	AddPlace(ctx context.Context, by string, p booking.Place) error
	ChangePlace(ctx context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error)
	AddMenu(ctx context.Context, by string, m booking.Menu) error
	ChangeMenu(ctx context.Context, by, id string, change func(*booking.Menu) error) (booking.Menu, error)
	AddDrink(ctx context.Context, by string, d booking.Drink, count int) error
	ChangeDrink(ctx context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error)
	// SetCallPolicy sets the policy of calls from now on; nil: everything is refunded.
	SetCallPolicy(ctx context.Context, by string, policy *booking.CancellationPolicy) error
}

// Stock is the stock of items, per day.
type Stock interface {
	// Least returns how many of each item are left on the day of [from, to) with the
	// fewest; none for an item without stock on one of the days.
	Least(ctx context.Context, items []string, from, to booking.Date) (map[string]int, error)
	// Levels returns the stock of each item and day; none for those without stock.
	Levels(ctx context.Context, of []booking.ItemDay) (map[booking.ItemDay]booking.StockDay, error)
	// Days returns the days of [from, to).
	Days(ctx context.Context, itemID string, from, to booking.Date) ([]booking.StockDay, error)
	// ChangeStock sets the stock of an item on every day, or on none. Returns
	// StockBelowHeld if more are held already.
	ChangeStock(ctx context.Context, by string, c booking.StockChange) error
	// SetCapacity is ChangeStock for an item that is not registered yet.
	SetCapacity(ctx context.Context, itemID string, from, to booking.Date, n int) error
}

// Payments reads the payments ledger.
type Payments interface {
	// Payment returns the order's payment. Returns NotFound if there is none.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
}

// Messages reads the messages to owners and customers.
type Messages interface {
	// Messages lists the messages to the recipient. Returns InvalidCursor as for places.
	Messages(ctx context.Context, recipientID string, page booking.Page) ([]booking.Message, string, error)
}

// Callers identifies callers by their credentials.
type Callers interface {
	// Caller returns the caller of an access token. Returns Unauthenticated if the token is
	// not valid, and Unavailable if that cannot be found out.
	Caller(ctx context.Context, credential string) (booking.Caller, error)
}

// KeptMethods are the cards that the payment provider keeps for customers. Its methods return
// Unavailable while the provider does not answer.
type KeptMethods interface {
	// Keeps reports whether the provider keeps any.
	Keeps() bool
	// List lists the customer's cards, newest first.
	List(ctx context.Context, customerID string) ([]booking.KeptMethod, error)
	// Remove removes a card of the customer. It returns NotFound if the customer has no such
	// card.
	Remove(ctx context.Context, customerID, id string) error
}
