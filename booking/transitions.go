package booking

import "slices"

// transitions is the one table of how orders move. Workflows panic when asked
// to leave it; the rules of decisions and the recorded histories are tested
// against it.
var transitions = map[Kind]map[Status][]Status{
	Lodging: {
		Received:       {PaymentPending, Paid, Cancelling, Cancelled},
		PaymentPending: {Paid, Cancelling, Cancelled},
		Paid:           {AwaitingOwner, Confirmed, Cancelling},
		AwaitingOwner:  {Confirmed, Cancelling},
		Confirmed:      {Completed, Cancelling},
		Cancelling:     {Cancelled},
	},
	Food: {
		Received:       {PaymentPending, Paid, Cancelling, Cancelled},
		PaymentPending: {Paid, Cancelling, Cancelled},
		Paid:           {Delivering, Cancelling},
		Delivering:     {Delivered, Cancelling},
		Cancelling:     {Cancelled},
	},
	Cafe: {
		Received:       {PaymentPending, Paid, Cancelling, Cancelled},
		PaymentPending: {Paid, Cancelling},
		Paid:           {InProduction, Cancelling},
		InProduction:   {Completed, Cancelling},
		Cancelling:     {Cancelled},
	},
	Cleaning: {
		Received:       {PaymentPending, Calling, Cancelling},
		PaymentPending: {Calling, Cancelling},
		Calling:        {Assigned, Cancelling},
		Assigned:       {Completed, Cancelling},
		Cancelling:     {Cancelled},
	},
}

// Next lists the statuses that may follow s, none when s is an end.
func (k Kind) Next(s Status) []Status { return slices.Clone(transitions[k][s]) }

// Statuses lists the statuses that an order of kind k may have, in the order
// in which an order meets them.
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

// May tells whether an order of kind k may go from one status to the other.
func (k Kind) May(from, to Status) bool { return slices.Contains(transitions[k][from], to) }
