package orders

import (
	"context"
	"regexp"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Decision is what a caller decides on an order.
type Decision struct {
	OrderID string
	// Kind of the order; there is no order of this id that is of another kind.
	Kind booking.Kind
	// Update is what is decided: one of the contract's updates.
	Update string
	// Note is the caller's own words; they appear in the order's history.
	Note booking.Personal
	// By is the caller's id, "" while authentication is off. Decide sets it.
	By string
	// MadeAt is when it was made. The update carries it: after a reset the engine applies
	// the update again. Decide sets it.
	MadeAt time.Time
	// Expect is the quote that the caller of a cancel was shown, "" for any.
	Expect string
	// Stood is the status that the order had when its customer cancelled it, "" where that is
	// not known: after a reset it is judged by that. Decide sets it.
	Stood booking.Status
	// Version is the one of the order that the caller has seen, 0 for any. Such a decision
	// is not kept: the order may be another one when it can be delivered.
	Version int64
}

// agreedFirst tells whether a service has to agree before the decision is taken.
func (d Decision) agreedFirst() bool {
	return d.Update == contract.CancelUpdate && contract.BusinessOf(d.Kind).AsksToCancel
}

// asks tells whether a service has to agree, to this decision or to one that is
// open before it. That the order took the decision is no promise then.
func (d Decision) asks() bool { return contract.BusinessOf(d.Kind).AsksToCancel }

// extra is what a decision gets on top of the reply budget.
func (d Decision) extra() time.Duration {
	if d.asks() {
		return Asking
	}
	return 0
}

// DecisionCodes lists the codes that Decide may answer to a decision of any kind,
// beside those by which the rule of that decision refuses.
func DecisionCodes() []booking.Code {
	return []booking.Code{
		booking.AlreadyCancelled, booking.BeingCancelled, booking.VersionChanged, booking.Superseded, booking.DecisionPending, DecisionsExhausted,
		NotRunning, EarlierBuild, booking.NotFound, booking.Invalid, Unreachable, TemporalUnavailable, booking.Unavailable,
	}
}

// Decide carries a decision to its order and answers with the order after it. A
// decision that the order does not allow is an error that says why, and so is one
// that the caller may not make.
//
// An order takes a decision and carries it out in one workflow task where it
// can, and the engine's answer to the first then brings the second along: that
// is one round trip. A decision that was taken will be carried out, whatever
// process dies, unless a service has to agree. One that cannot be delivered in time
// is kept until it can be: see undelivered.
func (o *Orders) Decide(ctx context.Context, caller booking.Caller, d Decision) (Outcome, error) {
	is := act{action: d.Action(), kind: d.Kind, orderID: d.OrderID, reason: d.Note, decision: true}
	return enter(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Outcome, error) { return o.decide(ctx, w, caller, d) })
}

// decide carries a decision that the caller may make to its order.
func (o *Orders) decide(ctx context.Context, w Warrant, caller booking.Caller, d Decision) (Outcome, error) {
	made := o.Now()
	d.By, d.MadeAt = caller.ID, made
	if out, queued, err := o.queueBehind(ctx, caller, d, made); queued {
		return out, err
	}
	if d.Update == contract.CancelUpdate {
		row, _ := o.glanceAtRow(ctx, d.OrderID) // without it, the order has to remember
		d.Stood = row.View.Status
	}
	// A caller who leaves does not take a decision back.
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget+d.extra())
	defer cancel()
	asking, sending := watched(budget)
	view, asked, taken, err := o.ask(asking, w, caller, d)
	if !taken && (isAway(err) || noWorkflow(err)) {
		if view, no := o.shownOtherwise(ctx, d); no != nil {
			return Outcome{View: view}, no
		}
		if view, ok := o.withdraw(ctx, d); ok {
			return Outcome{View: view}, nil
		}
	}
	k := toKeep(caller, d, asked.id, made)
	var out Outcome
	switch _, why := answerOf(err); {
	case !taken && isOpen(err) && atLimit(err) == nil:
		out, err = o.undelivered(ctx, k, sending, err)
	case err == nil:
		out = Outcome{View: view, Done: true}
	case taken && d.isUnderWay(err):
		out, err = o.join(budget, d, why.View), nil
	case taken && isAway(err):
		out, err = o.afterTaken(ctx, d)
		out, err = o.undecided(ctx, k, out, err)
	default:
		out, err = o.refusedOrKept(ctx, k, err)
	}
	return out, o.explained(ctx, d.OrderID, err)
}

// ask puts a decision to an order and waits for what comes of it. taken tells
// whether the order took the decision, asked under which id it was put last.
func (o *Orders) ask(ctx context.Context, w Warrant, caller booking.Caller, d Decision) (view contract.View, asked ask, taken bool, err error) {
	begun := o.Now()
	for range mostAsksOfSlot {
		asked = o.asks.next(o.Now(), caller, d)
		view, taken, err = o.Engine.decide(ctx, w, asked.id, d)
		if !taken || err != nil && isAway(err) {
			return view, asked, taken, err
		}
		o.asks.answered(asked)
		if !isPast(err, begun) {
			return view, asked, true, err
		}
	}
	return view, asked, true, err
}

