package orders

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Warrant is the permission to change an order. The engine's calls that do so require one,
// and only authorizeAndLog issues it for a caller, so that every action of an operator is in the log.
type Warrant struct{ valid bool }

// admittedBefore is the warrant of a decision that authorizeAndLog has admitted before and
// that is delivered now.
var admittedBefore = Warrant{valid: true}

var errNoWarrant = errors.New("an order is changed without a warrant")

// Actions is the log of operators' actions. Its lines are never changed or removed.
type Actions interface {
	// Append appends a line. The second line of an action carries its outcome. Returns
	// ActedMeanwhile if another caller has acted on the order since the line seen; seen is
	// nil for no check.
	Append(ctx context.Context, a booking.OperatorAction, seen *int64) error
}

// noActions is used without a log of actions: it writes to the process's log.
type noActions struct{ log *zap.Logger }

func (n noActions) Append(_ context.Context, a booking.OperatorAction, _ *int64) error {
	logAction(n.log, a).Info("operator's action")
	return nil
}

func logAction(log *zap.Logger, a booking.OperatorAction) *zap.Logger {
	return log.With(zap.String("order", a.OrderID), zap.String("action", string(a.Action)), zap.String("by", a.By), zap.String("outcome", a.Outcome))
}

// ActedMeanwhile is the code for an action of a caller that has not seen another caller's
// action on the order.
const ActedMeanwhile = booking.Code("acted_meanwhile")

// occasion is the context in which a caller acts.
type occasion struct {
	seen *int64
	bulk string
}

type occasionKey struct{}

// WithSeenLine is the context of a caller that acts on an order by a certain state of the log
// of actions: seen is the newest line about the order, 0 for none.
func WithSeenLine(ctx context.Context, seen int64) context.Context {
	is, _ := ctx.Value(occasionKey{}).(occasion)
	is.seen = &seen
	return context.WithValue(ctx, occasionKey{}, is)
}

// inBulk is the context of actions that are part of a bulk action.
func inBulk(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, occasionKey{}, occasion{bulk: id})
}

// actionRequest is an action of a caller on an order.
type actionRequest struct {
	action  booking.Action
	kind    booking.Kind // "" for any
	orderID string
	reason  booking.Personal
	// decision: it is an update of the saga, whose history has caller, time and reason as
	// well. It is not refused while the log cannot be written, because orders can be
	// decided on while the read model is away; unless the caller has said which line it has
	// seen, which only the log can check.
	decision bool
}

const (
	// notedWithin bounds the wait for a line of the log that an action requires.
	notedWithin = 2 * time.Second
	// notedAtOnce bounds the wait for a line that it does not require.
	notedAtOnce = OptionalReadTimeout
)

// authorizeAndLog lets a caller change an order: if the caller may, and, if it acts as an operator,
// once that is in the log. The outcome is appended afterwards.
func authorizeAndLog[T interface{ outcome() string }](
	ctx context.Context, o *Orders, caller booking.Caller, a actionRequest, do func(context.Context, Warrant) (T, error),
) (out T, err error) {
	if err := o.Allow(ctx, caller, a.action, a.kind, a.orderID); err != nil {
		return out, err
	}
	if !caller.Operates(a.action) {
		return do(ctx, Warrant{valid: true})
	}
	on, _ := ctx.Value(occasionKey{}).(occasion)
	line := booking.OperatorAction{ID: rand.Text(), At: o.Now(), By: caller.ID, Action: a.action, OrderID: a.orderID, Reason: a.reason, Bulk: on.bulk}
	required, within := !a.decision || on.seen != nil, notedWithin
	if !required {
		within = notedAtOnce
	}
	switch err := o.note(ctx, line, on.seen, within); {
	case errors.Is(err, &booking.Error{Code: ActedMeanwhile}):
		return out, err
	case err != nil && required:
		return out, booking.Errorf(booking.Unavailable, "the log of operators' actions cannot be written at the moment; nothing was done").WithCause(err)
	}
	out, err = do(ctx, Warrant{valid: true})
	line.Outcome = outcomeOf(out.outcome(), err)
	_ = o.note(ctx, line, nil, within) // the process's log has it otherwise
	return out, err
}

// note appends a line, even if the caller has disconnected. Each line has the whole action:
// the second one suffices if the first could not be written.
func (o *Orders) note(ctx context.Context, line booking.OperatorAction, seen *int64, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	err := o.Actions.Append(ctx, line, seen)
	if err != nil && !errors.Is(err, &booking.Error{Code: ActedMeanwhile}) {
		logAction(o.log(ctx, line.OrderID), line).Error("operator's action is not in the log", zap.Error(err))
	}
	return err
}

func outcomeOf(outcome string, err error) string {
	if err == nil {
		return outcome
	}
	if no, coded := errors.AsType[*booking.Error](err); coded {
		return string(no.Code)
	}
	return booking.ActionFailed
}

func (o Outcome) outcome() string {
	if o.Done {
		return booking.ActionDone
	}
	return booking.ActionAccepted
}

func (r Refunded) outcome() string { return string(r.Entry.State) }

// accepted is the outcome of an action that continues after its answer.
type accepted struct{}

func (accepted) outcome() string { return booking.ActionAccepted }

// NotLost is the code for an order that cannot be settled, because its workflow runs or it
// owes nothing.
const NotLost = booking.Code("not_lost")

// Settler compensates orders whose workflow was lost.
type Settler interface {
	// Settle starts the compensation of an order, on behalf of the caller by. w is the warrant
	// that the engine requires. Returns NotLost if the order is not lost.
	Settle(ctx context.Context, w Warrant, orderID, by string) error
}

// SettleCodes lists the codes that Settle may return.
func SettleCodes() []booking.Code {
	return []booking.Code{NotLost, booking.Superseded, booking.NotFound, booking.Invalid, TemporalUnavailable, booking.Unavailable}
}

// Settle has a lost order compensated.
func (o *Orders) Settle(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) error {
	_, err := authorizeAndLog(ctx, o, caller, actionRequest{action: booking.SettleOrder, orderID: orderID, reason: reason}, func(ctx context.Context, w Warrant) (accepted, error) {
		return accepted{}, o.explained(ctx, orderID, o.Settler.Settle(ctx, w, orderID, caller.ID))
	})
	return err
}

// IsLost reports whether no workflow runs for an order that has not ended.
func (o *Orders) IsLost(ctx context.Context, order contract.View) (bool, error) {
	if order.Status.Final() {
		return false, nil
	}
	saga, err := o.Engine.Describe(ctx, order.ID)
	if isNotFound(err) {
		return order.Status != booking.Received, nil // it may wait in the inbox
	}
	if err != nil {
		return false, o.explained(ctx, order.ID, err)
	}
	return saga.Lost(), nil
}
