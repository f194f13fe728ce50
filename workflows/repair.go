package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Repair puts right what a crash may have left behind, and what nobody waits
// for: calls that have a cleaner and do not know it, and orders whose row in
// the read model is missing or behind. A schedule starts it.
func Repair(ctx workflow.Context, in contract.Repair) (contract.Repair, error) {
	in = in.Sane(begins(ctx))
	if in.Page == nil {
		tellWaitingCalls(ctx)
	}
	for range in.Pages {
		var page activities.RepairedPage
		options := untilDone(call{name: "repair a page of orders", queue: contract.MypageQueue})
		options.StartToCloseTimeout, options.ScheduleToCloseTimeout = time.Minute, 5*time.Minute
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), mypage.RepairPage, in.Page).Get(ctx, &page)
		if err != nil {
			return in, err //replay:never the read model or the list of workflows would have to be away for minutes
		}
		in.Healed, in.Page = in.Healed+page.Healed, page.Next
		if page.Next == nil {
			return in, nil
		}
	}
	return in, workflow.NewContinueAsNewError(ctx, contract.RepairWorkflow, in)
}

// tellWaitingCalls is tried for a while: with assignment away, mypage is
// repaired all the same, and the next repair tells them.
func tellWaitingCalls(ctx workflow.Context) {
	options := untilDone(call{name: "tell waiting calls who comes", queue: contract.FulfilmentQueue})
	options.ScheduleToCloseTimeout = 10 * time.Second
	options.RetryPolicy = &temporal.RetryPolicy{MaximumAttempts: 2}
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), assignment.TellAssigned).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Warn("waiting calls not told who comes", "error", err)
	}
}
