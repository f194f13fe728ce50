package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Repair corrects what a crash may have left behind and no workflow retries: calls that
// have not received the signal of their assigned cleaner, and orders whose row in the read
// model is missing or outdated. A schedule starts it.
func Repair(ctx workflow.Context, in contract.Repair) (contract.Repair, error) {
	in = in.Normalized(begins(ctx))
	if in.Page == nil {
		signalWaitingCalls(ctx)
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

// signalWaitingCalls signals calls whose cleaner is assigned. It is tried twice: if the
// assignment service is away, the read model is still repaired, and the next repair signals
// the calls.
func signalWaitingCalls(ctx workflow.Context) {
	options := untilDone(call{name: "send waiting calls their cleaners", queue: contract.FulfilmentQueue})
	options.ScheduleToCloseTimeout = 10 * time.Second
	options.RetryPolicy = &temporal.RetryPolicy{MaximumAttempts: 2}
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), assignment.TellAssigned).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Warn("cleaners not sent to waiting calls", "error", err)
	}
}
