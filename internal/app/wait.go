package app

import (
	"context"

	"go.uber.org/zap"
)

// Wait runs the process until ctx ends or a part of it fails. Then it drains, and stops
// within the shutdown grace.
func (a *App) Wait(ctx context.Context) error {
	var failure error
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
		a.drain()
	case failure = <-a.failed:
		a.log.Error("stopping because a part failed", zap.Error(failure))
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.options.Config.Process.ShutdownGrace)
	defer cancel()
	a.Stop(grace)
	return failure
}
