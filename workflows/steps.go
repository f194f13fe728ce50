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

// The activities by which steps are named. They are registered with real
// receivers by the workers; nothing is ever called on these.
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
	name  string        // in the words of the business, for the web UI
	queue string        // of the service that does it durably
	quick time.Duration // how long it may take in place
	// resolvable: it waits for money that an operator may pay by hand. It is made again
	// at once when that was recorded.
	resolvable bool
	// late, if set, is called when patience with it ends, and marks the order.
	late func(workflow.Context)
	part *part // that it gives back, if it does
	do   any
	with any
}

// How long a step may take in place. All steps of a healthy order together
// stay far below the ten seconds of a workflow task.
const (
	quickPayment = 610 * time.Millisecond // from here on payment counts as overloaded
	quickStep    = 500 * time.Millisecond
	quickPublish = 300 * time.Millisecond
	// What does nothing is started again soon when its worker died over it.
	quickRecord = 2 * time.Second
)

// pause is for loops that hardly ever turn: an activity was failed by hand, or
// overtaken, and is started again.
const pause = 10 * time.Second

// step is a call that moves the story on.
type step struct {
	call
	undo    undo           // the one that the saga holds for it
	pending booking.Status // shown while it is done durably, "" when nothing shows
	// later does it when its service can, for one whose service defers.
	later func(workflow.Context) (booking.Outcome, error)
}

// undo is a call that takes a step back. because makes the argument when it is
// known why; then, if set, is told what the undo found.
type undo struct {
	call
	because func(why booking.Reason) any
	then    func(booking.Undo)
}

func (u undo) found(what booking.Undo) {
	if u.then != nil {
		u.then(what)
	}
}

// inPlace does the call as a local activity: in this process, within the
// workflow task, in a single attempt.
func inPlace(ctx workflow.Context, c call, result any) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: c.quick + activities.Heard,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                c.name,
	})
	return workflow.ExecuteLocalActivity(ctx, c.do, c.with).Get(ctx, result)
}

// durably gives the call to its service's own task queue, where it is tried
// until it is done.
func durably(ctx workflow.Context, c call) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, untilDone(c)), c.do, c.with)
}

// untilDone has no last attempt: a service that is away delays its step and
// nothing else.
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
	// toTell is how much earlier than its caller's patience ends a call is given up
	// that no worker came to: the engine rounds timers up to a second, and then the
	// caller has yet to be told.
	toTell = 1500 * time.Millisecond
	// longestQueue is how long a call waits for a worker at most, however patient its
	// caller is. After that the service counts as away.
	longestQueue = 5 * time.Second
)

// onceNow has one attempt, and only if a worker comes to it while its caller waits.
// A queue that moves slowly is not taken for a service that is away.
func onceNow(c call, patience time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              c.queue,
		ScheduleToStartTimeout: max(time.Second, min(patience-toTell, longestQueue)),
		StartToCloseTimeout:    2*time.Second + activities.Heard,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                c.name,
	}
}

// perform does a step's call: in place when the order's policy allows and it
// succeeds, durably otherwise. What cannot be done until the deadline is given
// up; its undo makes certain that it never is.
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
	never, _ := workflow.NewDisconnectedContext(ctx)
	s.showPending(never)
	attempt, giveUp := workflow.WithCancel(ctx)
	defer giveUp()
	done := durably(attempt, st.call)
	if err := s.inTime(ctx, st.name, done.IsReady); err != nil {
		return outcome, err
	}
	err = done.Get(ctx, &outcome)
	return outcome, err
}

// answerNow does a call whose caller waits for what comes of it: in place or,
// when that is certain to have done nothing, in one attempt from its queue.
// That takes a little longer, and tells a busy service from one that is away.
func (s *saga) answerNow(ctx workflow.Context, c call) (outcome booking.Outcome, err error) {
	if s.policy.InPlace {
		if err = inPlace(ctx, c, &outcome); !nothingDone(err) {
			return outcome, err
		}
	}
	return fromQueueNow(ctx, c, s.customerWaits(ctx))
}

