package booking

import "time"

// OperatorAction is a line of the log of what operators do: who has done what to an
// order, when and why, and what came of it.
type OperatorAction struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// By is the number of the caller, "" while authentication is off.
	By     string `json:"by,omitempty"`
	Action Action `json:"action"`
	// OrderID is "" where a bulk action was stopped.
	OrderID string `json:"orderId"`
	// Reason is why, in the caller's own words: a note, or the evidence of a payment.
	Reason Personal `json:"reason,omitempty"`
	// Bulk is the id of the bulk action that it is a part of, "" for none.
	Bulk string `json:"bulk,omitempty"`
	// Seq counts the lines of the log. Append sets none.
	Seq int64 `json:"seq"`
	// Outcome is done, accepted where it goes on after the answer, the state of a refund,
	// the code of a refusal, or stopped; "" while it is not known.
	Outcome string `json:"outcome,omitempty"`
}

// Outcomes of operators' actions that are neither the state of a refund nor a code.
const (
	ActionDone     = "done"
	ActionAccepted = "accepted" // it will be, or is known later
	ActionFailed   = "failed"   // for a reason that has no code
	ActionStopped  = "stopped"  // a bulk action was, before it came to all orders
)

// Operates tells whether the caller does the action as an operator, so that it belongs
// into the log: by role, by a scope, or by a command. What moves money besides the saga does
// so whoever does it.
func (c Caller) Operates(a Action) bool {
	switch a {
	case RefundOrder, ResolvePayment, LookAtPayment, SettleOrder:
		return true
	}
	rule, _ := RuleOf(a)
	return c.Is(OperatorRole) || rule.Scope != "" && c.HasScope(rule.Scope) || c.Unchecked && c.Known()
}
