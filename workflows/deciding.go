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

// deciding is what people have decided on an order. An update that is accepted
// counts towards the engine's limits, ten in flight and 2,000 a run; one that a
// validator refuses costs nothing. So an update is accepted only when it can
// change something, and what can be repeated without end has a budget.
type deciding struct {
	// asked is why the order will be abandoned, "" while it will not, as said;
	// why is the same once it is recorded.
	asked, why booking.Reason
	said       contract.Decision
	// due is what the decision gives back.
	due booking.Due
	// taken is what else has been decided. It may not be carried out yet. ending is
	// the decision that the order is finished, with the caller's words and who it was.
	taken  booking.Status
	ending contract.Decision

	// agreeing: a service is being asked whether the order may be given up. No
	// other decision is answered until it has said so: either may be the
	// outcome.
	agreeing bool
	waiting  map[string]bool // the updates that wait for that, one of a name
	refusals backoff         // of the service, because it is away
}

// mayCancel is the rule of most kinds: until the order is over.
func (s *saga) mayCancel(time.Time) error {
	return booking.MayCancel(s.standing())
}

// cancel is the customer's decision to give the order up.
func (s *saga) cancel(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	return s.giveUp(ctx, booking.ByCustomer, d)
}

// giveUp abandons the order for a reason and waits until it is over.
func (s *saga) giveUp(ctx workflow.Context, why booking.Reason, d contract.Decision) (contract.View, error) {
	if !s.abandoned() {
		s.recordAndAbandon(ctx, "cancelled for ", why, d)
	}
	return s.over(ctx, booking.Cancelled)
}

// giveUpIf is giveUp where a service has to agree first, or answers why not.
// The call to it records that the order is to be abandoned: see record.
func (s *saga) giveUpIf(
	ctx workflow.Context, why booking.Reason, d contract.Decision, agree func(workflow.Context) error,
) (contract.View, error) {
	if !s.abandoned() {
		s.agreeing = true
		due := s.dueFor(why, d) // as it stands: it may go on until the service has agreed
		err := agree(ctx)
		s.agreeing = false
		switch {
		case s.abandoned(): // for another reason, meanwhile
		case err != nil:
			s.said, s.due = contract.Decision{}, booking.Due{}
			return contract.View{}, s.refused(err)
		default:
			s.abandonFor(why, d, due)
		}
	}
	return s.over(ctx, booking.Cancelled)
}

// recordAndAbandon abandons the order for a reason once that is recorded: see record.
// Meanwhile other decisions find it abandoned. What is given back is what was due
// when the decision was taken: that is what its caller was quoted.
func (s *saga) recordAndAbandon(ctx workflow.Context, words string, why booking.Reason, d contract.Decision) {
	s.asked = why
	due := s.dueFor(why, d)
	record(ctx, words+string(why))
	s.abandonFor(why, d, due)
}

// dueFor is what a decision gives back. One that is applied again gives back what it gave back
// at first: its steps may be found undone before it is recorded once more.
func (s *saga) dueFor(why booking.Reason, d contract.Decision) booking.Due {
	if !s.view.StoodFurther(d) || !judgedAsItStood(s.ctx) {
		return s.view.RefundDue(why, d.At)
	}
	s.said, s.due = d, s.view.AsDecided(d).RefundDue(why, d.At)
	return s.due
}

func (s *saga) abandonFor(why booking.Reason, d contract.Decision, due booking.Due) {
	s.asked, s.why, s.said, s.due = why, why, d, due
	s.abandon()
}

// inTurn waits while a service is being asked whether the order may be given
// up, and applies the rule again.
func (s *saga) inTurn(ctx workflow.Context, update string, rule func(at time.Time) error) error {
	if !s.agreeing {
		return nil
	}
	if s.waiting == nil {
		s.waiting = map[string]bool{}
	}
	s.waiting[update] = true
	_ = workflow.Await(ctx, func() bool { return !s.agreeing || s.abandoned() })
	delete(s.waiting, update)
	return rule(workflow.Now(s.ctx))
}

// abandoned tells whether the order is being undone or is undone, or will be once the
// decision to abandon it is recorded.
func (s *saga) abandoned() bool {
	return s.asked != "" || s.why != "" || s.view.Status == booking.Cancelling || s.view.Status == booking.Cancelled
}

// awaitOpenDecision waits while a decision to abandon the order is being recorded
// or agreed to. It returns the context's error if the order is abandoned.
func (s *saga) awaitOpenDecision(ctx workflow.Context) error {
	_ = workflow.Await(ctx, func() bool { return s.asked == "" && !s.agreeing })
	return ctx.Err()
}

// over waits for the end of the order.
func (s *saga) over(ctx workflow.Context, want booking.Status) (contract.View, error) {
	_ = workflow.Await(ctx, func() bool { return s.rested.Final() })
	return s.answer(want)
}

