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

// saga is the state of an order's workflow: the order's view, the context of its story, and the
// undos of the steps that may have taken effect. Comments call a run of the workflow forgotten if
// events of it are missing from the history: it crashed before they were recorded, or a reset
// removed them. The steps of a forgotten run may have taken effect.
type saga struct {
	order
	in    contract.Order
	facts facts
	// stopStory cancels the story's context. Then compensate runs the undos.
	stopStory workflow.CancelFunc
	deciding
	parts        parts
	confirming   confirming
	storyCtx     workflow.Context         // the story's context
	changing     *change                  // the change of the order that is under way, nil without one
	knownChanges []contract.ChangeRequest // the changes that this run of the workflow knows
	changesBegun int                      // how many this run has begun
	// changeAway is the code of a change that was not made because a service was away, "" if the last
	// one had another end. changePause limits how often changes are tried meanwhile.
	changeAway  booking.Code
	changePause backoff

	// undos are the undos that compensate runs, in the order of the steps. At first these are the
	// undos of all steps, since a forgotten run may have run any of them: see compensate. skipped has
	// the undos of the refused step and of the steps after it, which certainly took no effect.
	undos, skipped []undo
	// startWithin is the time for handing the order over, for a reservation the time for making it.
	// It begins when the time for the payment ends. handedOver means that the shop, kitchen, courier
	// or cleaners have the order, or that its stay has ended; then its steps have no deadline.
	startWithin time.Duration
	handedOver  bool
	ends        time.Time // the end of what was ordered, zero without one
	chargeUndo  chargeUndo
	afterEnd    bool // the order's saga has ended, and this workflow makes one refund of the order
	// held is the item's remaining stock after the order's hold. released is its remaining
	// stock after the release, or after the refusal of the hold. Both are nil if unknown.
	held, released *int
	// freeTookEffect means that the order, if it costs nothing, has taken effect. A drink or a call
	// takes effect with its first step, and only the undo of that step reports whether it ran.
	freeTookEffect bool
	further        int64 // the sum of the charges after the first one
}

// facts are the types of the events that an order emits when it takes effect and when it is
// compensated.
type facts struct {
	placed    booking.EventType // the order has taken effect
	undone    booking.EventType // no stock is held for the order, and no work is done for it
	cancelled booking.EventType // its cancellation is complete
}

// refusal is the error of a refused step. It ends the story, and the undos run.
type refusal struct{ reason booking.Reason }

func (r *refusal) Error() string {
	return "refused: " + string(r.reason) //replay:never a refusal is read by errors.As and never printed
}

// begin sets up the saga, or fails with Invalid if the workflow cannot run with this input. in is
// the part of the input that all kinds of orders have. begin returns the story's context, which is
// cancelled when a decision cancels the order or an operator cancels the workflow.
func (s *saga) begin(root workflow.Context, in contract.Order, input contract.Input, facts facts) (workflow.Context, error) {
	view := input.View()
	if in.Settle != nil {
		view = in.Settle.WithoutChange() // neither a change nor a payment of the order waits any more
		view.PaymentDeferred, view.NextAction, view.ExpiresAt = nil, nil, time.Time{}
	}
	disconnected, _ := workflow.NewDisconnectedContext(root)
	s.order = order{ctx: disconnected, view: view, requestHash: in.RequestHash, policy: in.Policy.WithDefaults(), settled: in.Settle != nil}
	s.in, s.facts, s.startWithin = in, facts, time.Duration(s.policy.HandOverWithin)
	if err := s.checkInput(func() error { return mayStart(disconnected, in, input) }); err != nil {
		return nil, err
	}
	if s.settled && view.Placed && !s.free() { // the lost workflow has emitted the event
		charged := s.paymentIn(booking.Charged)
		s.paid = &charged
	}
	s.changed()
	story, cancelStory := workflow.WithCancel(root)
	s.stopStory, s.storyCtx = cancelStory, story
	s.answerQueries()
	s.registerMoneyUpdates()
	workflow.Go(s.ctx, s.publishAfterReset)
	return story, nil
}

