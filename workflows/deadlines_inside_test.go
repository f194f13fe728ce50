package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// TestBudget_OfAll: all limited updates of one run together stay far below the 2,000 that the engine
// accepts: each change may be followed by its owner's decision, and the rest is decided once, or with
// a growing pause.
func TestBudget_OfAll(t *testing.T) {
	t.Parallel()
	const others = 40
	require.LessOrEqual(t, 2*maxChanges+maxRefunds+maxResolutions+others, 500)
}

// TestTimeIsUp_BesideTheStory: the deadline of an order may pass in the coroutine of a
// message, while the story waits for something else.
func TestTimeIsUp_BesideTheStory(t *testing.T) {
	t.Parallel()
	env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
	env.RegisterActivity(activities.RecordDecision)
	env.ExecuteWorkflow(func(root workflow.Context) (booking.Reason, error) {
		never, _ := workflow.NewDisconnectedContext(root)
		story, abandon := workflow.WithCancel(root)
		s := &saga{order: order{ctx: never}, stopStory: abandon}
		workflow.Go(story, func(ctx workflow.Context) { _ = s.cancelForTime(ctx, booking.TooLate) })
		err := workflow.Await(s.ctx, func() bool { return story.Err() != nil })
		return s.cancelReason, err
	})
	require.NoError(t, env.GetWorkflowError())
	var reason booking.Reason
	require.NoError(t, env.GetWorkflowResult(&reason))
	require.Equal(t, booking.TooLate, reason)
}
