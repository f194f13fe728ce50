package workflows

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Nil receivers whose methods name the activities of steps. The workers register the real
// receivers; the workflows never call these methods.
var (
	payments         *activities.Payments
	deferredPayments *activities.DeferredPayments
	inventory        *activities.Inventory
	notifications    *activities.Notifications
	management       *activities.Management
	deliveries       *activities.Deliveries
	productions      *activities.Productions
	assignment       *activities.Assignment
	drinks           *activities.Drinks
	mypage           *activities.Mypage
)

// call is one activity with its argument.
type call struct {
	name  string        // shown in the web UI
	queue string        // the task queue of its service
	quick time.Duration // the timeout in place
	// resolvable: the call may wait for money that an operator can pay by hand. It is made
	// again at once when that is recorded, or when the payment provider has sent a notice.
	resolvable bool
	// onFailing, if set, is called instead of marking the order once the call has failed for too
	// long.
	onFailing func(workflow.Context)
	part      *part // the refund in part that the call makes, nil for other calls
	do        any
	with      any
}

// Timeouts of steps in place. All steps of a healthy order together stay far below the ten
// seconds of a workflow task.
const (
	quickPayment = 610 * time.Millisecond // a longer call also counts as slow in the overload limits: see internal/config
	quickStep    = 500 * time.Millisecond
	quickPublish = 300 * time.Millisecond
	// RecordDecision does nothing: a short timeout starts it again soon if its worker has
	// died.
	quickRecord = 2 * time.Second
)

// pause is the time before a call is made again after a rare failure: an operator has failed
// the call by hand, a newer call has replaced it, or the payment provider has not answered.
const pause = 10 * time.Second

// step is a forward call of the story with its undo.
type step struct {
	call
	undo    undo           // has the same name as the step's undo in the saga's undos
	pending booking.Status // the status while the call is done durably, "" if the status does not change then
	// doDeferred does the call in the queue of deferred payments, if the service defers it.
	doDeferred func(workflow.Context) (booking.Outcome, error)
}

// undo is the compensation of one step. argument makes the call's argument once the reason is known.
// onDone, if set, receives what the undo has found.
type undo struct {
	call
	argument func(reason booking.Reason) any
	onDone   func(booking.Undo)
}

func (u undo) done(what booking.Undo) {
	if u.onDone != nil {
		u.onDone(what)
	}
}

// inPlace does the call as a local activity: in this process, within the workflow task, in
// a single attempt.
func inPlace(ctx workflow.Context, c call, result any) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: c.quick + activities.ReplyMargin,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                c.name,
	})
	return workflow.ExecuteLocalActivity(ctx, c.do, c.with).Get(ctx, result)
}

// durably does the call in its service's own task queue, where it is retried until it is
// done.
func durably(ctx workflow.Context, c call) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, untilDone(c)), c.do, c.with)
}

// untilDone are the options of a call without a limit of attempts: a service that is away only
// delays its own step.
func untilDone(c call) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           c.queue,
		StartToCloseTimeout: 20 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    500 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    10 * time.Second,
		},
		Summary: c.name,
	}
}

const (
	// answerMargin: a call that no worker has started ends this long before its caller's
	// timeout. In this time the engine's timer may be late, since it is rounded up to a second,
	// and the caller receives the answer.
	answerMargin = 1500 * time.Millisecond
	// maxQueueWait is the longest time that a call waits for a worker, whatever its caller's
	// timeout. After that the service counts as away.
	maxQueueWait = 5 * time.Second
)

// oneAttempt are the options of a call with one attempt, which a worker has to start while the
// caller waits. So a service counts as away only if no worker starts the call in that time.
func oneAttempt(c call, callerWaits time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              c.queue,
		ScheduleToStartTimeout: max(time.Second, min(callerWaits-answerMargin, maxQueueWait)),
		StartToCloseTimeout:    2*time.Second + activities.ReplyMargin,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                c.name,
	}
}

// perform does a step's call: in place if the order's policy allows that and it succeeds,
// durably otherwise. If the call is not done by the deadline, perform returns a refusal;
// the undo then makes sure that the call never takes effect.
func (s *saga) perform(ctx workflow.Context, st step) (outcome booking.Outcome, err error) {
	if s.policy.InPlace {
		err = inPlace(ctx, st.call, &outcome)
		if err == nil || ctx.Err() != nil {
			return outcome, err
		}
	}
	if st.pending != "" {
		s.become(st.pending, "", contract.Decision{})
	}
	defer s.waitFor("the service that is to " + st.name)()
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	s.showPending(disconnected)
	attempt, cancelAttempt := workflow.WithCancel(ctx)
	defer cancelAttempt()
	done := durably(attempt, st.call)
	if err := s.inTime(ctx, st.name, done.IsReady); err != nil {
		return outcome, err
	}
	err = done.Get(ctx, &outcome)
	return outcome, err
}

// callForAnswer does a call whose caller waits for the result: in place and, if that certainly
// had no effect, in one attempt from the service's queue. The queue takes a little longer, but
// a busy service is not taken for one that is away.
func (s *saga) callForAnswer(ctx workflow.Context, c call) (outcome booking.Outcome, err error) {
	if s.policy.InPlace {
		if err = inPlace(ctx, c, &outcome); !nothingDone(err) {
			return outcome, err
		}
	}
	return callOnceFromQueue(ctx, c, s.customerWaits(ctx))
}