// record makes the engine write down what it has been told, before the saga
// acts on it. An update is safe only when the workflow task that took it has
// been recorded; if the process died before that, with an undo already done
// in place, nobody would remember why it was done. An activity ends the task
// at once; a timer would, too, but engines round timers up to a second.
func record(ctx workflow.Context, decision string) {
	options := untilDone(call{name: "record: " + decision, queue: contract.SagasQueue})
	options.StartToCloseTimeout = quickRecord
	ctx = workflow.WithActivityOptions(ctx, options)
	_ = workflow.ExecuteActivity(ctx, activities.RecordDecision).Get(ctx, nil)
}

// recordCancellation records that the workflow was cancelled, before anything is
// undone. The history has it already; but when a task has to be done again, an update
// that has come meanwhile is handled first, and would make the order stand although
// some of it was undone.
func (s *saga) recordCancellation(err error) {
	if s.why != "" || !temporal.IsCanceledError(err) {
		return
	}
	s.asked = cmp.Or(s.asked, booking.ByOperator)
	record(s.ctx, "cancelled with the workflow")
}

// standing is where the order stands for one who wants to decide: what has
// been decided counts, though it may not have been carried out yet. What a
// service may still refuse does not.
func (s *saga) standing() booking.Status {
	return booking.Standing(s.view.Status, s.asked, s.taken)
}

// answer is the view, or the refusal when the order went elsewhere meanwhile.
func (s *saga) answer(want booking.Status) (contract.View, error) {
	if s.rested == want {
		return s.view, nil
	}
	return contract.View{}, s.refused(booking.Overtaken(s.rested))
}

// onUpdate lets people decide by an update. The rule says whether they might when
// they did; it neither waits nor changes anything. The context of decide outlives a
// cancellation of the workflow: whoever decided gets an answer.
func (s *saga) onUpdate(
	name, words string, rule func(at time.Time) error, decide func(workflow.Context, contract.Decision) (contract.View, error),
) {
	handler := func(ctx workflow.Context, d contract.Decision) (contract.View, error) {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		return decide(ctx, contract.Decision{Note: booking.Lines(d.Note), By: d.By, At: s.madeAt(d), Expect: d.Expect, Stood: d.Stood})
	}
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, name, handler, workflow.UpdateHandlerOptions{
		Description: words,
		Validator: func(_ workflow.Context, d contract.Decision) error {
			if err := d.Check(name); err != nil {
				return s.refused(err)
			}
			d.At = s.madeAt(d)
			return s.refused(cmp.Or(s.objection(name, func() error { return rule(d.At) }), s.asShown(d)))
		},
	}))
}

// asShown is why a decision is refused whose caller was shown another order, or quote.
func (s *saga) asShown(d contract.Decision) error {
	if s.view.StoodFurther(d) {
		d.Version = 0 // it was compared before the reset
	}
	return cmp.Or(s.view.AsQuoted(d, s.standing()), s.view.AsSeen(d.Version))
}

// madeAt is when a decision was made: now, unless its update says that it was earlier. It
// does when the decision was kept, and when a reset has it applied again.
func (s *saga) madeAt(d contract.Decision) time.Time {
	if now := workflow.Now(s.ctx); d.At.IsZero() || d.At.After(now) {
		return now
	}
	return d.At
}

// objection is why an update is not accepted. What happens already, and what
// waits already, would spend an update on nothing.
func (s *saga) objection(name string, rule func() error) error {
	err := rule()
	switch {
	case err != nil:
		return err
	case s.standing() == booking.Cancelling:
		return booking.Errorf(booking.BeingCancelled, "the order is being cancelled already")
	case s.waiting[name]:
		return booking.Errorf(booking.DecisionPending, "an earlier decision on the order is still open").In(time.Second)
	default:
		return nil
	}
}

// refused turns a rule's "no" into what an update's caller understands.
func (s *saga) refused(err error) error {
	var no *booking.Error
	if errors.As(err, &no) {
		return temporal.NewNonRetryableApplicationError(no.Message, string(no.Code), nil, contract.Refusal{
			View: s.view, After: booking.Duration(no.After), At: workflow.Now(s.ctx),
		})
	}
	return err //replay:never only a validator that has no objection comes here
}

// backoff is the budget of what is refused while a service is away, and may be
// asked again: each time after a pause an eighth longer than the last one. An
// outage is overshot by at most an eighth of its length, and in a year of
// asking without end some 120 updates are accepted.
type backoff struct {
	pause time.Duration
	next  time.Time
}

// firstPause is about as long as a failover takes.
const firstPause = 2 * time.Second

// refuse notes a refusal and answers how long to wait.
func (b *backoff) refuse(now time.Time) time.Duration {
	b.pause = max(firstPause, b.pause+b.pause/8)
	b.next = now.Add(b.pause)
	return b.pause
}

// left is how long it still is to be waited, 0 when it may be asked again.
func (b *backoff) left(now time.Time) time.Duration { return max(0, b.next.Sub(now)) }
