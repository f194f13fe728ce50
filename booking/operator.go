package booking

import "time"

// OperatorAction is a line of the log of operators' actions: the action on an order, its
// caller, time and reason, and its outcome.
type OperatorAction struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// By is the number of the caller, "" while authentication is off.
	By     string `json:"by,omitempty"`
	Action Action `json:"action"`
	// OrderID is "" for the stop of a bulk action.
	OrderID string `json:"orderId"`
	// Reason is the reason in the caller's own words: a note, or the evidence of a payment.
	Reason Personal `json:"reason,omitempty"`
	// Bulk is the id of the bulk action that it belongs to, "" for none.
	Bulk string `json:"bulk,omitempty"`
	// Seq counts the lines of the log. The store sets it.
	Seq int64 `json:"seq"`
	// Outcome is done, accepted if it continues after the answer, the state of a refund, the code
	// of a refusal, or stopped; "" while it is not known.
	Outcome string `json:"outcome,omitempty"`
}

// Outcomes of operators' actions that are neither a state of a refund nor a code.
const (
	ActionDone     = "done"
	ActionAccepted = "accepted" // it will be done, or its outcome is known later
	ActionFailed   = "failed"   // for a reason without a code
	ActionStopped  = "stopped"  // a bulk action was stopped before all orders were done
)

// Operates reports whether the caller does the action as an operator, so that it is logged:
// by role, by a scope, or by a command. Refunds, payments by hand, checks of payments and
// settled orders are logged for every caller.
func (c Caller) Operates(a Action) bool {
	switch a {
	case RefundOrder, ResolvePayment, CheckPayment, SettleOrder:
		return true
	}
	rule, _ := RuleOf(a)
	return c.Is(OperatorRole) || rule.Scope != "" && c.HasScope(rule.Scope) || c.Unchecked && c.Known()
}
