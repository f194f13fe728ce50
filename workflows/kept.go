package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Pauses between the calls that read undelivered decisions. Each is twice as long as the one
// before.
const (
	firstKeptPause   = time.Second
	longestKeptPause = 30 * time.Second
)

// awaitKept runs when a time limit has passed. It waits for decisions that were made before
// that and could not be delivered then, until one has arrived or none is left. It waits for at
// most AttentionAfter, so that neither a read model that is away nor an undeliverable decision
// blocks an order for ever. was is the accepted status before the wait. It returns the
// context's error if the order is cancelled.
func (s *saga) awaitKept(ctx workflow.Context, before time.Time, was booking.Status, condition func() bool) error {
	if was != "" && !keptDecisionsFollow(ctx) {
		return nil
	}
	end := workflow.Now(ctx).Add(time.Duration(s.policy.AttentionAfter))
	decided := func() bool { return s.cancelRequested != "" || s.acceptedStatus != was || was != "" && condition() }
	for pause := firstKeptPause; !decided(); pause = min(2*pause, longestKeptPause) {
		left := end.Sub(workflow.Now(ctx))
		if left <= 0 {
			workflow.GetLogger(ctx).Error("time decides, though a decision that was made in time waits to be delivered")
			return nil
		}
		if waiting, err := s.keptDecisions(ctx, before, left); err != nil || waiting == 0 {
			return ctx.Err() // no answer within that time: the time limit decides
		}
		if _, err := await(ctx, min(pause, left), "a decision that was made in time is delivered", decided); err != nil {
			return err
		}
	}
	return nil
}

// keptDecisions returns how many stored decisions on the order were made before a moment and
// are not delivered yet.
func (s *saga) keptDecisions(ctx workflow.Context, before time.Time, timeout time.Duration) (waiting int, err error) {
	c := call{
		name: "read kept decisions", queue: contract.MypageQueue, quick: quickStep, do: mypage.KeptDecisions,
		with: activities.KeptQuestion{OrderID: s.in.OrderID, Before: before.UTC()},
	}
	if s.policy.InPlace {
		if err := inPlace(ctx, c, &waiting); err == nil || ctx.Err() != nil {
			return waiting, err
		}
	}
	options := untilDone(c)
	options.ScheduleToCloseTimeout = timeout
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), c.do, c.with).Get(ctx, &waiting)
	return waiting, err
}