// customerWaits is how much longer the customer waits for the answer to the new order.
func (s *saga) customerWaits(ctx workflow.Context) time.Duration {
	return workflow.GetInfo(ctx).WorkflowStartTime.Add(time.Duration(s.policy.AnswerWithin)).Sub(workflow.Now(ctx))
}

// callOnceFromQueue does a call in one attempt from its queue. The engine records the attempt
// and does not repeat it after a crash. So if nothingDone is true of its error, no attempt had
// an effect.
func callOnceFromQueue(ctx workflow.Context, c call, callerWaits time.Duration) (outcome booking.Outcome, err error) {
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, oneAttempt(c, callerWaits)), c.do, c.with).Get(ctx, &outcome)
	return outcome, err
}

// nothingDone reports whether a call certainly had no effect. After any other error, such
// as a lost answer, that is unknown.
func nothingDone(err error) bool {
	var late *temporal.TimeoutError
	if errors.As(err, &late) {
		return late.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
	}
	return isType(err, activities.NotServedType) || isType(err, activities.NothingDoneType)
}

func isType(err error, name string) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && failure.Type() == name
}

// retryUntilDone does a call that must be done: in place if that succeeds, otherwise durably until
// it is done.
func (s *saga) retryUntilDone(ctx workflow.Context, c call, result any) {
	if s.policy.InPlace && inPlace(ctx, c, result) == nil {
		return
	}
	s.retryMarkingAfter(ctx, c, result, time.Duration(s.policy.AttentionAfter))
}

// retryMarkingAfter does a call durably until it is done. A call that keeps failing for longer
// than attentionAfter marks the order; 0 means never. retryAttempts interrupts a resolvable
// call: then interrupted is true, and the caller makes the call again at once.
func (s *saga) retryMarkingAfter(ctx workflow.Context, c call, result any, attentionAfter time.Duration) (interrupted bool) {
	defer s.waitFor("the service that is to " + c.name)()
	for before := s.parts.retries; ; {
		s.showPending(ctx)
		if c.resolvable && s.parts.retries != before {
			return true //replay:never an operator would have to pay by hand between two attempts
		}
		a := s.attempt(ctx, c)
		done := durably(a.ctx, c)
		if attentionAfter > 0 {
			if inTime, _ := await(ctx, attentionAfter, "attention after: "+c.name, done.IsReady); !inTime {
				s.markFailing(ctx, c)
			}
		}
		err := done.Get(ctx, result)
		s.attempted(a)
		switch {
		case err == nil:
			return false
		case a.again:
			return true
		}
		// Only an operator can have failed the call. It still has to be done. A refund in
		// part that needs a person has marked the order already.
		s.otherCause = s.otherCause || c.part == nil || !c.part.failed
		s.mark(ctx, "to "+c.name+" was failed by hand")
		_ = workflow.Sleep(ctx, pause)
	}
}

// markFailing marks an order whose call keeps failing, in the call's own way if it has one.
func (s *saga) markFailing(ctx workflow.Context, c call) {
	if c.onFailing != nil {
		c.onFailing(ctx)
		return
	}
	s.needAttention(ctx, "to "+c.name+" keeps failing")
}

// undoUntilComplete does an undo until it is complete, however long that takes. found is the answer of
// the last attempt. While Owed says what the undo waits for, the call is retried until that
// changes. If only a person can change it, the order needs attention, with the words of Owed.
func (s *saga) undoUntilComplete(ctx workflow.Context, u undo, reason booking.Reason, found booking.Undo) {
	for {
		attentionAfter := time.Duration(s.policy.AttentionAfter)
		if found.Owed != "" {
			attentionAfter = 0 // what the undo waits for is known: retries need no limit
		}
		if found.NeedsPerson {
			s.notifyNotRefunded(ctx)
			s.needAttention(ctx, found.Owed)
		}
		u.with, found = u.argument(reason), booking.Undo{}
		if s.retryMarkingAfter(ctx, u.call, &found, attentionAfter) {
			continue
		}
		u.done(found)
		if found.Owed == "" {
			return
		}
	}
}

// await waits until condition returns true, or until timeout has passed; the web UI shows its
// timer under the name. It returns whether condition was true, or the error of a cancelled ctx.
// Unlike workflow.AwaitWithTimeout it leaves no pending timer behind, which the web UI
// would show and which would wake the workflow for nothing.
func await(ctx workflow.Context, timeout time.Duration, name string, condition func() bool) (bool, error) {
	timing, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timing, timeout, workflow.TimerOptions{Summary: name})
	_ = workflow.Await(ctx, func() bool { return timer.IsReady() || condition() })
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return condition(), nil
}

// publishing is the call that publishes the order to the read model.
func publishing(p contract.Publication) call {
	return call{
		name: "publish " + string(p.View.Status), queue: contract.MypageQueue, quick: quickPublish,
		do: mypage.PublishView, with: p,
	}
}
