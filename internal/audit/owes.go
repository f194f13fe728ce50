package audit

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// claim is what the audit requires of one thing of an order.
type claim int

const (
	anything  claim = iota // no requirement: it may be under way; never more than one
	there                  // it exists
	absent                 // it does not exist
	toConfirm              // of a charge: the customer has to confirm it, or has just done so
)

// due is what an order must have, and must not have, in one status.
type due struct {
	charged    claim         // its price was charged and not refunded
	held       claim         // its item is held, for its days and in its quantity
	registered claim         // management has it
	job        oneOf[job]    // possible statuses of its delivery or production
	call       oneOf[callAt] // possible states of its call for a cleaner
	sent       claim         // its messages were sent; absent: none that is not withdrawn
}

// oneOf are the allowed values; nil is any.
type oneOf[T comparable] []T

// job is a job's status; noJob: there is none.
type job = booking.JobStatus

const noJob job = ""

// callAt is the state of a call for a cleaner, as its order knows it.
type callAt string

const (
	noCall          callAt = ""
	callWaiting     callAt = "waiting"
	callUnsignalled callAt = "assigned, and its order not signalled yet"
	callAssigned    callAt = "assigned"
	callDone        callAt = "done"
	callCancelled   callAt = "cancelled"
)

var (
	// notFinished: its start may be under way.
	notFinished = oneOf[job]{noJob, booking.JobStarted}
	// noWork: no work is under way or done.
	noWork = oneOf[job]{noJob, booking.JobCancelled}
	// noCleaner: no cleaner is assigned.
	noCleaner = oneOf[callAt]{noCall, callCancelled}
)

// dues are the requirements by kind and status. While an order is received, is being
// paid for or is being cancelled, its saga is about to act, and nothing is required:
// those statuses are not in the table.
//
// A price of 0 counts as charged; there is no charge then.
var dues = map[booking.Kind]map[booking.Status]due{
	booking.Lodging: {
		booking.AwaitingPayment: {charged: toConfirm, held: there, sent: absent},
		booking.Paid:            {charged: there}, // its rooms are about to be held, or were just held
		booking.AwaitingOwner:   {charged: there, held: there, sent: there},
		booking.Confirmed:       {charged: there, held: there, sent: there},
		booking.Completed:       {charged: there, held: there, sent: there}, // except for the nights that were released
		booking.Cancelled:       {charged: absent, held: absent, sent: absent},
	},
	booking.Food: {
		booking.AwaitingPayment: {charged: toConfirm, job: noWork, sent: absent},
		booking.Paid:            {charged: there, job: notFinished},
		booking.Delivering:      {charged: there, job: oneOf[job]{booking.JobStarted}, sent: there},
		booking.Delivered:       {charged: there, job: oneOf[job]{booking.JobDelivered}, sent: there},
		booking.Cancelled:       {charged: absent, job: noWork, sent: absent},
	},
	// A drink is held before it is paid for.
	booking.Cafe: {
		booking.AwaitingPayment: {charged: toConfirm, held: there, job: noWork, sent: absent},
		booking.Paid:            {charged: there, held: there, job: notFinished},
		booking.InProduction:    {charged: there, held: there, job: oneOf[job]{booking.JobStarted}, sent: there},
		booking.Completed:       {charged: there, held: there, job: oneOf[job]{booking.JobCompleted}, sent: there},
		booking.Cancelled:       {charged: absent, held: absent, job: noWork, sent: absent},
	},
	// A call is registered before it is paid for, if it has a price.
	booking.Cleaning: {
		booking.AwaitingPayment: {charged: toConfirm, registered: there, call: noCleaner, sent: absent},
		// The order is signalled soon that it has a cleaner.
		booking.Calling: {charged: there, registered: there, call: oneOf[callAt]{noCall, callWaiting, callUnsignalled}},
		// It may know its cleaner before that is recorded.
		booking.Assigned:  {charged: there, registered: there, call: oneOf[callAt]{callAssigned, callUnsignalled}, sent: there},
		booking.Completed: {charged: there, registered: there, call: oneOf[callAt]{callDone}, sent: there},
		booking.Cancelled: {charged: absent, registered: absent, call: noCleaner, sent: absent},
	},
}

// owes returns the requirements of an order of the kind in the status. What orders of
// its kind never have is absent in every status.
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

// jobOf is the kind of finding for jobs of orders of a kind.
var jobOf = map[booking.Kind]Kind{booking.Food: Delivery, booking.Cafe: Production}

// noticesOf are the messages that a live order of the kind has sent. Those that are
// sent beside the work may still be on their way.
var noticesOf = map[booking.Kind][]string{
	booking.Lodging:  {contract.OwnerNotice},
	booking.Food:     {contract.OwnerNotice},
	booking.Cafe:     {contract.OwnerNotice},
	booking.Cleaning: {contract.ConfirmationNotice, contract.IntroductionNotice, contract.CleanerNotice},
}

// ahead are activities that end some work before their order's status says so, or that
// come too late to begin it and prevent it instead. Until the saga has their result,
// the work may be ahead of the order.
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
