package app

import (
	"context"

	"go.uber.org/zap"
)

// Wait lets the process run until ctx ends or a part of it fails. It then
// drains, and stops within the shutdown grace.
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
