package workflows

import (
	"cmp"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// deciding is the state of the decisions on an order. The engine limits the accepted updates of
// a workflow: ten in flight, 2,000 in a run. An update that a validator refuses does not count.
// So a validator accepts an update only if it can change something, and limits updates that
// could be repeated without end.
type deciding struct {
	// cancelRequested is the reason of an accepted decision to cancel the order, "" without
	// one. cancelReason is that reason once the decision is recorded. cancelDecision is the
	// decision.
	cancelRequested, cancelReason booking.Reason
	cancelDecision                contract.Decision
	// due is the refund that follows from cancelDecision.
	due booking.Due
	// acceptedStatus is the status to which an accepted decision of another kind leads. The
	// decision may not be carried out yet. finishDecision is the decision that the order is
	// finished.
	acceptedStatus booking.Status
	finishDecision contract.Decision

	// awaitingService: a call to a service is running whose answer decides whether the order may
	// be cancelled. Other decisions wait for that answer.
	awaitingService bool
	waitingUpdates  map[string]bool // the updates that wait for that answer, at most one of each name
	refusals        backoff         // limits how often the service is called while it is away
}

// mayCancel is the rule of most kinds: an order may be cancelled until it has ended.
func (s *saga) mayCancel(time.Time) error {
	return booking.MayCancel(s.statusForDecisions())
}

// cancel cancels the order for its customer.
func (s *saga) cancel(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	return s.cancelFor(ctx, booking.ByCustomer, d)
}

// cancelFor cancels the order for a reason, and waits until it has ended.
func (s *saga) cancelFor(ctx workflow.Context, reason booking.Reason, d contract.Decision) (contract.View, error) {
	if !s.cancelling() {
		s.recordAndCancel(ctx, "cancelled for ", reason, d)
	}
	return s.awaitEnd(ctx, booking.Cancelled)
}

// cancelIfAgreed is cancelFor if a service has to agree first. If the service refuses,
// cancelIfAgreed returns its error. The call to the service replaces the call of record.
func (s *saga) cancelIfAgreed(
	ctx workflow.Context, reason booking.Reason, d contract.Decision, agree func(workflow.Context) error,
) (contract.View, error) {
	if !s.cancelling() {
		s.awaitingService = true
		due := s.dueFor(reason, d) // computed before the call: the order may continue during it
		err := agree(ctx)
		s.awaitingService = false
		switch {
		case s.cancelling(): // for another reason, during the call
		case err != nil:
			s.cancelDecision, s.due = contract.Decision{}, booking.Due{}
			return contract.View{}, s.asUpdateError(err)
		default:
			s.markCancelled(reason, d, due)
		}
	}
	return s.awaitEnd(ctx, booking.Cancelled)
}

// recordAndCancel records a decision to cancel the order, and then cancels it: see record.
// While the decision is being recorded, the order already counts as cancelled for other
// decisions. The refund is calculated before that, so it is the one that the caller was quoted.
func (s *saga) recordAndCancel(ctx workflow.Context, words string, reason booking.Reason, d contract.Decision) {
	s.cancelRequested = reason
	due := s.dueFor(reason, d)
	record(ctx, words+string(reason))
	s.markCancelled(reason, d, due)
}

// dueFor is the refund that follows from a decision. A decision that the engine applies again
// after a reset gives the same refund as the first time. Then dueFor also sets cancelDecision
// and due: the order may be compensated before the decision is recorded again, if a step
// reports that it was undone.
func (s *saga) dueFor(reason booking.Reason, d contract.Decision) booking.Due {
	if !s.view.HadReachedLater(d) || !judgedByStatusThen(s.ctx) {
		return s.view.RefundDue(reason, d.At)
	}
	s.cancelDecision, s.due = d, s.view.AsDecided(d).RefundDue(reason, d.At)
	return s.due
}

func (s *saga) markCancelled(reason booking.Reason, d contract.Decision, due booking.Due) {
	s.cancelRequested, s.cancelReason, s.cancelDecision, s.due = reason, reason, d, due
	s.stopStory()
}

// awaitAgreement waits for a service's answer whether the order may be cancelled, and then
// applies the rule again.
func (s *saga) awaitAgreement(ctx workflow.Context, update string, rule func(at time.Time) error) error {
	if !s.awaitingService {
		return nil
	}
	if s.waitingUpdates == nil {
		s.waitingUpdates = map[string]bool{}
	}
	s.waitingUpdates[update] = true
	_ = workflow.Await(ctx, func() bool { return !s.awaitingService || s.cancelling() })
	delete(s.waitingUpdates, update)
	return rule(workflow.Now(s.ctx))
}

// cancelling reports whether the order is cancelled, is being compensated, or will be
// compensated once a decision is recorded.
func (s *saga) cancelling() bool {
	return s.cancelRequested != "" || s.cancelReason != "" || s.view.Status == booking.Cancelling || s.view.Status == booking.Cancelled
}

// awaitOpenDecision waits while a decision to cancel the order is being recorded or agreed
// to. It returns the context's error if the order is cancelled.
func (s *saga) awaitOpenDecision(ctx workflow.Context) error {
	_ = workflow.Await(ctx, func() bool { return s.cancelRequested == "" && !s.awaitingService })
	return ctx.Err()
}

// awaitEnd waits until the order has ended. It returns a refusal if the order ended in another
// status than want.
func (s *saga) awaitEnd(ctx workflow.Context, want booking.Status) (contract.View, error) {
	_ = workflow.Await(ctx, func() bool { return s.stableStatus.Final() })
	return s.answer(want)
}

// record makes the engine record a decision before the saga acts on it. An update is
// durable only once its workflow task is recorded. If the process died before that, after
// an undo in place, the reason for that undo would be lost. An activity ends the task at
// once; a timer would too, but engines round timers up to a second.
func record(ctx workflow.Context, decision string) {
	options := untilDone(call{name: "record: " + decision, queue: contract.SagasQueue})
	options.StartToCloseTimeout = quickRecord
	ctx = workflow.WithActivityOptions(ctx, options)
	_ = workflow.ExecuteActivity(ctx, activities.RecordDecision).Get(ctx, nil)
}

// recordCancellation records that the workflow was cancelled, before anything is undone. The
// history has the cancellation already. But if the workflow task has to be repeated, an update
// that has arrived meanwhile is handled first. It would let the order continue although undos
// have run.
func (s *saga) recordCancellation(err error) {
	if s.cancelReason != "" || !temporal.IsCanceledError(err) {
		return
	}
	s.cancelRequested = cmp.Or(s.cancelRequested, booking.ByOperator)
	record(s.ctx, "cancelled with the workflow")
}

// statusForDecisions is the order's status for a new decision: earlier accepted decisions count
// although they may not be carried out yet. A decision that a service may still refuse does not
// count.
func (s *saga) statusForDecisions() booking.Status {
	return booking.EffectiveStatus(s.view.Status, s.cancelRequested, s.acceptedStatus)
}

// answer is the view of an order that has reached the status want, and otherwise the error for
// the caller of an update.
func (s *saga) answer(want booking.Status) (contract.View, error) {
	if s.stableStatus == want {
		return s.view, nil
	}
	return contract.View{}, s.asUpdateError(booking.SupersededBy(s.stableStatus))
}

// onUpdate registers an update by which a person decides. rule reports whether the decision
// was allowed at the time it was made; it neither waits nor changes anything. The context
// of decide is not cancelled with the workflow, so that every decision is answered.
func (s *saga) onUpdate(
	name, words string, rule func(at time.Time) error, decide func(workflow.Context, contract.Decision) (contract.View, error),
) {
	handler := func(ctx workflow.Context, d contract.Decision) (contract.View, error) {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		return decide(ctx, contract.Decision{Note: booking.Lines(d.Note), By: d.By, At: s.madeAt(d), Expect: d.Expect, StatusWhenDecided: d.StatusWhenDecided})
	}
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, name, handler, workflow.UpdateHandlerOptions{
		Description: words,
		Validator: func(_ workflow.Context, d contract.Decision) error {
			if err := d.Check(name); err != nil {
				return s.asUpdateError(err)
			}
			d.At = s.madeAt(d)
			return s.asUpdateError(cmp.Or(s.objection(name, func() error { return rule(d.At) }), s.asShown(d)))
		},
	}))
}

