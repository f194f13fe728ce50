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

// saga is the state that every order's workflow has: a story that runs step by step, the undos
// of the steps that may have taken effect, and the order's view.
type saga struct {
	order
	in    contract.Order
	facts facts
	// stopStory cancels the story's context; the undos follow.
	stopStory workflow.CancelFunc
	deciding
	parts      parts
	confirming confirming
	storyCtx   workflow.Context // the story's context, cancelled with it
	changing   *change          // the change of the order that is under way, nil without one
	known      []contract.Asked // the changes that this run of the workflow knows

	// undos are the undos of all steps, in the order of the steps. All of them are known
	// before the first step runs: see compensate. never are the undos of steps that certainly
	// did not run, since an earlier step was refused.
	undos, never []undo
	// startWithin is how long handing the order over may take after the time for its payment.
	// handedOver: shop, kitchen, courier or cleaners have the order.
	startWithin time.Duration
	handedOver  bool
	ends        time.Time // the end of what was ordered, zero without one
	// refunding is the argument of the refund during compensation. refunded: the charge has
	// been refunded, as far as the policy refunds it.
	refunding      booking.Charge
	refunded       bool
	refundComplete bool // nothing of the refund is outstanding
	afterEnd       bool // the order's saga has ended: this workflow is one of its refunds
	// unanswered: the refund has kept failing for longer than AttentionAfter.
	unanswered   bool
	notifiedOwed int64 // the amount that the customer was notified cannot be refunded yet, 0 without a message
	declined     bool  // the ledger says that the charge was declined
	// held is the item's remaining stock after the order's hold or the refusal of it,
	// released after the release; nil if unknown.
	held, released *int
	// refundedPayment is the payment as the refund left it, once that is done.
	refundedPayment booking.EventPayment
	customerGot     int64  // how much the customer has been refunded then, including refunds by others
	ownRefund       *int64 // how much of that the undo's own refund is, nil while unknown
	// amountOwed is the outstanding refund as the ledger has it, 0 while unknown.
	amountOwed int64
	// freeTookEffect: an order that costs nothing has taken effect, as far as the undos have
	// found.
	freeTookEffect bool
	// further is the sum of the charges after the first one.
	further   int64
	owedWords string // why the charge is not refunded yet, in the provider's words; "" while unknown
}

// facts are the types of the events that an order emits when it takes effect and when it is
// compensated.
type facts struct {
	placed    booking.EventType // the order has taken effect
	undone    booking.EventType // no stock is held for the order, and no work for it goes on
	cancelled booking.EventType // its cancellation is complete
}

// refusal is the error of a refused step. It ends the story, and the undos run.
type refusal struct{ reason booking.Reason }

func (r *refusal) Error() string {
	return "refused: " + string(r.reason) //replay:never a refusal is looked at by errors.As and never printed
}

// begin sets up the saga, or fails with Invalid if no order can have the input. The returned
// context is the story's: it is cancelled when the order is cancelled, by a decision or with
// the workflow.
func (s *saga) begin(root workflow.Context, in contract.Order, whole contract.Input, facts facts) (workflow.Context, error) {
	view := whole.View()
	if in.Settle != nil {
		view = *in.Settle
		view.PaymentDeferred, view.NextAction, view.ExpiresAt = nil, nil, time.Time{} // none of its payments waits any more
	}
	never, _ := workflow.NewDisconnectedContext(root)
	s.order = order{ctx: never, view: view, requestHash: in.RequestHash, policy: in.Policy.WithDefaults(), settled: in.Settle != nil}
	s.in, s.facts, s.startWithin = in, facts, time.Duration(s.policy.HandOverWithin)
	if err := s.checkInput(func() error { return mayStart(never, in, whole) }); err != nil {
		return nil, err
	}
	if s.settled && view.Placed && !s.free() { // the lost workflow has emitted the event
		charged := s.paymentIn(booking.Charged)
		s.paid = &charged
	}
	s.changed()
	story, abandon := workflow.WithCancel(root)
	s.stopStory, s.storyCtx = abandon, story
	s.answerQueries()
	s.takeMoney()
	workflow.Go(s.ctx, s.publishAfterReset)
	return story, nil
}

// run runs the story to its end, or compensates it until nothing is outstanding. An order
// whose workflow was lost is only compensated. An order that is not to run is ended at once.
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

