package contract

import (
	"cmp"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Policy is how a saga goes about its steps. It travels in the workflow's
// input: a setting would be read differently when a history is replayed. Its
// durations are words there, "30m", for people who read or type an input. A time
// that is missing is the usual one: see Whole.
type Policy struct {
	// InPlace: steps are tried in the worker's own process first.
	InPlace bool `json:"inPlace"`
	// AnswerWithin is how long a caller waits where a service has to be asked first.
	AnswerWithin booking.Duration `json:"answerWithin,omitempty"`
	// AttentionAfter is how long an undo may keep failing before the order is
	// marked as needing attention.
	AttentionAfter booking.Duration `json:"attentionAfter"`
	// PayWithin is within what time of its request an order has to be paid for,
	// whatever keeps it from that: the provider, our own ledger, our workers. 0:
	// no payment is deferred; an order that cannot be paid for now is refused.
	PayWithin booking.Duration `json:"payWithin,omitempty"`
	// ConfirmPaymentWithin is how long the customer may take to confirm a payment at the
	// provider, where that asks for it.
	ConfirmPaymentWithin booking.Duration `json:"confirmPaymentWithin,omitempty"`
	// HandOverWithin is within what time after that an order has to be in the
	// hands of those who carry it out: shop and courier, kitchen, cleaners. For a
	// reservation, whose stay is days away, it is ReserveWithin until its rooms
	// are held and its owner knows. What takes longer is given up and undone.
	HandOverWithin booking.Duration `json:"handOverWithin,omitempty"`
	ReserveWithin  booking.Duration `json:"reserveWithin,omitempty"`
	// Of people: how long a courier, a kitchen or a cleaner may take, and for how
	// long there may be no free cleaner, before the order is marked as needing
	// attention. It goes on waiting.
	DeliverWithin booking.Duration `json:"deliverWithin,omitempty"`
	ServeWithin   booking.Duration `json:"serveWithin,omitempty"`
	CleanWithin   booking.Duration `json:"cleanWithin,omitempty"`
	AssignWithin  booking.Duration `json:"assignWithin,omitempty"`
	// ServeAfterDay is for how long after its day a drink may still be handed
	// over, before its order is given up.
	ServeAfterDay booking.Duration `json:"serveAfterDay,omitempty"`
}

const (
	minute = booking.Duration(time.Minute)
	hour   = booking.Duration(time.Hour)
)

// usual are the times of a policy that nothing else was said of, as the settings
// have them.
var usual = Policy{
	AttentionAfter: 5 * minute, ConfirmPaymentWithin: 15 * minute,
	HandOverWithin: 30 * minute, ReserveWithin: 24 * hour,
	DeliverWithin: 2 * hour, ServeWithin: hour, ServeAfterDay: 3 * hour,
	AssignWithin: 2 * hour, CleanWithin: 24 * hour,
}

// WithDefaults is the policy with the usual times for those that it lacks, since the
// build that the order began with did not know them. PayWithin has a meaning
// when it is 0.
func (p Policy) WithDefaults() Policy {
	p.AttentionAfter = cmp.Or(p.AttentionAfter, usual.AttentionAfter)
	p.ConfirmPaymentWithin = cmp.Or(p.ConfirmPaymentWithin, usual.ConfirmPaymentWithin)
	p.HandOverWithin = cmp.Or(p.HandOverWithin, usual.HandOverWithin)
	p.ReserveWithin = cmp.Or(p.ReserveWithin, usual.ReserveWithin)
	p.DeliverWithin = cmp.Or(p.DeliverWithin, usual.DeliverWithin)
	p.ServeWithin = cmp.Or(p.ServeWithin, usual.ServeWithin)
	p.ServeAfterDay = cmp.Or(p.ServeAfterDay, usual.ServeAfterDay)
	p.AssignWithin = cmp.Or(p.AssignWithin, usual.AssignWithin)
	p.CleanWithin = cmp.Or(p.CleanWithin, usual.CleanWithin)
	return p
}

// Order is what every order's saga starts with.
type Order struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	// PlacedBy is who placed the order for its customer, "" when that was the customer.
	PlacedBy      string        `json:"placedBy,omitempty"`
	Amount        booking.Money `json:"amount"` // price of the whole order
	PaymentMethod string        `json:"paymentMethod"`
	// ReturnTo is the page that the customer comes back to from the provider's, where the
	// payment has to be confirmed; "": nobody is there, and such a payment is declined.
	ReturnTo    string    `json:"returnTo,omitempty"`
	RequestHash string    `json:"requestHash,omitempty"`
	PlacedAt    time.Time `json:"placedAt"`
	// StartBy is until when the saga has to be started: one that starts later
	// does nothing, since its customer counts on it no more. Zero is no limit.
	StartBy time.Time `json:"startBy,omitzero"`
	// DispatchedAt is when the order left the inbox, zero when it never was there.
	// Its deadlines run from then.
	DispatchedAt time.Time `json:"dispatchedAt,omitzero"`
	// Withdrawal is set when the order was given up before its saga was started:
	// nothing is begun.
	Withdrawal *Withdrawal `json:"withdrawal,omitempty"`
	Policy     Policy      `json:"policy"`
	// Cancellation is the policy that was in force when the order was placed; nil
	// gives everything back.
	Cancellation *booking.CancellationPolicy `json:"cancellation,omitempty"`
	// CountsChanges: see Terms. An order of an earlier build does not.
	CountsChanges bool `json:"countsChanges,omitempty"`
	// Settle is the order as it was last known, when its workflow was lost: it
	// is undone from there, and nothing else is done. SettledBy is who had that done.
	Settle    *View  `json:"settle,omitempty"`
	SettledBy string `json:"settledBy,omitempty"`
}

