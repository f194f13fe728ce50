package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// The activities by which steps are named. They are registered with real
// receivers by the workers; nothing is ever called on these.
var (
	payments      *activities.Payments
	inventory     *activities.Inventory
	notifications *activities.Notifications
	mypage        *activities.Mypage
)

// call is one activity with its argument.
type call struct {
	name  string        // in the words of the business, for the web UI
	queue string        // of the service that does it durably
	quick time.Duration // how long it may take in place
	do    any
	with  any
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

// pause is for loops that only people can make turn: they fail an activity by
// hand, and it is started again.
const pause = 10 * time.Second

// step is a call that moves the story on.
type step struct {
	call
	undo    undo           // the one that the saga holds for it
	pending booking.Status // shown while it is done durably, "" when nothing shows
}

// undo is a call that takes a step back. because makes the argument when it is
// known why; then, if set, is told what the undo found.
type undo struct {
	call
	because func(why booking.Reason) any
	then    func(booking.Undo)
}

// inPlace does the call as a local activity: in this process, within the
// workflow task, in a single attempt.
func inPlace(ctx workflow.Context, c call, result any) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: c.quick,
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

// perform does a step's call: in place when the order's policy allows and it
// succeeds, durably otherwise. What cannot be done until the deadline is given
// up; with a deadline that has passed already, the service decides.
func (s *saga) perform(ctx workflow.Context, st step) (outcome booking.Outcome, err error) {
	if s.policy.InPlace {
		err = inPlace(ctx, st.call, &outcome)
		if err == nil || ctx.Err() != nil {
			return outcome, err
		}
	}
	s.waitFor("the service that is to " + st.name)
	if st.pending != "" {
		s.become(st.pending, "", "")
	}
	s.showPending()
	defer s.waitFor("")
	attempt, giveUp := workflow.WithCancel(ctx)
	done := durably(attempt, st.call)
	if left := s.deadline.Sub(workflow.Now(ctx)); left > 0 {
		inTime, err := await(ctx, left, "deadline of: "+st.name, done.IsReady)
		if err != nil {
			return outcome, err
		}
		if !inTime {
			giveUp()
			return outcome, &refusal{booking.TooLate}
		}
	}
	err = done.Get(ctx, &outcome)
	return outcome, err
}

// insist does an undo's call: in place when that succeeds, durably and without
// end otherwise. One that keeps failing marks the order.
func (s *saga) insist(ctx workflow.Context, c call) (found booking.Undo) {
	if s.policy.InPlace && inPlace(ctx, c, &found) == nil {
		return found
	}
	s.waitFor("the service that is to " + c.name)
	defer s.waitFor("")
	for {
		s.showPending()
		done := durably(ctx, c)
		if inTime, _ := await(ctx, s.policy.AttentionAfter, "patience with: "+c.name, done.IsReady); !inTime {
			s.needAttention(c.name)
		}
		if done.Get(ctx, &found) == nil {
			return found
		}
		// Only an operator can have failed it. The undo is still owed.
		s.needAttention(c.name)
		_ = workflow.Sleep(ctx, pause)
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
