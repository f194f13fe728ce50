package audit

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// claim is what is claimed of one thing that an order may have.
type claim int

const (
	anything claim = iota // nothing: it may be under way. Never more than one
	there                 // it is there
	absent                // it is not there
	asked                 // of a charge: the customer has to confirm it, or has just done so
)

// due is what an order owes, and is owed, in one status.
type due struct {
	charged    claim         // its price was taken and not given back
	held       claim         // its item is held, for its days and in its quantity
	registered claim         // management knows of it
	job        oneOf[job]    // where its delivery, or production, may stand
	call       oneOf[callAt] // where its call for a cleaner may stand
	told       claim         // people were told of it; absent: of nothing that was not taken back
}

// oneOf is what something may be; nil is anything.
type oneOf[T comparable] []T

// job is where a job stands; noJob: there is none.
type job = booking.JobStatus

const noJob job = ""

// callAt is where a call for a cleaner stands, as far as its order can tell.
type callAt string

const (
	noCall        callAt = ""
	callWaiting   callAt = "waiting"
	callUntold    callAt = "assigned, and not told yet"
	callAssigned  callAt = "assigned"
	callDone      callAt = "done"
	callCancelled callAt = "cancelled"
)

var (
	// notFinished: its start may be under way.
	notFinished = oneOf[job]{noJob, booking.JobStarted}
	// noWork: nobody works for it, or ever has.
	noWork = oneOf[job]{noJob, booking.JobCancelled}
	// noCleaner: nobody comes.
	noCleaner = oneOf[callAt]{noCall, callCancelled}
)

// dues are what is owed by kind and status. While an order is received, is
// being paid for or is being cancelled, its saga is about to do or undo what
// it takes, and nothing is claimed: those are not in the table.
//
// A price of 0 is owed, too: nothing was taken then.
var dues = map[booking.Kind]map[booking.Status]due{
	booking.Lodging: {
		booking.AwaitingPayment: {charged: asked, held: there, told: absent},
		booking.Paid:            {charged: there}, // its rooms are about to be held, or have just been
		booking.AwaitingOwner:   {charged: there, held: there, told: there},
		booking.Confirmed:       {charged: there, held: there, told: there},
		booking.Completed:       {charged: there, held: there, told: there}, // but for the nights that were freed
		booking.Cancelled:       {charged: absent, held: absent, told: absent},
	},
	booking.Food: {
		booking.AwaitingPayment: {charged: asked, job: noWork, told: absent},
		booking.Paid:            {charged: there, job: notFinished},
		booking.Delivering:      {charged: there, job: oneOf[job]{booking.JobStarted}, told: there},
		booking.Delivered:       {charged: there, job: oneOf[job]{booking.JobDelivered}, told: there},
		booking.Cancelled:       {charged: absent, job: noWork, told: absent},
	},
	// A drink is held first, and paid for only then.
	booking.Cafe: {
		booking.AwaitingPayment: {charged: asked, held: there, job: noWork, told: absent},
		booking.Paid:            {charged: there, held: there, job: notFinished},
		booking.InProduction:    {charged: there, held: there, job: oneOf[job]{booking.JobStarted}, told: there},
		booking.Completed:       {charged: there, held: there, job: oneOf[job]{booking.JobCompleted}, told: there},
		booking.Cancelled:       {charged: absent, held: absent, job: noWork, told: absent},
	},
	// A call is registered first, and paid for only then, if it has a price.
	booking.Cleaning: {
		booking.AwaitingPayment: {charged: asked, registered: there, call: noCleaner, told: absent},
		// Whoever it is assigned to, it will be told soon.
		booking.Calling: {charged: there, registered: there, call: oneOf[callAt]{noCall, callWaiting, callUntold}},
		// It may have learned of its cleaner before that was noted.
		booking.Assigned:  {charged: there, registered: there, call: oneOf[callAt]{callAssigned, callUntold}, told: there},
		booking.Completed: {charged: there, registered: there, call: oneOf[callAt]{callDone}, told: there},
		booking.Cancelled: {charged: absent, registered: absent, call: noCleaner, told: absent},
	},
}

// owes is what an order of the kind owes, and is owed, in the status. What
// orders of its kind never have, it has in no status.
func owes(k booking.Kind, s booking.Status) due {
	d := dues[k][s]
	if k != booking.Lodging && k != booking.Cafe {
		d.held = absent
	}
	if k != booking.Cleaning {
		d.registered, d.call = absent, oneOf[callAt]{noCall}
	}
	if jobOf[k] == "" {
		d.job = oneOf[job]{noJob}
	}
	return d
}

// jobOf is the kind of finding that jobs for orders of a kind come under.
var jobOf = map[booking.Kind]Kind{booking.Food: Delivery, booking.Cafe: Production}

// noticesOf are the messages that an order of the kind which stands has sent.
// Where they are sent beside the work, they may still be on their way.
var noticesOf = map[booking.Kind][]string{
	booking.Lodging:  {contract.OwnerNotice},
	booking.Food:     {contract.OwnerNotice},
	booking.Cafe:     {contract.OwnerNotice},
	booking.Cleaning: {contract.ConfirmationNotice, contract.IntroductionNotice, contract.CleanerNotice},
}

// ahead are activities that end some work before their order's status says so,
// or are asked too late to begin it and see to it that it never begins. Until
// the saga has heard of their end, the work may be ahead of the order.
var ahead = struct {
	jobs  map[job][]string
	calls map[callAt][]string
}{
	map[job][]string{
		booking.JobDelivered: {contract.FinishDeliveryActivity},
		booking.JobCompleted: {contract.FinishProductionActivity},
		booking.JobCancelled: {contract.StopDeliveryActivity, contract.StartDeliveryActivity, contract.StartProductionActivity},
	},
	map[callAt][]string{
		callAssigned:  {contract.AssignCleanerActivity},
		callDone:      {contract.FinishCleaningActivity},
		callCancelled: {contract.AssignCleanerActivity},
	},
}
