package booking

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
	// Unconfirmed: it takes effect once the customer has done what the outcome's Action
	// says. What came of that has to be asked.
	Unconfirmed Result = "unconfirmed"
)

// Outcome is a step's result with the reason why it was refused, or why it was
// undone.
type Outcome struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason,omitempty"`
	// Action is what the customer has to do where it is Unconfirmed; nil once the customer
	// has done it, and the answer is still open.
	Action *NextAction `json:"action,omitempty"`
	// Cleaner who was assigned, when that was asked for; nil while none is free.
	Cleaner *Cleaner `json:"cleaner,omitempty"`
	// Ended: the stay that something was held for has ended already.
	Ended bool `json:"ended,omitempty"`
	// Remaining is how many were left when something was held, or could not be: of
	// several days, on the one with the fewest.
	Remaining *int `json:"remaining,omitempty"`
	// Changed is what was changed about a hold since it was held first, nil where that is nothing.
	Changed *HoldChanges `json:"changed,omitempty"`
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
	// Due is how much of the payment needs a person, in minor units, 0 where that is not known.
	Due int64 `json:"due,omitempty"`
	// Declined: the payment that was to be given back was refused.
	Declined bool `json:"declined,omitempty"`
	// Payment is how the payment that was given back stands, and Refunded what
	// the provider gave back of it, in minor units. Kept is what the policy keeps, as
	// the first decision says that is on record: a later one changes nothing.
	Payment  PaymentStatus `json:"payment,omitempty"`
	Refunded int64         `json:"refunded,omitempty"`
	Kept     int64         `json:"kept,omitempty"`
	// Given is what was given back of it in all, if that is not what the provider gave back:
	// see Back.
	Given int64 `json:"given,omitempty"`
	// Own is what the refund of the undo itself has given back, or a person in its place: see
	// Charge.TellOwn. It is nil where that was not asked for, or not answered by an earlier build.
	Own *int64 `json:"own,omitempty"`
	// Further is what was charged beside the first charge, since the order was changed.
	Further int64 `json:"further,omitempty"`
	// Remaining is how many were left when something that was held was released:
	// of several days, on the one with the fewest.
	Remaining *int `json:"remaining,omitempty"`
	// Changed is what was changed about a hold that is released, nil where that is nothing.
	Changed *HoldChanges `json:"changed,omitempty"`
}

// Back is what the customer has back of the payment, by whomever.
func (u Undo) Back() int64 { return max(u.Given, u.Refunded) }