// afterTaken answers for a decision that was taken and of which nothing more was
// heard in time.
func (o *Orders) afterTaken(ctx context.Context, d Decision) (Outcome, error) {
	switch {
	case d.asks() && d.Update == contract.CompleteUpdate:
		return o.stillWaiting(ctx, d)
	case d.asks():
		return o.stillAsking(ctx, d)
	default:
		return o.stillDeciding(ctx, d)
	}
}

// stillDeciding answers for a decision that was taken and is not carried out
// yet.
func (o *Orders) stillDeciding(ctx context.Context, d Decision) (Outcome, error) {
	view, err := o.read(ctx, d.OrderID)
	return Outcome{View: view}, err
}

// stillAsking answers for a decision that was taken, to cancel an order, and
// that a service may yet refuse. Once the order is being undone it cannot.
func (o *Orders) stillAsking(ctx context.Context, d Decision) (Outcome, error) {
	view, err := o.queryView(ctx, d.OrderID, Glance) // the read model may be behind
	if err != nil {
		view, err = o.read(ctx, d.OrderID)
	}
	switch {
	case err != nil:
		o.log(ctx, d.OrderID).Warn("order does not answer", zap.Error(err))
	case view.Status == booking.Cancelling:
		return Outcome{View: view}, nil
	case view.Status == booking.Cancelled:
		return Outcome{View: view, Done: true}, nil
	}
	return Outcome{View: view}, booking.Errorf(Unreachable, "nobody has agreed yet: the decision may still be carried out or refused; repeat it to be certain")
}

// stillWaiting answers for a decision that was taken, and may still wait for
// the outcome of a cancel: only once it does not is it certain to count.
func (o *Orders) stillWaiting(ctx context.Context, d Decision) (Outcome, error) {
	var waits bool
	if err := o.query(ctx, d.OrderID, contract.UndecidedQuery, Glance, &waits); err != nil {
		o.log(ctx, d.OrderID).Warn("order does not answer", zap.Error(err))
		waits = true
	}
	if waits {
		return Outcome{}, booking.Errorf(Unreachable, "it is not certain yet whether the order is being cancelled: repeat the decision to be certain")
	}
	return o.stillDeciding(ctx, d)
}

// isUnderWay tells whether a cancel was refused because the order is being
// cancelled already: that is what was asked for.
func (d Decision) isUnderWay(err error) bool {
	answer, why := answerOf(err)
	return why != nil && d.Update == contract.CancelUpdate && answer.Type() == string(booking.BeingCancelled)
}

// join answers for a cancel of an order that is being cancelled: it is done when
// that comes to its end in time. It waits for the end of the workflow and costs
// the order nothing.
func (o *Orders) join(budget context.Context, d Decision, seen contract.View) Outcome {
	if end, err := o.Engine.Await(budget, d.OrderID); err == nil && end.Status == booking.Cancelled {
		return Outcome{View: end, Done: true}
	}
	return Outcome{View: seen}
}

// codePattern tells a booking.Code from the Go type names that the SDK gives
// to errors which are not refusals.
var codePattern = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// refused is what an order's answer to a decision means, with the order that it
// is about where that is known.
func (o *Orders) refused(ctx context.Context, d Decision, err error) (contract.View, error) {
	answer, why := answerOf(err)
	switch {
	case noWorkflow(err) || answer != nil && answer.Type() == updateLostToClose:
		return o.closed(ctx, d)
	case ofEarlierBuild(answer):
		return contract.View{}, earlierBuild()
	case answer != nil && codePattern.MatchString(answer.Type()):
		return o.refusedBy(ctx, d, answer, why)
	}
	if limit := atLimit(err); limit != nil {
		o.log(ctx, d.OrderID).Warn("order takes no decision", zap.Error(err))
		return contract.View{}, limit
	}
	return contract.View{}, err
}

// refusedBy is the refusal of an order that gave its code and, from this build's
// workflows, the order as it stands.
func (o *Orders) refusedBy(
	ctx context.Context, d Decision, answer *temporal.ApplicationError, why *contract.Refusal,
) (contract.View, error) {
	no := booking.Errorf(booking.Code(answer.Type()), "%s", answer.Message())
	if why == nil {
		row, _ := o.glanceAtRow(ctx, d.OrderID) // without it the refusal has to do
		return row.View, no
	}
	if why.After > 0 {
		no.After = soon(why.Left(o.Now()))
	}
	return why.View, no
}

// closed answers for an order that takes no decisions any more, because its
// workflow is over.
func (o *Orders) closed(ctx context.Context, d Decision) (contract.View, error) {
	view, err := o.read(ctx, d.OrderID)
	if err != nil {
		return contract.View{}, err
	}
	if !view.Status.Final() { // the read model is behind
		if fresh, err := o.readFresh(ctx, d.OrderID); err == nil {
			view = fresh
		} else {
			o.log(ctx, d.OrderID).Warn("closed order does not answer", zap.Error(err))
		}
	}
	return view, refusal(overCode(view.Status))
}

// overCode is why an order takes no decisions any more that has ended in a status.
func overCode(s booking.Status) booking.Code {
	switch s {
	case booking.Cancelled:
		return booking.AlreadyCancelled
	case booking.Completed:
		return booking.AlreadyCompleted
	case booking.Delivered:
		return booking.AlreadyDelivered
	default:
		return NotRunning
	}
}
