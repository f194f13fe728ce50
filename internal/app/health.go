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

// health tells whether this process takes requests, and what it has to do
// without. A dependency that is away degrades it and never makes it unready:
// with all replicas unready nobody would be told anything.
type health struct {
	ready     atomic.Bool
	engine    client.Client
	namespace string
	dbs       databases
	gate      *payments.Gate
	writes    engineWrites
	callers   func() string // what is wrong with knowing callers; nil without an API

	mu    sync.Mutex
	found map[string]string
	until time.Time // found is good
}

const (
	// probePatience bounds the look at one dependency.
	probePatience = 500 * time.Millisecond
	// probedFor is how long a look counts: it writes to every database, and
	// any client can ask for it.
	probedFor = time.Second
)

// Ready is false while the process starts and from when it drains.
func (h *health) Ready() bool { return h.ready.Load() }

// Degraded names what does not work, with a word on it and, where there is one,
// the command that mends it.
func (h *health) Degraded(ctx context.Context) map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Now().After(h.until) {
		h.found = h.look(context.WithoutCancel(ctx))
		h.until = time.Now().Add(probedFor)
	}
	return maps.Clone(h.found)
}

// warn logs what does not work, so that a process that starts without what it
// needs says so.
func (h *health) warn(ctx context.Context, log *zap.Logger) {
	found := h.Degraded(ctx)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		log.Warn("started without something it needs", zap.String("what", name), zap.String("trouble", found[name]))
	}
}

func (h *health) look(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		out = map[string]string{}
	)
	note := func(name, trouble string) {
		if trouble != "" {
			mu.Lock()
			defer mu.Unlock()
			out[name] = trouble
		}
	}
	wg.Go(func() { note("temporal", h.engineTrouble(ctx)) })
	for _, db := range sharing(h.dbs) {
		wg.Go(func() {
			for service, trouble := range databaseTroubles(ctx, db.shared, db.services) {
				note(service+" database", trouble)
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
