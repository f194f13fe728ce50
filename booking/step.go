package booking

import "time"

// Result is what a step of a saga came to. It is recorded under the step's
// key, in the same transaction as the effect, and repeated whenever that step
// is asked again: a step decides once.
type Result string

const (
	// Done: the step has taken effect.
	Done Result = "done"
	// Refused: the service said no, for the outcome's Reason; nothing took effect.
	Refused Result = "refused"
	// Undone: the step's undo has run, before or after it. Nothing is in effect.
	Undone Result = "undone"
	// Deferred: the service can do it only later. It has not begun with it, and
	// does nothing by itself: it is to be asked again when it can.
	Deferred Result = "deferred"
)

// Outcome is a step's result with the reason why it was refused, or why it was
// undone.
type Outcome struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason,omitempty"`
	// Cleaner who was assigned, when that was asked for; nil while none is free.
	Cleaner *Cleaner `json:"cleaner,omitempty"`
	// Ended: the stay that something was held for has ended already.
	Ended bool `json:"ended,omitempty"`
	// Remaining is how many were left when something was held, or could not be: of
	// several days, on the one with the fewest.
	Remaining *int `json:"remaining,omitempty"`
}

// Undo is what an undo found. Either way nothing of its step is in effect any
// more, and the step can never take effect again.
type Undo struct {
	// Acted tells whether there was something to take back.
	Acted bool `json:"acted"`
	// Owed is why it is not taken back yet, in the words of the one who has to,
	// "" once it is. NeedsPerson: that does not change by itself.
	Owed        string `json:"owed,omitempty"`
	NeedsPerson bool   `json:"needsPerson,omitempty"`
	// Declined: the payment that was to be given back was refused.
	Declined bool `json:"declined,omitempty"`
	// Payment is how the payment that was given back stands, and Refunded what
	// the provider gave back of it, in minor units.
	Payment  PaymentStatus `json:"payment,omitempty"`
	Refunded int64         `json:"refunded,omitempty"`
	// Remaining is how many were left when something that was held was released:
	// of several days, on the one with the fewest.
	Remaining *int `json:"remaining,omitempty"`
}

// Charge asks for a payment. Key is the idempotency key: one charge is taken
// for a key, however often it is asked for.
type Charge struct {
	Key     string `json:"key"`
	OrderID string `json:"orderId"`
	Amount  Money  `json:"amount"`
	Method  string `json:"method"`         // the provider's token, e.g. pm_card_visa
	Late    bool   `json:"late,omitempty"` // it is too late to begin with it
	Why     Reason `json:"why,omitempty"`  // it is taken back, or not begun with; set on the undo, or when it is late
	// Owed is why it is known not to be given back yet; set on the undo only.
	Owed string `json:"owed,omitempty"`
	// Since is when the ledger first knew of it: the provider was not asked
	// before. It is set for the provider only.
	Since time.Time `json:"-"`
}

// PaymentStatus is where a payment stands.
type PaymentStatus string

// A payment's statuses.
const (
	ChargeDeferred  PaymentStatus = "deferred"  // the provider has not been asked yet
	ChargePending   PaymentStatus = "pending"   // asked for; the provider's answer is not recorded yet
	Charged         PaymentStatus = "charged"   // taken
	Declined        PaymentStatus = "declined"  // refused by the provider
	RefundPending   PaymentStatus = "refunding" // to be given back, or to be made certain that it was never taken
	Refunded        PaymentStatus = "refunded"  // taken and given back
	Returned        PaymentStatus = "returned"  // taken, and back with the customer in another way than by a refund
	ChargePrevented PaymentStatus = "voided"    // never taken, and never will be
)

// PaymentStatuses lists every status of payments.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{ChargeDeferred, ChargePending, Charged, Declined, RefundPending, Refunded, Returned, ChargePrevented}
}

// Payment is one order's line in the payments ledger.
type Payment struct {
	Charge
	Status   PaymentStatus
	Refunded int64  // minor units of Amount.Currency
	Ref      string // the provider's own id of the charge, when known
	At       time.Time
}