// asShown refuses a decision whose caller has seen another version of the order or another
// quote.
func (s *saga) asShown(d contract.Decision) error {
	if s.view.HadReachedLater(d) {
		d.Version = 0 // the version was compared before the reset
	}
	return cmp.Or(s.view.AsQuoted(d, s.statusForDecisions()), s.view.AsSeen(d.Version))
}

// madeAt is the time at which a decision was made: now, unless its update carries an earlier
// time. An update carries the time if its decision was stored because the order could not be
// reached, or if the engine applies it again after a reset.
func (s *saga) madeAt(d contract.Decision) time.Time {
	if now := workflow.Now(s.ctx); d.At.IsZero() || d.At.After(now) {
		return now
	}
	return d.At
}

// objection returns the error for which an update is not accepted: the rule's, BeingCancelled,
// or DecisionPending if an update of the same name waits already. An update that changes
// nothing is not accepted, since accepted updates are limited: see deciding.
func (s *saga) objection(name string, rule func() error) error {
	err := rule()
	switch {
	case err != nil:
		return err
	case s.statusForDecisions() == booking.Cancelling:
		return booking.Errorf(booking.BeingCancelled, "the order is being cancelled already")
	case s.waitingUpdates[name]:
		return booking.Errorf(booking.DecisionPending, "an earlier decision on the order is still open").RetryIn(time.Second)
	default:
		return nil
	}
}

// asUpdateError turns the error of a rule into the application error that an update's caller
// reads.
func (s *saga) asUpdateError(err error) error {
	var no *booking.Error
	if errors.As(err, &no) {
		return temporal.NewNonRetryableApplicationError(no.Message, string(no.Code), nil, contract.Refusal{
			View: s.view, After: booking.Duration(no.After), At: workflow.Now(s.ctx),
		})
	}
	return err //replay:never only a validator without an objection comes here
}

// backoff limits how often something is tried while a service is away: each pause is an eighth
// longer than the last one. So the next try comes soon after the outage, at most an eighth of
// its length later, and a year of retries needs only some 120 updates.
type backoff struct {
	pause time.Duration
	next  time.Time
}

// firstPause is about the duration of a failover.
const firstPause = 2 * time.Second

// refuse notes a refusal and returns the pause until the next try.
func (b *backoff) refuse(now time.Time) time.Duration {
	b.pause = max(firstPause, b.pause+b.pause/8)
	b.next = now.Add(b.pause)
	return b.pause
}

// left is the time until the next try is allowed, 0 if it is allowed now.
func (b *backoff) left(now time.Time) time.Duration { return max(0, b.next.Sub(now)) }
