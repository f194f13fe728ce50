package contract

import (
	"cmp"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Policy is how a saga runs its steps. It is part of the workflow's input: a setting would be
// read differently when a history is replayed. Its durations are text there, such as "30m",
// for people who read or write an input. A duration that is missing has its default: see
// WithDefaults.
type Policy struct {
	// InPlace: steps are tried in the worker's own process first.
	InPlace bool `json:"inPlace"`
	// AnswerWithin is how long a caller waits for an answer that needs a service's agreement.
	AnswerWithin booking.Duration `json:"answerWithin,omitempty"`
	// AttentionAfter is how long an undo may keep failing before the order is
	// marked as needing attention.
	AttentionAfter booking.Duration `json:"attentionAfter"`
	// PayWithin is how long after its request an order has to be paid for, whatever causes a
	// delay: the provider, our own ledger, our workers. 0: no payment is deferred; an order
	// that cannot be paid for now is refused.
	PayWithin booking.Duration `json:"payWithin,omitempty"`
	// ConfirmPaymentWithin is how long the customer may take to confirm a payment at the
	// provider, if the provider requires that.
	ConfirmPaymentWithin booking.Duration `json:"confirmPaymentWithin,omitempty"`
	// HandOverWithin is how long handing the order over to shop and courier, kitchen or
	// cleaners may take after PayWithin. ReserveWithin is the same for a reservation, whose
	// stay is days away: until its rooms are held and its owner is notified. An order that
	// takes longer is cancelled.
	HandOverWithin booking.Duration `json:"handOverWithin,omitempty"`
	ReserveWithin  booking.Duration `json:"reserveWithin,omitempty"`
	// How long a courier, a kitchen or a cleaner may take, and for how long no cleaner may be
	// free, before the order needs attention. It keeps waiting.
	DeliverWithin booking.Duration `json:"deliverWithin,omitempty"`
	ServeWithin   booking.Duration `json:"serveWithin,omitempty"`
	CleanWithin   booking.Duration `json:"cleanWithin,omitempty"`
	AssignWithin  booking.Duration `json:"assignWithin,omitempty"`
	// ServeAfterDay is how long after its day a drink may still be handed over, before its
	// order is cancelled.
	ServeAfterDay booking.Duration `json:"serveAfterDay,omitempty"`
}

const (
	minute = booking.Duration(time.Minute)
	hour   = booking.Duration(time.Hour)
)

// usual are the defaults of a policy's times; the settings have the same.
var usual = Policy{
	AttentionAfter: 5 * minute, ConfirmPaymentWithin: 15 * minute,
	HandOverWithin: 30 * minute, ReserveWithin: 24 * hour,
	DeliverWithin: 2 * hour, ServeWithin: hour, ServeAfterDay: 3 * hour,
	AssignWithin: 2 * hour, CleanWithin: 24 * hour,
}

// WithDefaults is the policy with the default for each time that it lacks: an input of an
// earlier build may not have all of them. PayWithin has no default, since 0 has a meaning.
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

// Order is the part of the input that the sagas of all kinds have in common.
type Order struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	// PlacedBy is the id of the person who placed the order for its customer, "" if the
	// customer did.
	PlacedBy      string        `json:"placedBy,omitempty"`
	Amount        booking.Money `json:"amount"` // price of the whole order
	PaymentMethod string        `json:"paymentMethod"`
	// KeepsMethod: the customer agrees that the payment provider keeps the payment method for
	// the customer's next order.
	KeepsMethod bool `json:"keepsMethod,omitempty"`
	// ReturnTo is the page to which the provider's page sends the customer back, if the
	// payment has to be confirmed there. "": no customer is present, and such a payment is
	// declined.
	ReturnTo    string    `json:"returnTo,omitempty"`
	RequestHash string    `json:"requestHash,omitempty"`
	PlacedAt    time.Time `json:"placedAt"`
	// StartBy is the time by which the saga has to be started: a saga that starts later does
	// nothing, since its customer no longer expects the order. Zero is no limit.
	StartBy time.Time `json:"startBy,omitzero"`
	// DispatchedAt is when the order left the inbox, zero if it was never there. Its
	// deadlines count from then.
	DispatchedAt time.Time `json:"dispatchedAt,omitzero"`
	// Withdrawal is set if the order was cancelled before its saga was started: nothing is
	// begun.
	Withdrawal *Withdrawal `json:"withdrawal,omitempty"`
	Policy     Policy      `json:"policy"`
	// Cancellation is the policy that was in force when the order was placed; nil refunds
	// everything.
	Cancellation *booking.CancellationPolicy `json:"cancellation,omitempty"`
	// CountsChanges: see Terms. An order of an earlier build does not.
	CountsChanges bool `json:"countsChanges,omitempty"`
	// Settle is the last known view of an order whose workflow was lost: the saga only
	// compensates it. SettledBy is the id of the person who ordered that.
	Settle    *View  `json:"settle,omitempty"`
	SettledBy string `json:"settledBy,omitempty"`
}

// Withdrawal is why an order was cancelled before anything was done for it.
type Withdrawal struct {
	Reason booking.Reason   `json:"why"`            // ByCustomer or NotProcessed
	Note   booking.Personal `json:"note,omitempty"` // the customer's own words
	By     string           `json:"by,omitempty"`   // the id of the person who cancelled it
}

// Begins is the time from which the order's deadlines count.
func (o Order) Begins() time.Time {
	if o.DispatchedAt.IsZero() {
		return o.PlacedAt
	}
	return o.DispatchedAt
}

// common is the part that orders of all kinds have in common.
func (o *Order) common() *Order { return o }

func (o Order) view(kind booking.Kind, ownerID string, item booking.Item, quantity int) View {
	return View{
		ID: o.OrderID, Kind: kind, CustomerID: o.CustomerID, OwnerID: ownerID,
		Item: item, Quantity: quantity, Amount: o.Amount,
		Status: booking.Received, History: []Entry{{Status: booking.Received, At: o.PlacedAt, By: o.PlacedBy}},
	}
}

// DrinkDeletion is the input of the deletion of a drink.
type DrinkDeletion struct {
	DrinkID string `json:"drinkId"`
	// By is the id of the person who deletes it, "" while authentication is off.
	By string `json:"by,omitempty"`
	// Batch is how many orders are cancelled at a time, Batches how many batches one run of
	// the workflow handles.
	Batch   int `json:"batch"`
	Batches int `json:"batches"`
	// Closed: no new order of the drink is accepted. The next fields are the progress of the
	// previous run: After is the last order that it handled, Ended and Signalled are how many
	// orders of this pass had ended and how many were signalled to cancel, Passes how many
	// passes are complete.
	Closed    bool                  `json:"closed,omitempty"`
	After     string                `json:"after,omitempty"`
	Ended     int                   `json:"over,omitempty"`
	Signalled int                   `json:"told,omitempty"`
	Passes    int                   `json:"passes,omitempty"`
	Progress  booking.DrinkDeletion `json:"progress"`
}

// Repair is the input of a repair of the read model.
type Repair struct {
	// Page is the position in the list of workflows that the previous run has reached, Pages
	// how many pages one run handles.
	Page  []byte `json:"page,omitempty"`
	Pages int    `json:"pages"`
	// Healed counts the orders whose row was written.
	Healed int `json:"healed"`
}