// Hold asks for some of an item on every day of [From, To): rooms of a place
// for its nights, cups of a drink for its day.
type Hold struct {
	Key      string `json:"key"`
	OrderID  string `json:"orderId"`
	ItemID   string `json:"itemId"`
	From     Date   `json:"from"`
	To       Date   `json:"to"` // exclusive
	Quantity int    `json:"quantity"`
	Late     bool   `json:"late,omitempty"` // it is too late to begin with it
	Why      Reason `json:"why,omitempty"`  // it is released, or not begun with; set on the undo, or when it is late
}

// StayEnd tells that the guests for whom a hold was made have left.
type StayEnd struct {
	Hold
	Left        time.Time `json:"left"`
	CheckInTime Clock     `json:"checkInTime"` // at which nights begin, in TimeZone
	TimeZone    string    `json:"timeZone"`    // IANA name
	Begins      time.Time `json:"begins"`      // the instant of the first night's CheckInTime
}

// FirstFreeNight is the first night of the hold that the guests do not use. In a
// time zone that this build does not know, clocks are as far from UTC as they
// were when the stay began.
func (e StayEnd) FirstFreeNight() Date {
	zone, err := Zone(e.TimeZone)
	if err != nil {
		ahead := e.From.At(e.CheckInTime, time.UTC).Sub(e.Begins)
		zone = time.FixedZone(e.TimeZone, int(ahead/time.Second))
	}
	return FirstFreeNight(e.From, e.To, e.CheckInTime, e.Left, zone)
}

// Nights are those of [From, To).
type Nights struct {
	From Date `json:"from" format:"date" doc:"The first of the nights"`
	To   Date `json:"to" format:"date" doc:"The day after the last of them"`
}

// Freed is what the end of a stay gave back.
type Freed struct {
	// Nights that are free again, nil when none are.
	Nights *Nights `json:"nights,omitempty"`
	// Remaining is how many were left then, in the night with the fewest.
	Remaining *int `json:"remaining,omitempty"`
}

// StockDay is what there is of an item on one day.
type StockDay struct {
	Date      Date `json:"date"`
	Capacity  int  `json:"capacity"`
	Remaining int  `json:"remaining"`
}

// StockChange says how many there are of an item, on each of the days of
// [From, To).
type StockChange struct {
	Kind     Kind
	OwnerID  string
	Item     Item
	From     Date
	To       Date // exclusive
	Capacity int
}

// ItemDay is an item on one day.
type ItemDay struct {
	ItemID string
	Date   Date
}

// JobStatus is where a delivery or production stands.
type JobStatus string

// Where deliveries (started, delivered) and productions (started, completed)
// stand.
const (
	JobWaiting   JobStatus = "waiting" // its service has not been told yet
	JobStarted   JobStatus = "started"
	JobDelivered JobStatus = "delivered"
	JobCompleted JobStatus = "completed"
	JobCancelled JobStatus = "cancelled"
)

// JobStatuses lists every status of jobs.
func JobStatuses() []JobStatus {
	return []JobStatus{JobWaiting, JobStarted, JobDelivered, JobCompleted, JobCancelled}
}

// Job is what somebody has to do for an order: deliver it, or make it. There
// is one of a sort for an order.
type Job struct {
	OrderID  string `json:"orderId"`
	OwnerID  string `json:"ownerId"`
	Item     Item   `json:"item"`
	Quantity int    `json:"quantity"`
	Address  string `json:"address,omitempty"` // where to, for deliveries
	Late     bool   `json:"late,omitempty"`    // it is too late to begin with it
	Why      Reason `json:"why,omitempty"`     // it is cancelled, or not begun with; set on the undo, or when it is late
}

// JobState is a job with where it stands.
type JobState struct {
	Job
	Status JobStatus
	At     time.Time // of the last change
}

// Call asks for a cleaner, or registers that one is asked for. There is one
// for an order.
type Call struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	Tel        string `json:"tel"`
	Location   string `json:"location"`
	Late       bool   `json:"late,omitempty"` // it is too late to begin with it
	Why        Reason `json:"why,omitempty"`  // it is taken back, or not begun with; set on the undo, or when it is late
}

// RegisteredCall is a call as management knows it.
type RegisteredCall struct {
	Call
	At time.Time // when it was registered
	// StruckOff: it was cancelled.
	StruckOff bool
}
