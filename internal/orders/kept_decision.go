package orders

import (
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// KeptDecisions holds decisions that could not be delivered to their order. The
// saga of an order remains the one authority on it: a row tells what was decided,
// and becomes an update once the order can be reached.
type KeptDecisions interface {
	// Put keeps the decision, unless an equal one of its caller waits already.
	// DecisionPending, and nothing is kept, when as many wait as an order may have.
	Put(ctx context.Context, k KeptDecision) error
	// Ahead tells how many decisions on the order of a decision wait, and whether one
	// of them is equal to it and of the same caller.
	Ahead(ctx context.Context, k KeptDecision) (waiting int, equal bool, err error)
	// Lease gives the oldest decision of up to n orders each to this process, until
	// a moment, the oldest first.
	Lease(ctx context.Context, n int, now, until time.Time) ([]KeptDecision, error)
	// Postpone ends a lease: the decision may be leased again from a moment on.
	Postpone(ctx context.Context, k KeptDecision, again time.Time, cause string) error
	// Settle notes what came of a decision. One that was not carried out is shown
	// with its order from then on.
	Settle(ctx context.Context, k KeptDecision, s SettledDecision) error
	// Open is what waits.
	Open(ctx context.Context) (OpenDecisions, error)
	// Forget drops decisions that were settled before a moment, and returns how many.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// KeptDecision is a decision that waits to be delivered.
type KeptDecision struct {
	Decision
	// ID is that of the update that carries it. It may have been sent under it before.
	ID        string
	Caller    string
	DecidedAt time.Time
	// ByParty: the caller could make it for the part that it has in the order, and not
	// as an operator, or a program, that may make it on every order.
	ByParty bool
	Tries   int
	// LeasedUntil is until when a process works on it, zero when none ever did.
	LeasedUntil time.Time
}

// toKeep is the decision, by the caller, as it is kept if it has to be.
func toKeep(caller booking.Caller, d Decision, id string, made time.Time) KeptDecision {
	return KeptDecision{Decision: d, ID: id, Caller: nameOf(caller), DecidedAt: made, ByParty: !caller.AlwaysAllowed(d.Action())}
}

// decision is the decision as its order is told it.
func (k KeptDecision) decision() Decision {
	d := k.Decision
	d.MadeAt = k.DecidedAt
	if k.Caller != anonymous {
		d.By = k.Caller
	}
	return d
}

// SettledDecision is what came of a kept decision.
type SettledDecision struct {
	Outcome string // one of DecisionOutcomes, not postponed
	// Code is why it was not carried out, "" when it was.
	Code booking.Code
	At   time.Time
}

// Entry is the line in the order's history that shows a decision which was not
// carried out, without the order's status: see View.WithRefused.
func (s SettledDecision) Entry(k KeptDecision) contract.Entry {
	return contract.Entry{
		At: s.At, Note: k.Note, By: k.decision().By, Decision: k.Update, DecidedAt: k.DecidedAt, Refused: s.Code,
	}
}

// OpenDecisions is how many decisions wait.
type OpenDecisions struct {
	Decisions int
	Oldest    time.Time // when the oldest was made; zero when there is none
}

// MostKept is how many decisions on one order wait at most: as many as the engine
// takes of one workflow at a time.
const MostKept = 10

// Outcomes of kept decisions.
const (
	DecisionDelivered = "delivered" // the order took it, or stood as it wanted already
	DecisionRefused   = "refused"   // the order did not allow it
	DecisionOver      = "over"      // its order had ended
	decisionPostponed = "postponed" // it is tried again
)

// DecisionOutcomes lists what may become of a kept decision that is tried.
func DecisionOutcomes() []string {
	return []string{DecisionDelivered, DecisionRefused, DecisionOver, decisionPostponed}
}
