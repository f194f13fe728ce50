package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

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
	deciding
	parts      parts
	confirming confirming
	telling    workflow.Context // of the story
	changing   *change          // of the order, that is under way; nil when none is
	known      []contract.Asked // changes of which this life of the workflow knows

	// undos of all steps, in the order of the steps. All of them are known
	// before the first step runs: see turnBack. never are those of the steps
	// that were certainly not begun, since one before them was refused.
	undos, never []undo
	// startWithin is how long the order may take from when it has to be paid for
	// until it is in the hands of those who carry it out; handedOver that it is.
	startWithin time.Duration
	handedOver  bool
	ends        time.Time // of what was ordered; zero when that has no end
	// refunding is how the way back asks for the refund, and refunded that what was
	// charged has been given back, as far as the policy gives it.
	refunding booking.Charge
	refunded  bool
	moneyBack bool // nothing of it is owed any more
	afterEnd  bool // the order has ended, and each of its refunds is a workflow
	// unanswered: the refund has met nothing but errors for longer than patience lasts.
	unanswered bool
	toldOwed   int64 // of which the customer was told that a person has to see to it, 0 while they were not
	declined   bool  // the ledger says that the charge was
	// held and released are how many remained of the item when the order had taken
	// some, or could not, and when it had given that back; nil when it has not.
	held, released *int
	// givenBack is what came of the refund, once it is done.
	givenBack booking.EventPayment
	back      int64  // what the customer has back then of the payment, by whomever
	ownGiven  *int64 // what of it the undo's own refund has given back, nil while that is not known
	// amountOwed is what the ledger says that is owed of the payment, 0 while it is not known.
	amountOwed int64
	// came: an order that costs nothing has come into being, as far as is known
	// from what was undone.
	came bool
	// further is what was charged beside the first charge.
	further int64
	owed    string // why what was charged has not yet, in the provider's words, "" while that is not known
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
	return "refused: " + string(r.reason) //replay:never a refusal is looked at by errors.As and never printed
}

// begin sets a saga up, unless there can be no order with its input. The context
// it returns is the story's: it ends when the order is abandoned, by a person or
// by a cancellation of the workflow.
func (s *saga) begin(root workflow.Context, in contract.Order, whole contract.Input, facts facts) (workflow.Context, error) {
	view := whole.View()
	if in.Settle != nil {
		view = *in.Settle
		view.PaymentDeferred, view.NextAction, view.ExpiresAt = nil, nil, time.Time{} // no payment of it waits any more
	}
	never, _ := workflow.NewDisconnectedContext(root)
	s.order = order{ctx: never, view: view, requestHash: in.RequestHash, policy: in.Policy.WithDefaults(), settled: in.Settle != nil}
	s.in, s.facts, s.startWithin = in, facts, time.Duration(s.policy.HandOverWithin)
	if err := s.enter(func() error { return mayStart(never, in, whole) }); err != nil {
		return nil, err
	}
	if s.settled && view.Placed && !s.free() { // the lost workflow has told so
		charged := s.paymentIn(booking.Charged)
		s.paid = &charged
	}
	s.changed()
	story, abandon := workflow.WithCancel(root)
	s.abandon, s.telling = abandon, story
	s.answerQueries()
	s.takeMoney()
	workflow.Go(s.ctx, s.followResets)
	return story, nil
}

// tell runs the story to its end, or back to where nothing is owed. An order whose
// workflow was lost goes the way back only, and one that is not to begin goes nowhere.
func (s *saga) tell(ctx workflow.Context, story func(workflow.Context) error) (contract.View, error) {
	if s.settled {
		s.said.By = s.in.SettledBy
		s.mayHaveDeferred()
		s.turnBack(&refusal{booking.ByOperator})
	} else if w := s.notBegun(); w != nil {
		s.neverBegin(*w)
	} else if err := story(ctx); err != nil {
		s.recordCancellation(err)
		s.turnBack(err)
	}
	s.awaitClose()
	return s.view, nil
}

// awaitClose waits until the workflow may close: no caller waits for an answer, the
// read model knows the end, and the refunds by staff have ended.
func (s *saga) awaitClose() {
	failed := workflow.GetSignalChannel(s.ctx, contract.RefundFailedSignal)
	closed := func() bool {
		return failed.Len() == 0 && s.parts.open == 0 && s.parts.telling == 0 && s.published() && workflow.AllHandlersFinished(s.ctx)
	}
	_ = workflow.Await(s.ctx, closed)
	for s.view.NeedsAttention && s.unresolved == 0 { // a refund, or what tells of one, was failed by hand after the order's end
		s.otherwise = false               //replay:never an operator would have to fail an activity of an order that is over
		s.attended()                      //replay:never an operator would have to fail an activity of an order that is over
		s.publish(s.ctx)                  //replay:never an operator would have to fail one of these
		_ = workflow.Await(s.ctx, closed) //replay:never an operator would have to fail one of these
	}
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
	if err == nil && outcome.Result == booking.Unconfirmed {
		outcome, err = s.confirm(ctx, outcome.Action)
	}
	if err != nil {
		return outcome, err
	}
	return outcome, s.conclude(st, outcome)
}

