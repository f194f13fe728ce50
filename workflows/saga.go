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
	in    contract.Order
	facts facts
	// abandon ends the story; the undos follow.
	abandon workflow.CancelFunc
	// asked is why somebody wants the order abandoned, "" while nobody does,
	// with their words; why is the same once it is certain.
	asked, why booking.Reason
	note       string
	// taken is what else has been decided and may not be carried out yet.
	taken booking.Status

	// undos of all steps, in the order of the steps. All of them are known
	// before the first step runs: see turnBack.
	undos []undo
	// startWithin is how long the order may take from when it has to be paid for
	// until it is in the hands of those who carry it out; handedOver that it is.
	startWithin time.Duration
	handedOver  bool
	ends        time.Time // of what was ordered; zero when that has no end
	refunded    bool      // what was charged has been given back
	// came: an order that costs nothing has come into being, as far as is known
	// from what was undone.
	came bool
	owed string // why what was charged has not yet, in the provider's words, "" while that is not known
}

// facts are the events by which the world learns of an order's beginning and
// of its way back.
type facts struct {
	placed    booking.EventType // it came into being
	undone    booking.EventType // nothing is held for it, and nobody works for it
	cancelled booking.EventType // its cancellation is complete
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
func (s *saga) begin(root workflow.Context, in contract.Order, view contract.View, facts facts) workflow.Context {
	if in.Settle != nil {
		view = *in.Settle
	}
	never, _ := workflow.NewDisconnectedContext(root)
	s.order = order{ctx: never, view: view, requestHash: in.RequestHash, policy: in.Policy, settled: in.Settle != nil}
	s.in, s.facts, s.startWithin = in, facts, in.Policy.HandOverWithin
	s.run = s.currentRun()
	s.changed()
	story, abandon := workflow.WithCancel(root)
	s.abandon = abandon
	s.answerQueries()
	workflow.Go(s.ctx, s.followResets)
	return story
}

// tell runs the story to its end, or back to where nothing is owed. The
// workflow may close only when nobody waits for an answer and the read model
// knows the end. An order whose workflow was lost goes the way back only.
func (s *saga) tell(ctx workflow.Context, story func(workflow.Context) error) (contract.View, error) {
	if s.settled {
		s.turnBack(&refusal{booking.ByOperator})
	} else if err := story(ctx); err != nil {
		s.turnBack(err)
	}
	_ = workflow.Await(s.ctx, func() bool { return s.published() && workflow.AllHandlersFinished(s.ctx) })
	return s.view, nil
}

// step does one step of the story. What must be undone if the story ends with
// it depends on what is known of it: a step that failed may have happened all
// the same.
func (s *saga) step(ctx workflow.Context, st step) (booking.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return booking.Outcome{}, err
	}
	outcome, err := s.perform(ctx, st)
	if err == nil && outcome.Result == booking.Deferred {
		outcome, err = st.later(ctx)
	}
	if err != nil {
		return outcome, err
	}
	return outcome, s.conclude(st, outcome)
}

// stepNow does a step that the customer waits for. When its service is away
// the order is refused at once, for the reason away: it was not taken. If that
// cannot be known, the step is finished however long it takes.
func (s *saga) stepNow(ctx workflow.Context, st step, away booking.Reason) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	outcome, err := s.answerNow(ctx, st.call)
	if nothingDone(err) {
		return &refusal{away}
	}
	if err != nil {
		_, err = s.step(ctx, st)
		return err
	}
	return s.conclude(st, outcome)
}

// conclude notes what has to be undone, given what came of a step.
func (s *saga) conclude(st step, outcome booking.Outcome) error {
	n := slices.IndexFunc(s.undos, func(u undo) bool { return u.name == st.undo.name })
	if n < 0 {
		must(fmt.Errorf("no undo is known for the step to %s", st.name)) //replay:never
	}
	switch outcome.Result {
	case booking.Done:
		return nil
	case booking.Refused:
		s.undos = s.undos[:n] // it took no effect, and no later step was ever begun
	case booking.Undone:
		// The order was being undone in a life of this workflow that is not
		// remembered: before a reset, or before a crash. It stays undone, and
		// what was not undone then is undone now.
	}
	return &refusal{outcome.Reason}
}

// finish waits until those who work for the order have finished, and lets their
// service know. What is finished can no longer be called off.
func (s *saga) finish(ctx workflow.Context, finished func() bool, c call) error {
	if err := workflow.Await(ctx, finished); err != nil && !finished() {
		return err
	}
	var outcome booking.Outcome
	s.insist(s.ctx, c, &outcome)
	if outcome.Result != booking.Done {
		return &refusal{outcome.Reason}
	}
	return nil
}

