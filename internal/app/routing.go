package app

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workflows/contract"
)

// routingEvery is how often an API reads the engine's routing of new orders. After
// another build was made the current one, it may start orders eagerly for that long.
const routingEvery = 2 * time.Second

// eager reports whether this process may start orders eagerly. The engine does not
// route an eagerly started order: it stays with the build that started it, which would
// bypass a ramp or a rollback.
func (a *App) eager() bool {
	return a.options.Comparison.Workflows == nil && slices.Contains(a.options.Config.Worker.Serve, contract.SagasQueue) && a.routed.Load()
}

// followRouting keeps track of the routing of new orders.
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
			case <-time.After(routingEvery):
			}
		}
	})
}

// allComeHere reports whether this build is the current one, and no other is ramping.
// If it cannot be found out, the engine routes.
func (a *App) allComeHere(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, routingEvery)
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
