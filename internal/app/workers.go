package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workers"
)

// startWorkers serves the task queues. With an engine that is away the process
// starts all the same and goes on trying: it can take reads meanwhile.
func (a *App) startWorkers(ctx context.Context) {
	serve := a.options.Config.Worker.Serve
	if len(serve) == 0 {
		return
	}
	start := func() (err error) {
		a.workers, err = workers.Start(a.engine, workers.Options{
			Serve: serve, Services: a.services, Version: a.options.Config.Worker.Version(),
			DeferredPerSecond: a.options.Config.Overload.DeferredPerSecond, StopWithin: a.options.Config.Process.ShutdownGrace,
			Workflows: a.options.Comparison.Workflows, Tune: a.options.Comparison.Workers,
		})
		return err
	}
	err := start()
	if err == nil {
		a.serving.Store(true)
		return
	}
	a.log.Warn("workers wait for Temporal", zap.Error(err))
	a.beside.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(reconnectEvery):
				if start() == nil {
					a.serving.Store(true)
					a.log.Info("workers serve", zap.Strings("queues", serve))
					return
				}
			}
		}
	})
}

const reconnectEvery = time.Second