// Withdrawal is why an order is given up before anything is done for it.
type Withdrawal struct {
	Why  booking.Reason   `json:"why"`            // ByCustomer or NotProcessed
	Note booking.Personal `json:"note,omitempty"` // the customer's words
	By   string           `json:"by,omitempty"`   // the id of the one who gave it up
}

// Begins is when the time of the order begins to run.
func (o Order) Begins() time.Time {
	if o.DispatchedAt.IsZero() {
		return o.PlacedAt
	}
	return o.DispatchedAt
}

// common is what the order has in common with those of other kinds.
func (o *Order) common() *Order { return o }

func (o Order) view(kind booking.Kind, ownerID string, item booking.Item, quantity int) View {
	return View{
		ID: o.OrderID, Kind: kind, CustomerID: o.CustomerID, OwnerID: ownerID,
		Item: item, Quantity: quantity, Amount: o.Amount,
		Status: booking.Received, History: []Entry{{Status: booking.Received, At: o.PlacedAt, By: o.PlacedBy}},
	}
}

// DrinkDeletion is what the deletion of a drink starts with.
type DrinkDeletion struct {
	DrinkID string `json:"drinkId"`
	// By is the id of the one who deletes it, "" while authentication is off.
	By string `json:"by,omitempty"`
	// Batch is how many orders are cancelled at a time, and Batches how many
	// such batches one run of the workflow goes through.
	Batch   int `json:"batch"`
	Batches int `json:"batches"`
	// Closed: the drink takes no more orders. What follows is where the run
	// before has come to: the last order that it met, how many of this pass
	// were over and how many were told to undo themselves, and the passes
	// that are through.
	Closed   bool                  `json:"closed,omitempty"`
	After    string                `json:"after,omitempty"`
	Over     int                   `json:"over,omitempty"`
	Told     int                   `json:"told,omitempty"`
	Passes   int                   `json:"passes,omitempty"`
	Progress booking.DrinkDeletion `json:"progress"`
}

// Repair is what a repair of the read model starts with.
type Repair struct {
	// Page is where the run before has come to in the list of workflows, and
	// Pages how many pages one run goes through.
	Page  []byte `json:"page,omitempty"`
	Pages int    `json:"pages"`
	// Healed counts the orders whose row was written.
	Healed int `json:"healed"`
}
