package booking

// Result is the result of a step of a saga. It is recorded under the step's key, in the
// same transaction as the effect, and repeated on every further call: a step decides once.
type Result string

const (
	// Done: the step has taken effect.
	Done Result = "done"
	// Refused: the service refused, for the outcome's Reason; nothing took effect.
	Refused Result = "refused"
	// Undone: the step's undo has run, before or after it. Nothing is in effect.
	Undone Result = "undone"
	// Deferred: the service can do it only later. It has not begun, and does nothing by
	// itself: it has to be called again when it can.
	Deferred Result = "deferred"
	// Unconfirmed: it takes effect once the customer has done what the outcome's Action
	// says. The result has to be retrieved.
	Unconfirmed Result = "unconfirmed"
)

// Outcome is a step's result, with the reason if it was refused or undone.
type Outcome struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason,omitempty"`
	// Action is what the customer has to do if the result is Unconfirmed; nil once the
	// customer has done it and the result is still open.
	Action *NextAction `json:"action,omitempty"`
	// WasUnconfirmed: the customer was to confirm the charge that is Refused now.
	WasUnconfirmed bool `json:"wasUnconfirmed,omitempty"`
	// Cleaner is the cleaner assigned by AssignCleaner; nil while none is free.
	Cleaner *Cleaner `json:"cleaner,omitempty"`
	// Ended: the stay of the hold has ended already.
	Ended bool `json:"ended,omitempty"`
	// Remaining is how many were left after the hold, or when it was refused: of several
	// days, on the one with the fewest.
	Remaining *int `json:"remaining,omitempty"`
	// Changed holds the changes of a hold since it was made, nil if there are none.
	Changed *HoldChanges `json:"changed,omitempty"`
}

// Undo is the result of an undo. In every case its step is not in effect, and can never
// take effect again.
type Undo struct {
	// Acted reports whether there was something to undo.
	Acted bool `json:"acted"`
	// Owed is why the undo is not complete, in the words of the party that owes it, "" once
	// it is. NeedsPerson: that does not change by itself.
	Owed        string `json:"owed,omitempty"`
	NeedsPerson bool   `json:"needsPerson,omitempty"`
	// Due is how much of the payment needs a person, in minor units, 0 if that is not
	// known.
	Due int64 `json:"due,omitempty"`
	// Declined: the payment to refund was declined.
	Declined bool `json:"declined,omitempty"`
	// Payment is the status of the refunded payment, and Refunded what the provider has
	// refunded of it, in minor units. Kept is what the policy keeps by the first recorded
	// decision: later ones change nothing.
	Payment  PaymentStatus `json:"payment,omitempty"`
	Refunded int64         `json:"refunded,omitempty"`
	Kept     int64         `json:"kept,omitempty"`
	// RefundedInAll is what was refunded of it in all, if that differs from what the provider has
	// refunded: see CustomerGot.
	RefundedInAll int64 `json:"given,omitempty"`
	// Own is what the undo's own refund has refunded, or a person in its place: see
	// Charge.WantsOwnRefund. It is nil if it was not requested, or an earlier build has answered.
	Own *int64 `json:"own,omitempty"`
	// AtProvider is what a person has refunded of it at the provider. It is set with Own, unless an
	// earlier build has answered.
	AtProvider *int64 `json:"atProvider,omitempty"`
	// Further is what was charged beside the first charge, because the order was changed.
	Further int64 `json:"further,omitempty"`
	// Remaining is how many were left after the release: of several days, on the one with
	// the fewest.
	Remaining *int `json:"remaining,omitempty"`
	// Changed holds the changes of a released hold, nil if there are none. If a change was to
	// be undone, Changed is nil unless that change was made before.
	Changed *HoldChanges `json:"changed,omitempty"`
}

// Reported is the amount that a cancellation has to report as refunded, nil while unknown: its own
// refund, and what a person has refunded at the provider, since nothing else reports that. Refunds
// of parts are not included, since each has an event and a message of its own.
func (u Undo) Reported(currency string) *Money {
	if u.Own == nil || u.AtProvider == nil {
		return nil
	}
	return &Money{Amount: *u.Own + *u.AtProvider, Currency: currency}
}

// CustomerGot is what the customer has got back of the payment, from us or from others.
func (u Undo) CustomerGot() int64 { return max(u.RefundedInAll, u.Refunded) }
