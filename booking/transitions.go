package booking

import "slices"

// Kind is a line of business.
type Kind string

// The kinds of orders.
const (
	Lodging  Kind = "lodging"
	Food     Kind = "food"
	Cafe     Kind = "cafe"
	Cleaning Kind = "cleaning"
)

// Kinds lists every kind, for validation and documentation.
func Kinds() []Kind { return []Kind{Lodging, Food, Cafe, Cleaning} }

// transitions is the one table of the statuses' transitions. Workflows panic on any other
// transition; the rules of decisions and the recorded histories are tested against it.
var transitions = map[Kind]map[Status][]Status{
	Lodging: {
		Received:        {PaymentPending, AwaitingPayment, Paid, Cancelling, Cancelled},
		PaymentPending:  {AwaitingPayment, Paid, Cancelling, Cancelled},
		AwaitingPayment: {Paid, Cancelling},
		Paid:            {AwaitingOwner, Confirmed, Cancelling},
		AwaitingOwner:   {Confirmed, Cancelling},
		Confirmed:       {Completed, Cancelling},
		Cancelling:      {Cancelled},
	},
	Food: {
		Received:        {PaymentPending, AwaitingPayment, Paid, Cancelling, Cancelled},
		PaymentPending:  {AwaitingPayment, Paid, Cancelling, Cancelled},
		AwaitingPayment: {Paid, Cancelling, Cancelled},
		Paid:            {Delivering, Cancelling},
		Delivering:      {Delivered, Cancelling},
		Cancelling:      {Cancelled},
	},
	Cafe: {
		Received:        {PaymentPending, AwaitingPayment, Paid, Cancelling, Cancelled},
		PaymentPending:  {AwaitingPayment, Paid, Cancelling},
		AwaitingPayment: {Paid, Cancelling},
		Paid:            {InProduction, Cancelling},
		InProduction:    {Completed, Cancelling},
		Cancelling:      {Cancelled},
	},
	Cleaning: {
		Received:        {PaymentPending, AwaitingPayment, Calling, Cancelling},
		PaymentPending:  {AwaitingPayment, Calling, Cancelling},
		AwaitingPayment: {Calling, Cancelling},
		Calling:         {Assigned, Cancelling},
		Assigned:        {Completed, Cancelling},
		Cancelling:      {Cancelled},
	},
}

// Next lists the statuses that may follow s, none if s is final.
func (k Kind) Next(s Status) []Status { return slices.Clone(transitions[k][s]) }

// Statuses lists the statuses that an order of kind k may have, in the order in which an
// order passes them.
func (k Kind) Statuses() []Status {
	return slices.DeleteFunc(Statuses(), func(s Status) bool {
		for _, next := range transitions[k] {
			if slices.Contains(next, s) {
				return false
			}
		}
		return len(transitions[k][s]) == 0
	})
}

// May reports whether an order of kind k may go from one status to the other.
func (k Kind) May(from, to Status) bool { return slices.Contains(transitions[k][from], to) }

// Reaches reports whether an order of kind k may go from one status to another, in any number
// of transitions.
func (k Kind) Reaches(from, to Status) bool {
	return k.May(from, to) || slices.ContainsFunc(transitions[k][from], func(s Status) bool { return k.Reaches(s, to) })
}

// Decides reports whether an order of the kind with status s has had its first decision: it
// is accepted or refused. Before that, its customer has no promise. A paid reservation may
// still find no room; other paid orders are accepted.
func (k Kind) Decides(s Status) bool {
	switch s {
	case Received, PaymentPending, AwaitingPayment, Cancelling:
		return false
	case Paid:
		return k != Lodging
	default:
		return true
	}
}
