package app

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workflows/contract"
)

// lookAtRouting is how often an API asks where new orders go. For so long after
// another build was made the current one, it may still begin orders itself.
const lookAtRouting = 2 * time.Second

// eager tells whether this process may begin orders itself. The engine routes
// an order that is started eagerly nowhere: it stays with the build that
// started it, and would pass by a ramp or a rollback.
func (a *App) eager() bool {
	return a.options.Comparison.Workflows == nil && slices.Contains(a.options.Config.Worker.Serve, contract.SagasQueue) && a.routed.Load()
}

// followRouting keeps an eye on where new orders go.
func (a *App) followRouting(ctx context.Context) {
	if a.options.Config.Worker.Version().BuildID == "" {
		a.routed.Store(true)
		return
	}
	a.beside.Go(func() {
		for {
			routed := a.allComeHere(ctx)
			if a.routed.Swap(routed) != routed {
				a.log.Info("routing of new orders", zap.Bool("all to this build", routed), zap.String("build", a.options.Config.Worker.BuildID))
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(lookAtRouting):
			}
		}
	})
}

// allComeHere tells whether this build is the current one, and no other is
// ramping. One who cannot find out leaves it to the engine.
func (a *App) allComeHere(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookAtRouting)
	defer cancel()
	mine := a.options.Config.Worker.Version()
	d, err := a.engine.WorkerDeploymentClient().GetHandle(mine.DeploymentName).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if err != nil {
		return false
	}
	routing := d.Info.RoutingConfig
	current := routing.CurrentVersion != nil && *routing.CurrentVersion == mine
	ramps := routing.RampingVersionPercentage > 0 && (routing.RampingVersion == nil || *routing.RampingVersion != mine)
	return current && !ramps
}