// run runs the story, and compensates if the story fails. For an order whose workflow was lost it
// only compensates. An order that was cancelled before its start, or is started too late, ends at
// once. run returns when the workflow may close.
func (s *saga) run(ctx workflow.Context, story func(workflow.Context) error) (contract.View, error) {
	if s.settled {
		s.cancelDecision.By = s.in.SettledBy
		s.addWithdrawDeferral()
		s.compensate(&refusal{booking.ByOperator})
	} else if w := s.notToRun(); w != nil {
		s.endWithoutRunning(*w)
	} else if err := story(ctx); err != nil {
		s.recordCancellation(err)
		s.compensate(err)
	}
	s.awaitClose()
	return s.view, nil
}

// awaitClose waits until the workflow may close: every update is answered, all refunds have
// ended, all messages are sent, and the read model and the feed have everything.
func (s *saga) awaitClose() {
	failed := workflow.GetSignalChannel(s.ctx, contract.RefundFailedSignal)
	closed := func() bool {
		return failed.Len() == 0 && s.parts.open == 0 && s.parts.sending == 0 && s.published() && workflow.AllHandlersFinished(s.ctx)
	}
	_ = workflow.Await(s.ctx, closed)
	for s.view.NeedsAttention && s.unresolved == 0 { // an operator has failed a refund or its message by hand after the order's end
		s.otherCause = false              //replay:never an operator would have to fail an activity of an order that has ended
		s.clearAttention()                //replay:never an operator would have to fail an activity of an order that has ended
		s.publish(s.ctx)                  //replay:never an operator would have to fail an activity of an order that has ended
		_ = workflow.Await(s.ctx, closed) //replay:never an operator would have to fail an activity of an order that has ended
	}
}

// step runs one step of the story. A step that fails may have taken effect: its undo runs, too.
func (s *saga) step(ctx workflow.Context, st step) (booking.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return booking.Outcome{}, err
	}
	outcome, err := s.perform(ctx, st)
	if err == nil && outcome.Result == booking.Deferred {
		outcome, err = st.doDeferred(ctx)
	}
	if err == nil && outcome.Result == booking.Unconfirmed {
		outcome, err = s.confirm(ctx, outcome.Action)
	}
	if err != nil {
		return outcome, err
	}
	return outcome, s.conclude(st, outcome)
}

// stepNow runs a step whose answer the customer waits for. If the call failed and certainly had no
// effect, the step counts as refused, with the reason `away`. If it is unknown
// whether the call had an effect, the step is retried until it is done.
func (s *saga) stepNow(ctx workflow.Context, st step, away booking.Reason) (booking.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return booking.Outcome{}, err
	}
	outcome, err := s.callForAnswer(ctx, st.call)
	if nothingDone(err) {
		return outcome, &refusal{away}
	}
	if err != nil {
		return s.step(ctx, st)
	}
	return outcome, s.conclude(st, outcome)
}

// indexOfUndo is the index in undos of the undo with the name of u, -1 if there is none.
func (s *saga) indexOfUndo(u undo) int {
	return slices.IndexFunc(s.undos, func(other undo) bool { return other.name == u.name })
}

// conclude returns nil for a step that is done, and otherwise a refusal. The undos of a refused
// step and of the steps after it are moved from undos to skipped.
func (s *saga) conclude(st step, outcome booking.Outcome) error {
	if outcome.WasUnconfirmed { // a forgotten run may have held the stock
		s.releaseIfDeclined() //replay:never the recorded outcomes are older than WasUnconfirmed
	}
	n := s.indexOfUndo(st.undo)
	if n < 0 {
		must(fmt.Errorf("no undo is known for the step to %s", st.name)) //replay:never a task that fails is not recorded
	}
	switch outcome.Result {
	case booking.Done:
		return nil
	case booking.Refused:
		s.released = outcome.Remaining                // too little stock: nothing is held
		s.undos, s.skipped = s.undos[:n], s.undos[n:] // the step took no effect, and no later one has run
	case booking.Undone:
		// A forgotten run has begun to compensate. This run completes the compensation: it removes
		// no undo.
		s.addWithdrawDeferral()
	}
	return &refusal{outcome.Reason}
}

// finish waits until a person reports that the work for the order is finished, and then reports
// that to the service of the work. Once the person's decision is accepted, the order can no longer
// be cancelled, even while the decision is still being recorded.
func (s *saga) finish(ctx workflow.Context, finished func() bool, c call) error {
	if err := workflow.Await(ctx, finished); err != nil && s.acceptedStatus == "" {
		return err
	}
	_ = workflow.Await(s.ctx, finished)
	var outcome booking.Outcome
	s.retryUntilDone(s.ctx, c, &outcome)
	if outcome.Result != booking.Done {
		return &refusal{outcome.Reason}
	}
	return nil
}

