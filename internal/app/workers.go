package app

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

// startWorkers serves the task queues. If the engine is away, the process retries in
// the background: it can serve reads meanwhile.
func (a *App) startWorkers(ctx context.Context) {
	serve := a.options.Config.Worker.Serve
	if len(serve) == 0 {
		return
	}
	start := func() error { return a.serve(serve, a.services) }
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

// serve starts workers; there must be none.
func (a *App) serve(queues []string, services workers.Services) (err error) {
	a.atWork.Lock()
	defer a.atWork.Unlock()
	tune := a.options.Comparison.Workers
	if a.options.Demo != nil {
		tune = a.mortal.tune()
	}
	a.workers, err = workers.Start(a.engine, workers.Options{
		Serve: queues, Services: services, Version: a.options.Config.Worker.Version(),
		DeferredPerSecond: a.options.Config.Overload.DeferredPerSecond, StopWithin: a.options.Config.Process.ShutdownGrace,
		Workflows: a.options.Comparison.Workflows, Tune: tune,
	})
	return err
}

// stopWorkers stops the workers, if there are any.
func (a *App) stopWorkers() {
	a.atWork.Lock()
	defer a.atWork.Unlock()
	if a.workers != nil {
		a.workers.Stop()
		a.workers = nil
	}
}

// serveAllBut serves all of the process's queues except one; "" for all.
func (a *App) serveAllBut(queue string) error {
	services := a.services
	if queue == contract.InventoryQueue {
		services.Inventory = &activities.Inventory{Stock: a.services.Inventory.Stock}
		services.Drinks = &activities.Drinks{Shelf: a.services.Drinks.Shelf, Sagas: a.services.Drinks.Sagas, Pages: a.services.Drinks.Pages}
	}
	a.stopWorkers()
	return a.serve(slices.DeleteFunc(slices.Clone(a.options.Config.Worker.Serve), func(q string) bool { return q == queue }), services)
}

// killWorkers ends the workers without letting them finish anything, and without their
// memory.
func (a *App) killWorkers() {
	a.mortal.kill()
	a.stopWorkers()
	worker.PurgeStickyWorkflowCache()
}
