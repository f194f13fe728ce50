package contract

import (
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// The functions of this file and the Check of each kind's input validate what a workflow
// receives. The API calls them before it starts an order, and the workflow before it does
// anything, since an input may come from the API, from `yeyak settle`, or from an operator.

// check adds objections to what the inputs of all kinds have in common.
func (o Order) check(kind booking.Kind, is *objections) {
	is.unless(booking.IsOrderID(kind, o.OrderID), "orderId", "is not the id of an order of this kind: %s- and 1 to %d letters, digits, - and _", kind, booking.LongestName)
	is.upTo("requestHash", o.RequestHash, longestHash)
	o.Policy.check(is)
	is.by("settledBy", o.SettledBy)
	if o.Settle != nil {
		o.Settle.checkSettled(o.OrderID, kind, is)
		return
	}
	is.name("customerId", o.CustomerID)
	is.by("placedBy", o.PlacedBy)
	is.money("amount", o.Amount)
	if o.Amount.Amount != 0 {
		is.name("paymentMethod", o.PaymentMethod)
	} else {
		is.upTo("paymentMethod", o.PaymentMethod, booking.LongestName)
	}
	is.upTo("returnTo", o.ReturnTo, longestAddress)
	is.unless(!o.PlacedAt.IsZero(), "placedAt", "is missing")
	is.unless(o.Policy != (Policy{}), "policy", "is missing")
	is.unless(o.StartBy.IsZero() || !o.StartBy.Before(o.PlacedAt), "startBy", "is before placedAt")
	for _, fault := range o.Cancellation.Faults(kind) {
		is.add("cancellation."+fault.Field, "%s", fault.Words)
	}
	if w := o.Withdrawal; w != nil {
		is.unless(w.Reason == booking.ByCustomer || w.Reason == booking.NotProcessed, "withdrawal.why",
			"must be %s or %s", booking.ByCustomer, booking.NotProcessed)
		is.upTo("withdrawal.note", string(w.Note), booking.LongestNote)
		is.by("withdrawal.by", w.By)
	}
}

// longestHash is how long the hash of a request may be.
const longestHash = 64

// longestAddress is how long the address of a page may be.
const longestAddress = 2000

// longestWait limits the durations of a policy. No setting is as long; some durations are
// added, so the sum must not overflow.
const longestWait = booking.Duration(10 * 365 * 24 * time.Hour)

func (p Policy) check(is *objections) {
	for _, wait := range []struct {
		field    string
		d, least booking.Duration
	}{
		{"answerWithin", p.AnswerWithin, 0}, {"attentionAfter", p.AttentionAfter, 0}, {"payWithin", p.PayWithin, 0}, {"confirmPaymentWithin", p.ConfirmPaymentWithin, 0},
		{"handOverWithin", p.HandOverWithin, 0},
		{"reserveWithin", p.ReserveWithin, 0}, {"deliverWithin", p.DeliverWithin, 0}, {"cleanWithin", p.CleanWithin, 0}, {"assignWithin", p.AssignWithin, 0},
		{"serveWithin", p.ServeWithin, -longestWait}, {"serveAfterDay", p.ServeAfterDay, -longestWait}, // negative: before the drink's day begins or ends
	} {
		is.unless(wait.least <= wait.d && wait.d <= longestWait, "policy."+wait.field,
			"must be at least %s and at most %s", wait.least, longestWait)
	}
}

// checkSettled objects to a view from which an order could not be compensated. It
// accepts everything else that an earlier build accepted, since that has to be compensated, too: ids may
// have any length, and Settlement shortens texts.
func (v View) checkSettled(orderID string, kind booking.Kind, is *objections) {
	is.unless(v.ID == orderID, "settle.id", "is not the order's")
	is.unless(v.Kind == kind, "settle.kind", "must be %s", kind)
	is.unless(v.Status == booking.Cancelling || kind.May(v.Status, booking.Cancelling), "settle.status", "is none from which an order can be cancelled")
	is.unless(v.Reason == "" || slices.Contains(booking.Reasons(), v.Reason), "settle.reason", "is none for which an order is cancelled")
	is.unless(v.Reason != "" || v.Status != booking.Cancelling, "settle.reason", "is missing")
	is.unless(v.Amount.Amount >= 0, "settle.amount", "must be at least 0")
	for _, text := range []struct{ field, is string }{
		{"item.name", v.Item.Name}, {"address", string(v.address())}, {"location", string(v.location())},
	} {
		is.upTo("settle."+text.field, text.is, booking.LongestText)
	}
	for _, e := range v.History {
		is.upTo("settle.history.note", string(e.Note), booking.LongestNote)
	}
}

// LargestUpdate is how many bytes an update may have, with all its metadata. A larger one
// is sent without its content: see Decision.
const LargestUpdate = 64 << 10

// Check returns Invalid if no order accepts the decision by the update. A rejection and a
// payment by hand need a note.
func (d Decision) Check(update string) error {
	var is objections
	is.unless(d.Bytes == 0, "input", "has %d bytes, of which at most %d are accepted", d.Bytes, LargestUpdate)
	is.upTo("note", string(d.Note), booking.LongestNote)
	is.by("by", d.By)
	if fault := booking.LinesFault(d.Note); fault != "" {
		is.add("note", "%s", fault)
	}
	is.unless(d.Note != "" || d.Bytes != 0 || update != RejectUpdate && update != ResolveUpdate, "note", "is missing")
	is.unless(d.Expect == "" || update == CancelUpdate, "expect", "is of a cancel only")
	is.upTo("expect", d.Expect, booking.LongestQuote)
	is.unless(d.StatusWhenDecided == "" || update == CancelUpdate && slices.Contains(booking.Statuses(), d.StatusWhenDecided), "stood", "is no status of an order that is cancelled")
	is.unless(d.Version >= 0, "version", "must not be negative")
	return is.err()
}

// ValidCleaner reports whether the cleaner of an AssignedSignal is valid.
func ValidCleaner(c booking.Cleaner) bool {
	var is objections
	is.name("id", c.ID)
	is.text("name", c.Name)
	return is.err() == nil
}

// ValidForce reports whether the Force of a ForceCancelSignal is valid.
func ValidForce(f Force) bool {
	var is objections
	is.by("by", f.By)
	return f.Reason == booking.MenuDeleted && is.err() == nil
}

// Defaults of a deletion and a repair: how many orders are cancelled at a time, and how
// many such batches, or pages of orders, one run handles. They keep a run's history small.
const (
	deletionBatch   = 100
	deletionBatches = 200
	repairPages     = 50
	mostAtATime     = 1000 // the limit of each
)

// Normalized is the input with defaults for missing values. In the workflow's first run it drops
// progress that the input claims.
func (d DrinkDeletion) Normalized(firstRun bool) DrinkDeletion {
	if firstRun {
		d = DrinkDeletion{DrinkID: d.DrinkID, By: d.By, Batch: d.Batch, Batches: d.Batches}
	}
	d.Batch, d.Batches, d.Passes = within(d.Batch, deletionBatch), within(d.Batches, deletionBatches), max(0, d.Passes)
	return d
}

// Check returns Invalid if the input does not name a drink.
func (d DrinkDeletion) Check() error {
	var is objections
	is.name("drinkId", d.DrinkID)
	is.by("by", d.By)
	return is.err()
}

// Normalized is the input with defaults for missing values: see DrinkDeletion.
func (r Repair) Normalized(firstRun bool) Repair {
	if firstRun {
		r = Repair{Pages: r.Pages}
	}
	r.Pages = within(r.Pages, repairPages)
	return r
}

func within(n, missing int) int {
	if n <= 0 {
		return missing
	}
	return min(n, mostAtATime)
}