// awaitClose waits until the workflow may close: no update is unanswered, the read model has
// the last view, and the refunds by staff have ended.
func (s *saga) awaitClose() {
	failed := workflow.GetSignalChannel(s.ctx, contract.RefundFailedSignal)
	closed := func() bool {
		return failed.Len() == 0 && s.parts.open == 0 && s.parts.sending == 0 && s.published() && workflow.AllHandlersFinished(s.ctx)
	}
	_ = workflow.Await(s.ctx, closed)
	for s.view.NeedsAttention && s.unresolved == 0 { // a refund, or its message, was failed by hand after the order's end
		s.otherwise = false               //replay:never an operator would have to fail an activity of an order that is over
		s.attended()                      //replay:never an operator would have to fail an activity of an order that is over
		s.publish(s.ctx)                  //replay:never an operator would have to fail one of these
		_ = workflow.Await(s.ctx, closed) //replay:never an operator would have to fail one of these
	}
}

// step runs one step of the story. A step that fails may have taken effect all the same, and
// is then undone too.
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

// stepNow runs a step whose answer the customer waits for. If the call certainly had no
// effect, since its service is away, the order is refused for the reason away. If that is
// unknown, the step is retried until it is done.
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

// undoOf is the index of the undo with this name in undos, -1 if it is not there.
func (s *saga) undoOf(u undo) int {
	return slices.IndexFunc(s.undos, func(other undo) bool { return other.name == u.name })
}

// conclude keeps in undos what has to be undone after the step's outcome.
func (s *saga) conclude(st step, outcome booking.Outcome) error {
	n := s.undoOf(st.undo)
	if n < 0 {
		must(fmt.Errorf("no undo is known for the step to %s", st.name)) //replay:never a task that fails is not recorded
	}
	switch outcome.Result {
	case booking.Done:
		return nil
	case booking.Refused:
		s.released = outcome.Remaining              // too little stock: nothing is held
		s.undos, s.never = s.undos[:n], s.undos[n:] // the step took no effect, and no later one has run
	case booking.Undone:
		// The order was being undone in a run that this one does not remember: before a
		// reset, or before a crash. It stays undone, and what was not undone then is undone
		// now.
		s.addWithdrawDeferral()
	}
	return &refusal{outcome.Reason}
}

// finish waits until the work for the order is finished, and then marks it as finished at its
// service. An accepted decision that it is finished can no longer be cancelled, even while
// that decision is still being recorded.
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

// compensate runs the undos, newest first, and ends the order. The story may have come further
// than this run remembers: before a reset, or before a crash of which the engine has no
// record. So the undos of all steps run unless a service has answered that a step took no
// effect. The undo of a step that never ran makes sure that it never will.
//
// Undos do not wait for each other: a refund does not wait for a kitchen that is away.
func (s *saga) compensate(err error) {
	reason, said := s.reasonOf(err), s.cancelDecision // later decisions do not count
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
		s.showPending(s.ctx) // the customer waits for the answer, not for the undos
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
			s.showPending(s.ctx) // otherwise the order's end publishes it, which may be much later
		}
	}
	owed.Wait(s.ctx)
	s.retryAttempts() // what refunds by staff could not refund, the undo has refunded
	_ = workflow.Await(s.ctx, func() bool { return s.parts.open == 0 })
	for _, u := range s.never {
		u.done(booking.Undo{})
	}
	s.emitUndone()
	s.end(reason, said.By, s.facts.cancelled)
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

// emitUndone emits the events of the compensation in the order of the story's events, and
// notifies the customer. It does so whichever run has undone the steps.
func (s *saga) emitUndone() {
	if s.declined && s.view.Reason != booking.PaymentDeclined {
		s.emitDeclined() //replay:never the order would have to be cancelled in the moment in which its payment is declined
	}
	if s.refunded || s.free() && s.freeTookEffect {
		s.placed(s.refunded) // which may have been unknown until now
	}
	if s.view.Placed {
		s.emitWith(s.facts.undone, s.released)
	}
	if s.refunded {
		s.paid = &s.refundedPayment
	}
	if s.refunded && s.refundedPayment.Status != booking.Retained {
		s.emit(booking.PaymentCancelApproved)
	}
	switch s.view.Reason {
	case booking.NoShow:
		s.notifyNoShow()
	case booking.PaymentNotConfirmed:
		s.notifyNotConfirmed()
	}
	s.notifyRefundedAfterAll()
}

// reasonOf is the reason for which the story ended early.
func (s *saga) reasonOf(err error) booking.Reason {
	var no *refusal
	switch {
	case s.view.Status == booking.Cancelling: // it was being compensated already when its workflow was lost
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
