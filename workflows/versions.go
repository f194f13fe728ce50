package workflows

import "go.temporal.io/sdk/workflow"

// refundsKeeping: a refund that keeps something has a name of its own. An earlier build
// that takes it from the queue would give everything back.
func refundsKeeping(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "refund-keeping", workflow.DefaultVersion, 1) == 1
}