// customerWaits is how much longer the customer who has placed the order waits.
func (s *saga) customerWaits(ctx workflow.Context) time.Duration {
	return workflow.GetInfo(ctx).WorkflowStartTime.Add(time.Duration(s.policy.AnswerWithin)).Sub(workflow.Now(ctx))
}

// fromQueueNow does a call in one attempt from its queue, which the engine
// remembers: whatever dies meanwhile, "nothing was done" is then true of all
// that was ever tried.
func fromQueueNow(ctx workflow.Context, c call, patience time.Duration) (outcome booking.Outcome, err error) {
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, onceNow(c, patience)), c.do, c.with).Get(ctx, &outcome)
	return outcome, err
}

// nothingDone tells whether it is certain that a call took no effect. Any other
// failure, a lost answer for one, leaves that open.
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

// insist does a call that has to be done: in place when that succeeds, durably
// and without end otherwise.
func (s *saga) insist(ctx workflow.Context, c call, result any) {
	if s.policy.InPlace && inPlace(ctx, c, result) == nil {
		return
	}
	s.seeThrough(ctx, c, result, time.Duration(s.policy.AttentionAfter))
}

// seeThrough does a call durably and without end. One that keeps failing marks
// the order after a while; with no patience never. It returns false if something was
// heard of the money that the call waits for, from an operator or the provider: it is
// worth asking at once.
func (s *saga) seeThrough(ctx workflow.Context, c call, result any, patience time.Duration) bool {
	defer s.waitFor("the service that is to " + c.name)()
	for asked := s.parts.asks; ; {
		s.showPending(ctx)
		if c.resolvable && s.parts.asks != asked {
			return false //replay:never an operator would have to pay by hand in the moment between two attempts
		}
		a := s.attempt(ctx, c)
		done := durably(a.ctx, c)
		if patience > 0 {
			if inTime, _ := await(ctx, patience, "patience with: "+c.name, done.IsReady); !inTime {
				s.outOfPatience(ctx, c)
			}
		}
		err := done.Get(ctx, result)
		s.attempted(a)
		switch {
		case err == nil:
			return true
		case a.again:
			return false
		}
		// Only an operator can have failed it. It is still owed, and a refund to which a person was
		// called has marked the order already.
		s.otherwise = s.otherwise || c.part == nil || !c.part.failed
		s.mark(ctx, "to "+c.name+" was failed by hand")
		_ = workflow.Sleep(ctx, pause)
	}
}

// outOfPatience marks an order of which a call keeps failing.
func (s *saga) outOfPatience(ctx workflow.Context, c call) {
	if c.late != nil {
		c.late(ctx)
		return
	}
	s.needAttention(ctx, "to "+c.name+" keeps failing")
}

// undoInTime does an undo however long it takes. One that has to wait for
// something is asked for again until its answer changes; what never changes by
// itself marks the order, in the words of the one who has to undo it.
func (s *saga) undoInTime(ctx workflow.Context, u undo, why booking.Reason, found booking.Undo) {
	for {
		patience := time.Duration(s.policy.AttentionAfter)
		if found.Owed != "" {
			patience = 0 // it is known what it waits for
		}
		if found.NeedsPerson {
			s.tellNotRefunded(ctx)
			s.needAttention(ctx, found.Owed)
		}
		u.with, found = u.because(why), booking.Undo{}
		if !s.seeThrough(ctx, u.call, &found, patience) {
			continue
		}
		u.found(found)
		if found.Owed == "" {
			return
		}
	}
}

// await waits for something to come true, for a time that the web UI shows
// under a name. It answers whether it did, or that the context was cancelled.
// Unlike workflow.AwaitWithTimeout it leaves no timer behind that would show
// as pending, and wake the workflow for nothing.
func await(ctx workflow.Context, patience time.Duration, name string, come func() bool) (bool, error) {
	timing, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timing, patience, workflow.TimerOptions{Summary: name})
	_ = workflow.Await(ctx, func() bool { return timer.IsReady() || come() })
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return come(), nil
}

// publishing is the call that shows the order to the world.
func publishing(p contract.Publication) call {
	return call{
		name: "publish " + string(p.View.Status), queue: contract.MypageQueue, quick: quickPublish,
		do: mypage.PublishView, with: p,
	}
}
