package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
)

// slowSteps gives steps in place a long timeout. The test environment skips the time of
// workflows, not that of local activities: otherwise the machine's speed would decide which
// steps are done in place, and so what a saga publishes of them.
type slowSteps struct {
	interceptor.WorkerInterceptorBase
	world *world
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (p *slowSteps) InterceptWorkflow(
	_ workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	return &slowStepsInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, p.world}
}

type slowStepsInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	world *world
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (p *slowStepsInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	return p.Next.Init(&slowStepsOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: outbound}, p.world})
}

type slowStepsOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	world *world
}

// ExecuteLocalActivity implements interceptor.WorkflowOutboundInterceptor.
func (p *slowStepsOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if !p.world.hurried {
		o := workflow.GetLocalActivityOptions(ctx)
		o.ScheduleToCloseTimeout = realTimeout
		ctx = workflow.WithLocalActivityOptions(ctx, o)
	}
	return p.Next.ExecuteLocalActivity(ctx, name, args...)
}

// TestSlowSteps: a step that takes longer in place than production allows is still done in
// place, and the saga publishes the same.
func TestSlowSteps(t *testing.T) {
	s := newStay(t)
	slowly := func(call string) fault {
		if call == "charge" {
			time.Sleep(4 * time.Second) // longer than the timeout of a charge on any machine
		}
		return none
	}
	s.faults = slowly
	v := s.run()
	require.Equal(t, []booking.Status{booking.Received, booking.Paid, booking.Confirmed, booking.Completed}, statuses(v))
	require.Equal(t, completed, s.events())
}
