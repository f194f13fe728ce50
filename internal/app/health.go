package app

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

// health tells whether this process takes requests, and what it has to do
// without. A dependency that is away degrades it and never makes it unready:
// with all replicas unready nobody would be told anything.
type health struct {
	ready  atomic.Bool
	engine client.Client
	dbs    databases
	gate   *payments.Gate
}

// probePatience bounds the look at one dependency.
const probePatience = 500 * time.Millisecond

// Ready is false while the process starts and from when it drains.
func (h *health) Ready() bool { return h.ready.Load() }

// Degraded names what cannot be reached, with a word on it.
func (h *health) Degraded(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		out = map[string]string{}
	)
	look := func(names []string, probe func(context.Context) error) {
		wg.Go(func() {
			if probe(ctx) != nil {
				mu.Lock()
				defer mu.Unlock()
				for _, n := range names {
					out[n] = "cannot be reached"
				}
			}
		})
	}
	look([]string{"temporal"}, func(ctx context.Context) error {
		_, err := h.engine.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	})
	byDB := map[*store.DB][]string{}
	for service, db := range h.dbs {
		byDB[db] = append(byDB[db], service+" database")
	}
	for db, names := range byDB {
		look(names, db.Ping)
	}
	wg.Wait()
	if trouble := h.gate.Trouble(ctx); trouble != "" {
		out["payment provider"] = trouble
	}
	return out
}