// compensate runs the undos, newest first, and ends the order. A forgotten run may have run more
// steps than this run. So compensate runs all undos, except those of a refused step and of the
// steps after it. The undo of a step that never ran makes sure that the step never takes effect.
//
// Undos do not wait for each other: a refund does not wait for a kitchen that is away.
func (s *saga) compensate(err error) {
	reason, decision := s.reasonOf(err), s.cancelDecision // a later decision does not change them
	s.chargeUndo.argument = s.refundFor(reason)
	s.keepSome()
	if reason == booking.PaymentDeclined {
		s.emitDeclined()
	}
	atOnce := len(s.undos) == 0 && s.view.Kind.May(s.view.Status, booking.Cancelled)
	if !atOnce && s.view.Status != booking.Cancelling {
		s.become(booking.Cancelling, reason, decision)
	}
	if reason.Unavailable() {
		s.showPending(s.ctx) // the customer waits for the answer, not for the undos
	}
	open, waits := workflow.NewWaitGroup(s.ctx), false
	for _, u := range slices.Backward(s.undos) {
		u.with = u.argument(reason)
		shown := s.view.Version
		if found, done := s.undoInPlace(u); !done {
			waits = true
			open.Add(1)
			workflow.Go(s.ctx, func(ctx workflow.Context) {
				s.undoUntilComplete(ctx, u, reason, found)
				s.showPending(ctx)
				open.Done()
			})
		} else if waits && s.view.Version != shown {
			s.showPending(s.ctx) // otherwise it would be published only at the order's end, which may be much later
		}
	}
	open.Wait(s.ctx)
	s.retryAttempts() // failed refunds by staff end now, since the undo has refunded their amounts
	_ = workflow.Await(s.ctx, func() bool { return s.parts.open == 0 })
	for _, u := range s.skipped {
		u.done(booking.Undo{})
	}
	s.emitUndone()
	s.end(reason, decision.By, s.facts.cancelled)
}

// undoInPlace runs an undo in place, if the order's policy allows that. It returns what the
// undo found, and whether nothing is left to undo.
func (s *saga) undoInPlace(u undo) (found booking.Undo, done bool) {
	if !s.policy.InPlace || inPlace(s.ctx, u.call, &found) != nil {
		return booking.Undo{}, false
	}
	u.done(found)
	return found, found.Owed == ""
}

// emitUndone emits the events of the compensation, in a fixed order, and notifies the customer. The
// events are the same if another run has undone the steps, since the undos return the same results.
func (s *saga) emitUndone() {
	if s.chargeUndo.declined && s.view.Reason != booking.PaymentDeclined {
		s.emitDeclined() //replay:never the order would have to be cancelled in the moment in which its payment is declined
	}
	if s.chargeUndo.refunded || s.free() && s.freeTookEffect {
		s.placed(s.chargeUndo.refunded) // emits the event now if no step has
	}
	if s.view.Placed {
		s.emitWith(s.facts.undone, s.released)
	}
	if s.chargeUndo.refunded {
		s.paid = &s.chargeUndo.payment
		s.emitRefunded()
	}
	switch s.view.Reason {
	case booking.NoShow:
		s.notifyNoShow()
	case booking.PaymentNotConfirmed:
		s.notifyNotConfirmed()
	}
	s.notifyRefundedAfterAll()
}

// reasonOf returns the reason of the compensation; err is the error of the story.
func (s *saga) reasonOf(err error) booking.Reason {
	var no *refusal
	switch {
	case s.view.Status == booking.Cancelling: // the workflow that was lost had begun to compensate
		return s.view.Reason
	case s.cancelReason != "":
		return s.cancelReason
	case errors.As(err, &no) && no.reason != "":
		return no.reason
	default:
		return booking.ByOperator // an operator has cancelled the workflow, or failed a step by hand
	}
}

// must panics on an error that only a defect of this code can cause. The workflow task then
// fails, and is retried until a version without the defect runs.
func must(err error) {
	if err != nil {
		panic(err) //replay:never a task that fails is not recorded
	}
}