// turnBack undoes what the story did, newest first, and ends the order. That
// may be more than this life of the workflow knows of: before a crash that the
// engine has no record of, or a reset, the story may have come further. So
// where no service has said otherwise the undos of all steps run; the undo of
// a step that never happened only sees to it that it never will.
//
// An undo whose service is away holds no other one up: nobody's money waits
// for a kitchen.
func (s *saga) turnBack(err error) {
	reason := s.reasonOf(err)
	atOnce := len(s.undos) == 0 && s.view.Kind.May(s.view.Status, booking.Cancelled)
	if !atOnce && s.view.Status != booking.Cancelling {
		s.become(booking.Cancelling, reason, s.note)
	}
	if reason.Unavailable() {
		s.showPending(s.ctx) // its customer waits for an answer, and not for the undos
	}
	owed := workflow.NewWaitGroup(s.ctx)
	for _, u := range slices.Backward(s.undos) {
		u.with = u.because(reason)
		var found booking.Undo
		done := s.policy.InPlace && inPlace(s.ctx, u.call, &found) == nil
		if done {
			u.found(found)
		}
		if done && found.Owed == "" {
			continue
		}
		owed.Add(1)
		workflow.Go(s.ctx, func(ctx workflow.Context) {
			s.undoInTime(ctx, u, reason, found)
			s.showPending(ctx)
			owed.Done()
		})
	}
	owed.Wait(s.ctx)
	s.tellUndone()
	s.end(reason, s.facts.cancelled)
}

// tellUndone tells the world of the way back, in the order in which the way
// there was told, whichever life of the workflow went it.
func (s *saga) tellUndone() {
	if s.refunded || s.free() && s.came {
		s.placed(s.refunded) // which may not have been known until now
	}
	if s.view.Placed {
		s.emit(s.facts.undone)
	}
	if s.refunded {
		s.emit(booking.PaymentCancelApproved)
	}
}

// reasonOf finds why the story broke off.
func (s *saga) reasonOf(err error) booking.Reason {
	var no *refusal
	switch {
	case s.view.Status == booking.Cancelling: // it was being undone already when its workflow was lost
		return s.view.Reason
	case s.why != "":
		return s.why
	case errors.As(err, &no) && no.reason != "":
		return no.reason
	default:
		return booking.ByOperator // who cancelled the workflow, or failed a step by hand
	}
}

// mayCancel is the rule of most kinds: until the order is over.
func (s *saga) mayCancel() error {
	return booking.MayCancel(s.standing()) //replay:never validators do not run in a replay
}

// cancel is the customer's decision to give the order up.
func (s *saga) cancel(ctx workflow.Context, note string) (contract.View, error) {
	return s.giveUp(ctx, booking.ByCustomer, note)
}

// giveUp abandons the order for somebody and waits until it is over.
func (s *saga) giveUp(ctx workflow.Context, why booking.Reason, note string) (contract.View, error) {
	return s.giveUpIf(ctx, why, note, func(ctx workflow.Context) error {
		record(ctx, "cancelled for "+string(why))
		return nil
	})
}

// giveUpIf is giveUp where somebody has to agree first, or answers why not. To
// ask them has to record that somebody wants the order abandoned: see record.
func (s *saga) giveUpIf(ctx workflow.Context, why booking.Reason, note string, agree func(workflow.Context) error) (contract.View, error) {
	_ = workflow.Await(ctx, func() bool { return s.asked == "" || s.goesBack() }) // somebody else is asking just now
	if !s.goesBack() {
		s.asked = why
		err := agree(ctx)
		switch {
		case err == nil:
			s.why, s.note = why, note
			s.abandon()
		case !s.goesBack(): // as it does when others gave it up meanwhile
			s.asked = ""
			return contract.View{}, refused(err)
		}
	}
	return s.over(ctx, booking.Cancelled)
}

// goesBack tells whether the order is on the way back, whoever sent it there, or
// at its end.
func (s *saga) goesBack() bool {
	return s.why != "" || s.view.Status == booking.Cancelling || s.view.Status == booking.Cancelled
}

// heed lets a decision to abandon the order that is still being recorded come
// before what time alone would decide.
func (s *saga) heed(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return s.asked == "" })
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

// standing is where the order stands for one who wants to decide: what has
// been decided counts, though it may not have been carried out yet.
func (s *saga) standing() booking.Status {
	return booking.Standing(s.view.Status, s.asked, s.taken) //replay:never for validators only
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
