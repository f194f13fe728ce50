package app

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/payments"
)

// health is the readiness of this process and the state of its dependencies. A missing
// dependency degrades the process, and never makes it unready: if all replicas were
// unready, no client would get any answer.
type health struct {
	ready     atomic.Bool
	engine    client.Client
	namespace string
	dbs       databases
	gate      *payments.Gate
	writes    engineWrites
	callers   func() string // fault of the identification of callers; nil without an API

	mu    sync.Mutex
	found map[string]string
	until time.Time // found is valid until then
}

const (
	// probeWithin is the time limit of the check of one dependency.
	probeWithin = 500 * time.Millisecond
	// probedFor is how long a check's result is used: a check writes to every database, and any
	// client can request one.
	probedFor = time.Second
)

// Ready is false while the process starts and once it drains.
func (h *health) Ready() bool { return h.ready.Load() }

// Degraded returns what does not work, with the fault and, if there is one, the command
// that repairs it.
func (h *health) Degraded(ctx context.Context) map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Now().After(h.until) {
		h.found = h.check(context.WithoutCancel(ctx))
		h.until = time.Now().Add(probedFor)
	}
	return maps.Clone(h.found)
}

// warn logs what does not work, so that a process that starts without a dependency says
// so.
func (h *health) warn(ctx context.Context, log *zap.Logger) {
	found := h.Degraded(ctx)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		log.Warn("started without something it needs", zap.String("what", name), zap.String("problem", found[name]))
	}
}

func (h *health) check(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		out = map[string]string{}
	)
	note := func(name, failure string) {
		if failure != "" {
			mu.Lock()
			defer mu.Unlock()
			out[name] = failure
		}
	}
	wg.Go(func() { note("temporal", h.engineFailure(ctx)) })
	for _, db := range sharing(h.dbs) {
		wg.Go(func() {
			for service, failure := range databaseFailures(ctx, db.shared, db.services) {
				note(service+" database", failure)
			}
		})
	}
	wg.Go(func() { note("payment provider", h.gate.Failure(ctx)) })
	if h.callers != nil {
		note("authentication", h.callers())
	}
	wg.Wait()
	return out
}
