package workflows

import "go.temporal.io/sdk/workflow"

// publishAfterReset publishes the order again in the first workflow task after a reset. Up to
// the reset point the run replays what earlier runs published, with their versions, but the
// read model may hold a newer version from the discarded events. recoverDiscarded then finds
// out what else the reset discarded.
func (o *order) publishAfterReset(ctx workflow.Context) {
	task := 0 // the history's length when the run was last checked
	for {
		_ = workflow.Await(ctx, func() bool { return historyLength(ctx) != task })
		task = historyLength(ctx)
		if run := o.currentRun(); run != o.runID {
			o.runID = run
			o.showAgain(ctx)
			if o.recoverDiscarded != nil {
				o.recoverDiscarded(ctx)
			}
		}
	}
}

// historyLength differs in each workflow task.
func historyLength(ctx workflow.Context) int { return workflow.GetInfo(ctx).GetCurrentHistoryLength() }

// currentRun is the run id as the history has it: while events from before a reset are
// replayed, it is the id of the run that recorded them. The SDK repeats the recorded value
// until a different one is recorded, which happens in the first task that is not a replay.
// A run that was never reset records one value.
func (o *order) currentRun() string {
	return o.recorded(func(ctx workflow.Context) any {
		return workflow.GetInfo(ctx).WorkflowExecution.RunID
	})
}

// recorded is the value that the history has for the run's id.
func (o *order) recorded(id func(workflow.Context) any) (run string) {
	must(workflow.MutableSideEffect(o.ctx, "run", id, func(a, b any) bool { return a == b }).Get(&run))
	return run
}

// showAgain publishes the order under a new version, and emits the event of its stable
// status once more.
func (o *order) showAgain(ctx workflow.Context) {
	o.changed()
	if o.news != "" && o.stableStatus == o.view.Status {
		o.emitNews()
	}
	o.publish(ctx)
}
