package workflows

import "go.temporal.io/sdk/workflow"

// followResets shows the order anew in the first workflow task after a reset.
// Until the reset point a run replays what earlier runs showed, in the versions
// that these gave it, and the read model may hold a newer one: of what was
// forgotten. What else a reset may have forgotten, the order finds out.
func (o *order) followResets(ctx workflow.Context) {
	task := 0 // at which the run was last looked at
	for {
		_ = workflow.Await(ctx, func() bool { return historyLength(ctx) != task })
		task = historyLength(ctx)
		if run := o.currentRun(); run != o.run {
			o.run = run
			o.showAgain(ctx)
			if o.forgotten != nil {
				o.forgotten(ctx)
			}
		}
	}
}

// historyLength is another one in each workflow task.
func historyLength(ctx workflow.Context) int { return workflow.GetInfo(ctx).GetCurrentHistoryLength() }

// currentRun is the run in which the workflow is, as the history has it: where a
// run replays what was done before a reset, it is the run that did it. The SDK
// keeps the value of each task until one is recorded that is another, which is
// in the first task that is no replay. A run that was never reset records one.
func (o *order) currentRun() string {
	return o.recorded(func(ctx workflow.Context) any {
		return workflow.GetInfo(ctx).WorkflowExecution.RunID
	})
}

// recorded is what the history has in the place of the run's id.
func (o *order) recorded(id func(workflow.Context) any) (run string) {
	must(workflow.MutableSideEffect(o.ctx, "run", id, func(a, b any) bool { return a == b }).Get(&run))
	return run
}

// showAgain publishes the order under a new version, and tells once more where
// it rests.
func (o *order) showAgain(ctx workflow.Context) {
	o.changed()
	if o.news != "" && o.rested == o.view.Status {
		o.emitNews()
	}
	o.publish(ctx)
}
