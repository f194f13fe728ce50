package orders

import (
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// KeptDecisions holds decisions that could not be delivered to their order. The order's
// saga remains the only authority on it: a row has a decision, and becomes an update once
// the order can be reached.
type KeptDecisions interface {
	// Put stores the decision, unless an equal one of its caller waits already. Returns
	// DecisionPending, and stores nothing, if the order has MostKept waiting ones.
	Put(ctx context.Context, k KeptDecision) error
	// Ahead returns how many decisions wait on the decision's order, and whether one of
	// them is equal to it and of the same caller.
	Ahead(ctx context.Context, k KeptDecision) (waiting int, equal bool, err error)
	// Lease leases the oldest decision of each of up to n orders to this process until a
	// moment, oldest first.
	Lease(ctx context.Context, n int, now, until time.Time) ([]KeptDecision, error)
	// Postpone ends a lease: the decision may be leased again from a moment on.
	Postpone(ctx context.Context, k KeptDecision, again time.Time, cause string) error
	// Finish stores the outcome of a decision. A decision that was not carried out is shown
	// with its order from then on.
	Finish(ctx context.Context, k KeptDecision, s DecisionOutcome) error
	// Open counts the waiting decisions.
	Open(ctx context.Context) (OpenDecisions, error)
	// Forget deletes decisions that were finished before a moment, and returns their number.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// KeptDecision is a decision that waits to be delivered.
type KeptDecision struct {
	Decision
	// ID is that of the update that carries it, under which it may have been sent before.
	ID        string
	Caller    string
	DecidedAt time.Time
	// ByParty: the caller made it as a party of the order, and not as an operator or a
	// program that may make it on every order.
	ByParty bool
	Tries   int
	// LeasedUntil is the end of its last lease, zero if there was none.
	LeasedUntil time.Time
}

// toKeep is the caller's decision in the form in which it is kept.
func toKeep(caller booking.Caller, d Decision, id string, made time.Time) KeptDecision {
	return KeptDecision{Decision: d, ID: id, Caller: nameOf(caller), DecidedAt: made, ByParty: !caller.AlwaysAllowed(d.Action())}
}

// decision is the decision in the form in which it is sent to its order.
func (k KeptDecision) decision() Decision {
	d := k.Decision
	d.MadeAt = k.DecidedAt
	if k.Caller != anonymous {
		d.By = k.Caller
	}
	return d
}

// DecisionOutcome is the outcome of a kept decision.
type DecisionOutcome struct {
	Outcome string // one of DecisionOutcomes, except postponed
	// Code is why it was not carried out, "" if it was.
	Code booking.Code
	At   time.Time
}

// Entry is the line in the order's history for a decision that was not carried out, without
// the order's status: see View.WithRefused.
func (s DecisionOutcome) Entry(k KeptDecision) contract.Entry {
	return contract.Entry{
		At: s.At, Note: k.Note, By: k.decision().By, Decision: k.Update, DecidedAt: k.DecidedAt, Refused: s.Code,
	}
}

// OpenDecisions is the number of waiting decisions.
type OpenDecisions struct {
	Decisions int
	Oldest    time.Time // when the oldest was made; zero if there is none
}

// MostKept is how many decisions on one order may wait: as many as the engine takes of one
// workflow at a time.
const MostKept = 10

// Outcomes of kept decisions.
const (
	DecisionDelivered  = "delivered" // the order accepted it, or already had the wanted status
	DecisionRefused    = "refused"   // the order refused it
	DecisionOrderEnded = "over"      // its order had ended
	decisionPostponed  = "postponed" // it will be retried
)

// DecisionOutcomes lists the outcomes of a delivery attempt.
func DecisionOutcomes() []string {
	return []string{DecisionDelivered, DecisionRefused, DecisionOrderEnded, decisionPostponed}
}
