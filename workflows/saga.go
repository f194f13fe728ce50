package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// saga is what every order's workflow is made of: a story told step by step,
// the undos of the steps that may have happened, and the order's view.
type saga struct {
	order
	// abandon ends the story; the undos follow.
	abandon workflow.CancelFunc
	// asked is why somebody wants the order abandoned, "" while nobody does,
	// with their words; why is the same once it is recorded.
	asked, why booking.Reason
	note       string

	// undos of all steps, in the order of the steps. All of them are known
	// before the first step runs: see turnBack.
	undos []undo
	// undone tells the world, when all of it has been undone.
	undone func()
	// deadline is when a step that is still being retried is given up.
	deadline time.Time
}

// refusal is a step's "no". The story ends and is undone.
type refusal struct{ reason booking.Reason }

func (r *refusal) Error() string {
	return "refused: " + string(r.reason) //replay:never nobody prints it
}

func isRefusal(err error, reason booking.Reason) bool {
	var no *refusal
	return errors.As(err, &no) && no.reason == reason
}

// begin sets a saga up. The context it returns is the story's: it ends when
// the order is abandoned, by a person or by a cancellation of the workflow.
func (s *saga) begin(root workflow.Context, view contract.View, requestHash string, policy contract.Policy) workflow.Context {
	never, _ := workflow.NewDisconnectedContext(root)
	s.order = order{ctx: never, view: view, requestHash: requestHash, policy: policy}
	s.changed()
	story, abandon := workflow.WithCancel(root)
	s.abandon = abandon
	s.answerQueries()
	return story
}

// tell runs the story to its end, or back to where nothing is owed. The
// workflow may close only when nobody waits for an answer and the read model
// knows the end.
func (s *saga) tell(ctx workflow.Context, story func(workflow.Context) error) (contract.View, error) {
	err := story(ctx)
	if err != nil {
		s.turnBack(err)
	}
	_ = workflow.Await(s.ctx, func() bool { return s.published() && workflow.AllHandlersFinished(s.ctx) })
	return s.view, nil
}

// step does one step of the story. What must be undone if the story ends with
// it depends on what is known of it: a step that failed may have happened all
// the same.
func (s *saga) step(ctx workflow.Context, st step) error {
	n := slices.IndexFunc(s.undos, func(u undo) bool { return u.name == st.undo.name })
	if n < 0 {
		must(fmt.Errorf("no undo is known for the step to %s", st.name)) //replay:never
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	outcome, err := s.perform(ctx, st)
	if err != nil {
		return err
	}
	switch outcome.Result {
	case booking.Done:
		return nil
	case booking.Refused:
		s.undos = s.undos[:n] // it took no effect, and no later step was ever begun
	case booking.Undone:
		// The order was undone in a life of this workflow that is not
		// remembered: before a reset, or before a crash. It stays undone.
		s.undos = s.undos[:n+1]
	}
	return &refusal{outcome.Reason}
}

// turnBack undoes what the story did, newest first, and ends the order. That
// may be more than this life of the workflow knows of: before a crash that the
// engine has no record of, or a reset, the story may have come further. So
// where no service has said otherwise the undos of all steps run; the undo of
// a step that never happened only sees to it that it never will.
func (s *saga) turnBack(err error) {
	reason := s.reasonOf(err)
	if len(s.undos) > 0 {
		s.become(booking.Cancelling, reason, s.note)
	}
	for _, u := range slices.Backward(s.undos) {
		c := u.call
		c.with = u.because(reason)
		found := s.insist(s.ctx, c)
		if u.then != nil {
			u.then(found)
		}
	}
	s.undone()
	s.end(reason)
}

// reasonOf finds why the story broke off.
func (s *saga) reasonOf(err error) booking.Reason {
	var no *refusal
	switch {
	case s.why != "":
		return s.why
	case errors.As(err, &no) && no.reason != "":
		return no.reason
	default:
		return booking.ByOperator // who cancelled the workflow, or failed a step by hand
	}
}

// giveUp abandons the order for somebody and waits until it is over.
func (s *saga) giveUp(ctx workflow.Context, why booking.Reason, note string) (contract.View, error) {
	if s.asked == "" {
		s.asked = why
		record(ctx, "cancelled for "+string(why))
		s.why, s.note = why, note
		s.abandon()
	}
	return s.over(ctx, booking.Cancelled)
}

// heed lets a decision to abandon the order that is still being recorded come
// before what time alone would decide.
func (s *saga) heed(ctx workflow.Context) error {
	if s.asked == "" {
		return nil
	}
	return workflow.Await(ctx, func() bool { return false }) //replay:never see its callers
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

// answer is the view, or the refusal when the order went elsewhere meanwhile.
func (s *saga) answer(want booking.Status) (contract.View, error) {
	if s.rested == want {
		return s.view, nil
	}
	return contract.View{}, refused(booking.Overtaken(s.rested))
}

// onUpdate lets people decide by an update. The rule says whether they may;
// it neither waits nor changes anything. The context of decide outlives a
// cancellation of the workflow: whoever decided gets an answer.
func (s *saga) onUpdate(name, words string, rule func() error, decide func(workflow.Context, string) (contract.View, error)) {
	handler := func(ctx workflow.Context, d contract.Decision) (contract.View, error) {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		return decide(ctx, d.Note)
	}
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, name, handler, workflow.UpdateHandlerOptions{
		Description: words,
		Validator: func(workflow.Context, contract.Decision) error {
			return refused(rule()) //replay:never validators do not run in a replay
		},
	}))
}

// refused turns a rule's "no" into what an update's caller understands.
func refused(err error) error {
	var no *booking.Error
	if errors.As(err, &no) {
		return temporal.NewNonRetryableApplicationError(no.Message, string(no.Code), nil)
	}
	return err //replay:never validators that have no objection
}

// must is for what fails only by a defect of ours: the workflow task fails,
// and is tried again until a version without the defect runs.
func must(err error) {
	if err != nil {
		panic(err) //replay:never a task that fails is not recorded
	}
}