// stepNow does a step that the customer waits for. When its service is away
// the order is refused at once, for the reason away: it was not taken. If that
// cannot be known, the step is finished however long it takes.
func (s *saga) stepNow(ctx workflow.Context, st step, away booking.Reason) (booking.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return booking.Outcome{}, err
	}
	outcome, err := s.answerNow(ctx, st.call)
	if nothingDone(err) {
		return outcome, &refusal{away}
	}
	if err != nil {
		return s.step(ctx, st)
	}
	return outcome, s.conclude(st, outcome)
}

// undoOf is where the undo of this name is among those of the steps, -1 if it is not.
func (s *saga) undoOf(u undo) int {
	return slices.IndexFunc(s.undos, func(other undo) bool { return other.name == u.name })
}

// conclude notes what has to be undone, given what came of a step.
func (s *saga) conclude(st step, outcome booking.Outcome) error {
	n := s.undoOf(st.undo)
	if n < 0 {
		must(fmt.Errorf("no undo is known for the step to %s", st.name)) //replay:never a task that fails is not recorded
	}
	switch outcome.Result {
	case booking.Done:
		return nil
	case booking.Refused:
		s.released = outcome.Remaining              // too few: nothing was taken
		s.undos, s.never = s.undos[:n], s.undos[n:] // it took no effect, and no later step was ever begun
	case booking.Undone:
		// The order was being undone in a life of this workflow that is not
		// remembered: before a reset, or before a crash. It stays undone, and
		// what was not undone then is undone now.
		s.mayHaveDeferred()
	}
	return &refusal{outcome.Reason}
}

// finish waits until those who work for the order have finished, and lets their
// service know. What is finished can no longer be called off: that holds from
// when their word is taken, though it is still being recorded.
func (s *saga) finish(ctx workflow.Context, finished func() bool, c call) error {
	if err := workflow.Await(ctx, finished); err != nil && s.taken == "" {
		return err
	}
	_ = workflow.Await(s.ctx, finished)
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
	reason, said := s.reasonOf(err), s.said // what is decided from here on comes too late
	s.refunding = s.refundFor(reason)
	s.keepSome()
	if reason == booking.PaymentDeclined {
		s.emitDeclined()
	}
	atOnce := len(s.undos) == 0 && s.view.Kind.May(s.view.Status, booking.Cancelled)
	if !atOnce && s.view.Status != booking.Cancelling {
		s.become(booking.Cancelling, reason, said)
	}
	if reason.Unavailable() {
		s.showPending(s.ctx) // its customer waits for an answer, and not for the undos
	}
	owed, waits := workflow.NewWaitGroup(s.ctx), false
	for _, u := range slices.Backward(s.undos) {
		u.with = u.because(reason)
		shown := s.view.Version
		if found, done := s.undoInPlace(u); !done {
			waits = true
			owed.Add(1)
			workflow.Go(s.ctx, func(ctx workflow.Context) {
				s.undoInTime(ctx, u, reason, found)
				s.showPending(ctx)
				owed.Done()
			})
		} else if waits && s.view.Version != shown {
			s.showPending(s.ctx) // the end, which shows it otherwise, may be far away
		}
	}
	owed.Wait(s.ctx)
	s.askAgain() // what refunds by staff could not give back, the undo has
	_ = workflow.Await(s.ctx, func() bool { return s.parts.open == 0 })
	for _, u := range s.never {
		u.found(booking.Undo{})
	}
	s.tellUndone()
	s.end(reason, said.By, s.facts.cancelled)
}

// undoInPlace does an undo in place, if the order's policy allows, and answers
// what it found and whether nothing is left to undo.
func (s *saga) undoInPlace(u undo) (found booking.Undo, done bool) {
	if !s.policy.InPlace || inPlace(s.ctx, u.call, &found) != nil {
		return booking.Undo{}, false
	}
	u.found(found)
	return found, found.Owed == ""
}

// tellUndone tells the world of the way back, in the order in which the way
// there was told, whichever life of the workflow went it.
func (s *saga) tellUndone() {
	if s.declined && s.view.Reason != booking.PaymentDeclined {
		s.emitDeclined() //replay:never the order would have to be cancelled in the moment in which its payment is declined
	}
	if s.refunded || s.free() && s.came {
		s.placed(s.refunded) // which may not have been known until now
	}
	if s.view.Placed {
		s.emitWith(s.facts.undone, s.released)
	}
	if s.refunded {
		s.paid = &s.givenBack
	}
	if s.refunded && s.givenBack.Status != booking.Retained {
		s.emit(booking.PaymentCancelApproved)
	}
	switch s.view.Reason {
	case booking.NoShow:
		s.tellNoShow()
	case booking.PaymentNotConfirmed:
		s.tellNotConfirmed()
	}
	s.tellRefundedAfterAll()
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

// must is for what fails only by a defect of ours: the workflow task fails,
// and is tried again until a version without the defect runs.
func must(err error) {
	if err != nil {
		panic(err) //replay:never a task that fails is not recorded
	}
}
