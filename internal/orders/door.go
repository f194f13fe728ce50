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

// Warrant is the permission to change an order. The engine's calls that do so ask for
// one, and enter alone gives it out for a caller: so no action of an operator can be added
// that is not in the log.
type Warrant struct{ given bool }

// onward is the warrant of what a caller was let in for before, and is delivered now.
var onward = Warrant{given: true}

var errNoWarrant = errors.New("an order is changed by what did not come through the door")

// Actions is the log of what operators do. Nothing changes or removes a line of it.
type Actions interface {
	// Append appends a line. A second one of the same action tells its outcome.
	// ActedMeanwhile: since the line that was seen, another caller has acted on the order;
	// nil is for any.
	Append(ctx context.Context, a booking.OperatorAction, seen *int64) error
}

// noActions stands where there is no log but that of the process.
type noActions struct{ log *zap.Logger }

func (n noActions) Append(_ context.Context, a booking.OperatorAction, _ *int64) error {
	logAction(n.log, a).Info("operator's action")
	return nil
}

func logAction(log *zap.Logger, a booking.OperatorAction) *zap.Logger {
	return log.With(zap.String("order", a.OrderID), zap.String("action", string(a.Action)), zap.String("by", a.By), zap.String("outcome", a.Outcome))
}

// ActedMeanwhile is the code for an action of a caller that has not seen what another one
// did to the order.
const ActedMeanwhile = booking.Code("acted_meanwhile")

// occasion is on what occasion a caller acts.
type occasion struct {
	seen *int64
	bulk string
}

type occasionKey struct{}

// HavingSeen is the context of a caller that acts on an order as the log of operators'
// actions had it: seen is the newest line about the order, 0 for none.
func HavingSeen(ctx context.Context, seen int64) context.Context {
	is, _ := ctx.Value(occasionKey{}).(occasion)
	is.seen = &seen
	return context.WithValue(ctx, occasionKey{}, is)
}

// inBulk is the context of what is done as a part of a bulk action.
func inBulk(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, occasionKey{}, occasion{bulk: id})
}

// act is something that a caller does to an order.
type act struct {
	action  booking.Action
	kind    booking.Kind // "" for any
	orderID string
	reason  booking.Personal
	// decision: it is an update of the saga, whose history names caller, time and reason as
	// well. It is not refused while the log cannot be written, since orders can be decided on
	// while the read model is away.
	decision bool
}

const (
	// notedWithin bounds the wait for a line of the log that an action needs.
	notedWithin = 2 * time.Second
	// notedAtOnce is how long a decision waits for it.
	notedAtOnce = Glance
)

// enter lets a caller change an order: if the caller may, and once it is in the log, where
// the caller acts as an operator. What came of it is appended afterwards.
func enter[T interface{ came() string }](
	ctx context.Context, o *Orders, caller booking.Caller, a act, do func(context.Context, Warrant) (T, error),
) (out T, err error) {
	if err := o.Allow(ctx, caller, a.action, a.kind, a.orderID); err != nil {
		return out, err
	}
	if !caller.Operates(a.action) {
		return do(ctx, Warrant{given: true})
	}
	on, _ := ctx.Value(occasionKey{}).(occasion)
	line := booking.OperatorAction{ID: rand.Text(), At: o.Now(), By: caller.ID, Action: a.action, OrderID: a.orderID, Reason: a.reason, Bulk: on.bulk}
	within := notedWithin
	if a.decision {
		within = notedAtOnce
	}
	switch err := o.note(ctx, line, on.seen, within); {
	case errors.Is(err, &booking.Error{Code: ActedMeanwhile}):
		return out, err
	case err != nil && !a.decision:
		return out, booking.Errorf(booking.Unavailable, "the log of operators' actions cannot be written at the moment; nothing was done").Because(err)
	}
	out, err = do(ctx, Warrant{given: true})
	line.Outcome = outcomeOf(out.came(), err)
	_ = o.note(ctx, line, nil, within) // it is in the process's log otherwise
	return out, err
}

// note appends a line, also when the caller has left. Each line has all of the action: a
// second one will do when the first could not be written.
func (o *Orders) note(ctx context.Context, line booking.OperatorAction, seen *int64, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	err := o.Actions.Append(ctx, line, seen)
	if err != nil && !errors.Is(err, &booking.Error{Code: ActedMeanwhile}) {
		logAction(o.log(ctx, line.OrderID), line).Error("operator's action is not in the log", zap.Error(err))
	}
	return err
}

func outcomeOf(came string, err error) string {
	if err == nil {
		return came
	}
	if no, coded := errors.AsType[*booking.Error](err); coded {
		return string(no.Code)
	}
	return booking.ActionFailed
}

func (o Outcome) came() string {
	if o.Done {
		return booking.ActionDone
	}
	return booking.ActionAccepted
}

func (r Refunded) came() string { return string(r.Entry.State) }

// accepted is the outcome of what goes on after its answer.
type accepted struct{}

func (accepted) came() string { return booking.ActionAccepted }

// NotLost is the code for an order whose workflow runs, or that owes nothing: there is
// nothing to settle.
const NotLost = booking.Code("not_lost")

// Settler starts the way back of orders whose workflow was lost.
type Settler interface {
	// Settle starts the undoing of an order, with the warrant that the engine asks for; by
	// is the caller that has it undone. NotLost: it is not to be undone so.
	Settle(ctx context.Context, w Warrant, orderID, by string) error
}

// SettleCodes lists the codes that Settle may answer.
func SettleCodes() []booking.Code {
	return []booking.Code{NotLost, booking.Superseded, booking.NotFound, booking.Invalid, TemporalUnavailable, booking.Unavailable}
}

// Settle lets a caller have a lost order undone.
func (o *Orders) Settle(ctx context.Context, caller booking.Caller, orderID string, reason booking.Personal) error {
	_, err := enter(ctx, o, caller, act{action: booking.SettleOrder, orderID: orderID, reason: reason}, func(ctx context.Context, w Warrant) (accepted, error) {
		return accepted{}, o.explained(ctx, orderID, o.Settler.Settle(ctx, w, orderID, caller.ID))
	})
	return err
}

// IsLost tells whether nothing works on an order that has not come to its end.
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
