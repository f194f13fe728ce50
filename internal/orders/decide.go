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

// Decision is a caller's decision on an order.
type Decision struct {
	OrderID string
	// Kind is the order's kind. An order of another kind is not found.
	Kind booking.Kind
	// Update is the decision: one of the contract's updates.
	Update string
	// Note is the caller's own words; the order's history shows them.
	Note booking.Personal
	// By is the caller's id, "" while authentication is off. Decide sets it.
	By string
	// MadeAt is when it was made. The update carries it, because after a reset the engine
	// applies the update again. Decide sets it.
	MadeAt time.Time
	// Expect is the quote that was shown to the caller of a cancel, "" for any.
	Expect string
	// StatusWhenDecided is the order's status when its customer cancelled it, "" if it is not known:
	// after a reset the cancel is judged by it. Decide sets it.
	StatusWhenDecided booking.Status
	// Version is the order's version that the caller has seen, 0 for any. A decision with a
	// Version is not kept: the order may have changed when it is delivered.
	Version int64
	// changeID is the change that waits for the decision, "" for none or if that is not known. A
	// decision on it is another one than that on the order. Decide sets it.
	changeID string
}

// needsAgreement reports whether a service has to agree before the decision is accepted.
func (d Decision) needsAgreement() bool {
	return d.Update == contract.CancelUpdate && contract.BusinessOf(d.Kind).ServiceAgreesToCancel
}

// mayBeRefusedLater reports whether a service has to agree, to this decision or to an open one before it.
// Then the order may take the decision and still not carry it out.
func (d Decision) mayBeRefusedLater() bool { return contract.BusinessOf(d.Kind).ServiceAgreesToCancel }

// extra is the additional time of a decision beyond the reply budget.
func (d Decision) extra() time.Duration {
	if d.mayBeRefusedLater() {
		return ServiceWait
	}
	return 0
}

// DecisionCodes lists the codes that Decide may return for every decision, beside the
// refusals by the decision's own rule.
func DecisionCodes() []booking.Code {
	return []booking.Code{
		booking.AlreadyCancelled, booking.BeingCancelled, booking.VersionChanged, booking.Superseded, booking.DecisionPending, DecisionsExhausted,
		NotRunning, EarlierBuild, booking.NotFound, booking.Invalid, Unreachable, TemporalUnavailable, booking.Unavailable,
	}
}

// Decide sends a decision to its order and returns the order after it. Returns an error
// with the reason if the order does not allow the decision, or the caller may not make it.
//
// An order takes a decision and carries it out in one workflow task where it can, and the
// engine's answer to the first then contains the second: one round trip. A decision that
// was accepted is carried out, also if a process dies, unless a service has to agree. A
// decision that cannot be delivered in time is kept until it can be: see undelivered.
func (o *Orders) Decide(ctx context.Context, caller booking.Caller, d Decision) (Outcome, error) {
	is := actionRequest{action: d.Action(), kind: d.Kind, orderID: d.OrderID, reason: d.Note, decision: true}
	return authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Outcome, error) { return o.decide(ctx, w, caller, d) })
}

// decide sends an allowed decision to its order.
func (o *Orders) decide(ctx context.Context, w Warrant, caller booking.Caller, d Decision) (Outcome, error) {
	made := o.Now()
	d.By, d.MadeAt = caller.ID, made
	if out, queued, err := o.queueBehind(ctx, caller, d, made); queued {
		return out, err
	}
	switch d.Update {
	case contract.CancelUpdate:
		row, _ := o.optionalRow(ctx, d.OrderID) // without it, the order has to know its status itself
		d.StatusWhenDecided = row.View.Status
	case contract.ConfirmUpdate, contract.RejectUpdate:
		row, _ := o.optionalRow(ctx, d.OrderID)
		if stay := row.View.Stay; stay != nil && stay.Change != nil && stay.Change.State == contract.ChangeAwaitingOwner {
			d.changeID = stay.Change.ID
		}
	}
	// A caller that disconnects does not withdraw a decision.
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget+d.extra())
	defer cancel()
	watching, sending := watched(budget)
	view, sentAs, wasAccepted, err := o.sendDecision(watching, w, caller, d)
	if !wasAccepted && (isAway(err) || isWorkflowMissing(err)) {
		if view, no := o.shownOtherwise(ctx, d); no != nil {
			return Outcome{View: view}, no
		}
		if view, ok := o.withdraw(ctx, d); ok {
			return Outcome{View: view}, nil
		}
	}
	k := toKeep(caller, d, sentAs.id, made)
	var out Outcome
	switch _, refusal := answerOf(err); {
	case !wasAccepted && isOpen(err) && atLimit(err) == nil:
		out, err = o.undelivered(ctx, k, sending, err)
	case err == nil:
		out = Outcome{View: view, Done: true}
	case wasAccepted && d.isUnderWay(err):
		out, err = o.join(budget, d, refusal.View), nil
	case wasAccepted && isAway(err):
		out, err = o.afterAccepted(ctx, d)
		out, err = o.undecided(ctx, k, out, err)
	default:
		out, err = o.refusedOrKept(ctx, k, err)
	}
	return out, o.explained(ctx, d.OrderID, err)
}

