package contract

import (
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// View is an order as its customer and owner see it. The saga's view query is its source;
// the read model stores the same value.
type View struct {
	ID         string         `json:"id"`
	Kind       booking.Kind   `json:"kind"`
	CustomerID string         `json:"customerId"`
	OwnerID    string         `json:"ownerId"`
	Item       booking.Item   `json:"item" doc:"What was ordered"`
	Quantity   int            `json:"quantity" doc:"How many of the item: rooms, portions or cups, for example"`
	Amount     booking.Money  `json:"amount" doc:"Price of the whole order"`
	Status     booking.Status `json:"status"`
	// Placed: the order has taken effect: it is paid for, or free. Owners' lists have no
	// others.
	Placed bool `json:"placed" doc:"Whether it came into being, that is, was paid for where it has a price"`
	// Reason is why the order is, or is being, cancelled.
	Reason booking.Reason `json:"reason,omitempty" doc:"Why the order is, or is being, cancelled"`
	// NeedsAttention marks an order that does not continue by itself as it should.
	NeedsAttention bool `json:"needsAttention" doc:"The order needs an operator: undoing it keeps failing, those who carry it out are late, or its payment is disputed"`
	// AttentionCause is why NeedsAttention is set, for operators. Orders that were marked by an
	// earlier build have none. It is replaced when it changes, never modified.
	AttentionCause *AttentionCause `json:"trouble,omitempty" hidden:"true"`
	// Disputed: a dispute of the payment is open. Only the read model knows that: no saga
	// does, and no view carries it.
	Disputed bool `json:"-"`
	// PaymentDeferred is set while the payment waits for its turn. It is replaced when it
	// changes, never modified.
	PaymentDeferred *Deferral `json:"paymentDeferred,omitempty" doc:"Set while the payment provider is overloaded and the payment waits for its turn"`
	// NextAction and ExpiresAt are set while the order is awaiting_payment. NextAction is
	// replaced when it changes, never modified.
	NextAction *booking.NextAction `json:"nextAction,omitempty" doc:"What the customer has to do for the payment, of an order that is awaiting_payment; not set once that is done and the provider has yet to decide"`
	ExpiresAt  time.Time           `json:"expiresAt,omitzero" doc:"When an order that is awaiting_payment is cancelled unless the payment is there"`
	// Terms are set if the order has a cancellation policy, FinalAmounts once such an order is
	// cancelled. They are replaced when they change, never modified.
	Terms        *Terms              `json:"terms,omitempty" doc:"What customers who cancel get back, as it was when the order was placed; everything without it"`
	FinalAmounts *booking.Settlement `json:"settled,omitempty" doc:"What became of the payment of an order with terms that was cancelled"`
	History      []Entry             `json:"history" nullable:"false" doc:"The statuses the order went through"`
	// Version grows with each change: max(previous + 1, workflow time in µs), so that it
	// also grows through a workflow reset.
	Version int64 `json:"version" doc:"Grows with each change of the order"`

	*Stay
	Delivery   *Delivery   `json:"delivery,omitempty"`
	Production *Production `json:"production,omitempty"`
	Cleaning   *Visit      `json:"cleaning,omitempty" doc:"Of a call for a cleaner"`
}

// The parts of single kinds are replaced when they change, never modified: earlier views
// share them.

// Stay is the part of the view of a reservation.
type Stay struct {
	CheckIn  string `json:"checkIn,omitempty" format:"date" doc:"First night"`
	CheckOut string `json:"checkOut,omitempty" format:"date" doc:"Day of departure"`
	// ConfirmWithin is set if the owner has to confirm. Changes of the place do not change
	// it.
	ConfirmWithin booking.Duration `json:"confirmWithin,omitempty" doc:"How long the owner may take to decide, once it is paid; of a stay that is not confirmed by itself" example:"24h"`
	// Freed are the nights that are free again since the guests left early.
	Freed *booking.Nights `json:"freed,omitempty" doc:"Nights of the stay that are free again, since the guests left early"`
	// Prices are set once the stay was changed: until then all nights cost the same.
	Prices []booking.NightPrice `json:"prices,omitempty" doc:"What the nights cost, of a stay that was changed; until then they all cost the same"`
	Change *PendingChange       `json:"change,omitempty" doc:"A change of the stay that is under way. The reservation is what it was until the change is made"`
}

// Delivery is the part of the view of an order of food.
type Delivery struct {
	Status  booking.JobStatus `json:"status" doc:"The state of the delivery"`
	Address booking.Personal  `json:"address"`
}

// Production is the part of the view of an order of drinks.
type Production struct {
	Status booking.JobStatus `json:"status" doc:"The state of the production"`
	Date   string            `json:"date" format:"date" doc:"The day that it was ordered for"`
	// Lots are set once the quantity was changed: until then all drinks cost the same.
	Lots   []booking.Lot    `json:"lots,omitempty" doc:"What they cost, of an order whose quantity was changed, those that were bought first coming first; until then they all cost the same"`
	Change *PendingQuantity `json:"change,omitempty" doc:"A change of the quantity that is under way. The order is what it was until the change is made"`
}

// Visit is the part of the view of a call for a cleaner.
type Visit struct {
	Location booking.Personal `json:"location" doc:"Where to clean"`
	Cleaner  *booking.Cleaner `json:"cleaner,omitempty" doc:"Who comes, once one was assigned"`
}

// AttentionCause is why an order needs attention.
type AttentionCause struct {
	Text  string    `json:"says"`
	Since time.Time `json:"since"`
}

// Deferral is a payment that is deferred.
type Deferral struct {
	Until time.Time `json:"until" doc:"When the order is cancelled unless it could be paid for by then"`
}

// Entry is one line of an order's history.
type Entry struct {
	Status booking.Status   `json:"status"`
	At     time.Time        `json:"at"`
	Reason booking.Reason   `json:"reason,omitempty"`
	Note   booking.Personal `json:"note,omitempty" doc:"What the one who decided added in their own words"`
	By     string           `json:"by,omitempty" doc:"The number of the one who decided; of the first entry, of the one who placed the order, if that is not its customer"`
	// Refused, Decision and DecidedAt are set in the read model's entry of a decision that
	// was stored while the order could not be reached, and was then not carried out: the
	// order has not changed. Refused is also set on a refund by staff that has failed and
	// is not made any more. Decision without Refused is a decision that has not changed the
	// status: a refund by staff, with its amount, a refund that was paid by hand, or a
	// change.
	Refused   booking.Code   `json:"refused,omitempty" doc:"Why a decision that was kept while the order could not be reached, or a refund that has failed, was not carried out; the order did not change" example:"already_cancelled"`
	Decision  string         `json:"decision,omitempty" enum:"confirm,reject,cancel,complete,no_show,refund,resolve,change" doc:"That decision; without refused, one that has left the order in its status: to refund a part of what was paid (refund), that a refund was paid by hand (resolve), or to change the nights or rooms of a stay, or how many drinks are ordered (change)"`
	DecidedAt time.Time      `json:"decidedAt,omitzero" doc:"When it was made"`
	Refund    *booking.Money `json:"refund,omitempty" doc:"What that refund is of"`
}

// Is reports whether the other entry is equal.
func (e Entry) Is(other Entry) bool {
	a, b := e, other
	a.At, b.At, a.DecidedAt, b.DecidedAt, a.Refund, b.Refund = time.Time{}, time.Time{}, time.Time{}, time.Time{}, nil, nil
	sameRefund := (e.Refund == nil) == (other.Refund == nil) && (e.Refund == nil || *e.Refund == *other.Refund)
	return a == b && sameRefund && e.At.Equal(other.At) && e.DecidedAt.Equal(other.DecidedAt)
}

// moved reports whether the entry is a change of the order's status.
func (e Entry) moved() bool { return e.Refused == "" && e.Decision == "" }

// PlacedAt is when the order was placed.
func (v View) PlacedAt() time.Time {
	if len(v.History) == 0 {
		return time.Time{}
	}
	return v.History[0].At
}

// CancellingSince is when the order's compensation began, zero if the order is not
// cancelling.
func (v View) CancellingSince() (since time.Time) {
	if v.Status == booking.Cancelling {
		since = v.Since()
	}
	return since
}

// By is the id of the person whose decision led to the order's status, "" without one. A
// decision that was refused, or is about money only, has not led to it.
func (v View) By() string {
	for _, e := range slices.Backward(v.History) {
		if e.moved() {
			return e.By
		}
	}
	return ""
}

// Since is when the order reached its status. A decision that was refused, or is about
// money only, has not changed that.
func (v View) Since() time.Time {
	for _, e := range slices.Backward(v.History) {
		if e.moved() {
			return e.At
		}
	}
	return time.Time{}
}

// WithRefused is the view with decisions that were not carried out in its history. Each
// entry gets the status that the order had at its time by that history: the process that
// wrote it may have read an older one.
func (v View) WithRefused(refused []Entry) View {
	v.History = slices.Concat(v.History, refused)
	slices.SortStableFunc(v.History, func(a, b Entry) int { return a.At.Compare(b.At) })
	status := booking.Received
	for i, e := range v.History {
		if e.Refused != "" {
			v.History[i].Status = status
		}
		status = v.History[i].Status
	}
	return v
}

// Listed reports whether lists show the order. They show it to its customer also while its
// payment is pending, but not if it ended without being paid for or accepted. Such an order
// can still be read by its id.
func (v View) Listed() bool { return v.Placed || !v.Status.Final() && !v.Reason.Unavailable() }

// Decided reports whether the order's first decision is made: it is accepted or refused. An
// order that was not accepted because a service was away is refused as soon as it is
// cancelling, since the undos may take until the service is back.
func (v View) Decided() bool {
	return v.Kind.Decides(v.Status) || v.Status == booking.Cancelling && v.Reason.Unavailable()
}

// Cleaner is the cleaner assigned to a call, nil without one.
func (v View) Cleaner() *booking.Cleaner {
	if v.Cleaning == nil {
		return nil
	}
	return v.Cleaning.Cleaner
}

// Thing is the order as the rules of permission see it.
func (v View) Thing() booking.Thing {
	t := booking.Thing{
		CustomerID: v.CustomerID, OwnerID: v.OwnerID, ItemID: v.Item.ID,
		Delivered: v.Kind == booking.Food && v.Placed && !v.Status.Final(),
	}
	if cleaner := v.Cleaner(); cleaner != nil {
		t.CleanerID = cleaner.ID
	}
	return t
}

// FreedNights are the nights of a stay that are free again, nil if there are none.
func (v View) FreedNights() *booking.Nights {
	if v.Stay == nil {
		return nil
	}
	return v.Freed
}

// EventData is what events contain of the order, without its payment and the remaining
// stock. It leaves out everything that is Personal.
func (v View) EventData() booking.EventData {
	data := booking.EventData{
		Kind: v.Kind, CustomerID: v.CustomerID, OwnerID: v.OwnerID, Item: v.Item,
		Quantity: v.Quantity, Amount: v.Amount, Status: v.Status, Reason: v.Reason, By: v.By(),
	}
	if v.Stay != nil {
		data.CheckIn, data.CheckOut, data.Freed = v.CheckIn, v.CheckOut, v.Freed
		if c := v.Change; c != nil {
			data.Change = &booking.EventChange{CheckIn: c.CheckIn, CheckOut: c.CheckOut, Rooms: c.Rooms, Charge: c.Charge, Refund: c.Refund}
		}
	}
	if v.Delivery != nil {
		data.Delivery = &booking.EventDelivery{Status: v.Delivery.Status}
	}
	if v.Production != nil {
		data.Production = &booking.EventProduction{Status: v.Production.Status, Date: v.Production.Date}
		if c := v.Production.Change; c != nil {
			data.Change = &booking.EventChange{Quantity: c.Quantity, Charge: c.Charge, Refund: c.Refund}
		}
	}
	if v.Cleaning != nil {
		data.Cleaner = v.Cleaning.Cleaner
	}
	return data
}

// Clone is a copy whose history can be modified without changing v.
func (v View) Clone() View {
	v.History = append([]Entry(nil), v.History...)
	return v
}

// Publication is one change of an order that is sent to the read model.
type Publication struct {
	View View `json:"view"`
	// Decision is the view at the order's first decision, until it is known to be
	// published. It answers a repeated request.
	Decision *View `json:"decision,omitempty"`
	// Events are those not known to be in the feed yet, oldest first.
	Events []booking.Event `json:"events,omitempty"`
	// RequestHash distinguishes a repeated request from another one under its key.
	RequestHash string `json:"requestHash,omitempty"`
	// RefundAfterEnd is set by a refund that was begun after the order's end.
	RefundAfterEnd *RefundAfterEnd `json:"later,omitempty"`
}

// RefundAfterEnd is the outcome of a refund that was begun after the order's end. Each such refund
// is a workflow of its own, and knows the order as it was when the refund began. The read
// model adds Later to what it has, so that no refund overwrites what another one has
// published.
type RefundAfterEnd struct {
	Refund string  `json:"refund"`          // the refund's id
	Waits  bool    `json:"waits,omitempty"` // it needs a person, and so the order needs attention
	Added  []Entry `json:"added,omitempty"` // to the order's history
}

// RowState is the state of an order's row in the read model.
type RowState struct {
	Status         booking.Status
	NeedsAttention bool
	Version        int64
}

// HoldKey is the key of the stock that is held for an order.
func HoldKey(orderID string) string { return orderID + "/hold" }