// sendDecision sends a decision to an order and waits for the result. wasAccepted reports whether the order
// took the decision, sentAs under which id it was sent last.
func (o *Orders) sendDecision(
	ctx context.Context, w Warrant, caller booking.Caller, d Decision,
) (view contract.View, sentAs updateID, wasAccepted bool, err error) {
	begun := o.Now()
	for range mostIDsOfSlot {
		sentAs = o.updateIDs.next(o.Now(), caller, d)
		view, wasAccepted, err = o.Engine.decide(ctx, w, sentAs.id, d)
		if !wasAccepted || err != nil && isAway(err) {
			return view, sentAs, wasAccepted, err
		}
		o.updateIDs.answered(sentAs)
		if !isPast(err, begun) {
			return view, sentAs, true, err
		}
	}
	return view, sentAs, true, err
}

// afterAccepted answers a decision that was accepted and whose result did not arrive in time.
func (o *Orders) afterAccepted(ctx context.Context, d Decision) (Outcome, error) {
	switch {
	case d.mayBeRefusedLater() && d.Update == contract.CompleteUpdate:
		return o.stillWaiting(ctx, d)
	case d.mayBeRefusedLater():
		return o.stillWithService(ctx, d)
	default:
		return o.stillDeciding(ctx, d)
	}
}

// stillDeciding answers a decision that was accepted and is not carried out yet.
func (o *Orders) stillDeciding(ctx context.Context, d Decision) (Outcome, error) {
	view, err := o.read(ctx, d.OrderID)
	return Outcome{View: view}, err
}

// stillWithService answers a cancel that was accepted and that a service may still refuse. Once the
// order is being compensated it cannot.
func (o *Orders) stillWithService(ctx context.Context, d Decision) (Outcome, error) {
	view, err := o.queryView(ctx, d.OrderID, OptionalReadTimeout) // the read model may be behind
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
	return Outcome{View: view}, booking.Errorf(Unreachable, "no service has agreed yet: the decision may still be carried out or refused; repeat it to be certain")
}

// stillWaiting answers a decision that was accepted and may still wait for the outcome of a
// cancel: only after that is it certain to count.
func (o *Orders) stillWaiting(ctx context.Context, d Decision) (Outcome, error) {
	var waits bool
	if err := o.query(ctx, d.OrderID, contract.UndecidedQuery, OptionalReadTimeout, &waits); err != nil {
		o.log(ctx, d.OrderID).Warn("order does not answer", zap.Error(err))
		waits = true
	}
	if waits {
		return Outcome{}, booking.Errorf(Unreachable, "it is not certain yet whether the order is being cancelled: repeat the decision to be certain")
	}
	return o.stillDeciding(ctx, d)
}

// isUnderWay reports whether a cancel was refused because the order is being cancelled
// already, as requested.
func (d Decision) isUnderWay(err error) bool {
	answer, refusal := answerOf(err)
	return refusal != nil && d.Update == contract.CancelUpdate && answer.Type() == string(booking.BeingCancelled)
}

// join answers a cancel of an order that is being cancelled: it is done if the order ends
// in time. It waits for the end of the workflow and sends the order nothing.
func (o *Orders) join(budget context.Context, d Decision, seen contract.View) Outcome {
	if end, err := o.Engine.Await(budget, d.OrderID); err == nil && end.Status == booking.Cancelled {
		return Outcome{View: end, Done: true}
	}
	return Outcome{View: seen}
}

// codePattern distinguishes a booking.Code from the Go type names that the SDK gives to
// errors which are not refusals.
var codePattern = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// refused translates an order's answer to a decision, and returns the order if it is known.
func (o *Orders) refused(ctx context.Context, d Decision, err error) (contract.View, error) {
	answer, refusal := answerOf(err)
	switch {
	case isWorkflowMissing(err) || answer != nil && answer.Type() == updateLostToClose:
		return o.closed(ctx, d)
	case ofEarlierBuild(answer):
		return contract.View{}, earlierBuild()
	case answer != nil && codePattern.MatchString(answer.Type()):
		return o.refusedBy(ctx, d, answer, refusal)
	}
	if limit := atLimit(err); limit != nil {
		o.log(ctx, d.OrderID).Warn("order accepts no decision", zap.Error(err))
		return contract.View{}, limit
	}
	return contract.View{}, err
}

// refusedBy is the refusal of an order that gave its code and, for workflows of this build,
// its view.
func (o *Orders) refusedBy(
	ctx context.Context, d Decision, answer *temporal.ApplicationError, refusal *contract.Refusal,
) (contract.View, error) {
	no := booking.Errorf(booking.Code(answer.Type()), "%s", answer.Message())
	if refusal == nil {
		row, _ := o.optionalRow(ctx, d.OrderID) // without it, the refusal itself has to suffice
		return row.View, no
	}
	if refusal.After > 0 {
		no.After = soon(refusal.Left(o.Now()))
	}
	return refusal.View, no
}

// closed answers for an order that accepts no more decisions because its workflow has
// ended.
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
	return view, refusal(endedCode(view.Status))
}

// endedCode is the refusal of an order that has ended in status s.
func endedCode(s booking.Status) booking.Code {
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
