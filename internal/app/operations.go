package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/yeyak/yeyak/api"
)

// operations is the address where a process without an API serves health and metrics.
type operations struct {
	server  *http.Server
	address string
}

// working is the health of a process with workers only: it is ready when it takes
// tasks, so that a rollout waits for that.
type working struct {
	*health
	serving *atomic.Bool
}

// Ready implements api.Health.
func (w working) Ready() bool { return w.health.Ready() && w.serving.Load() }

// serveOperations serves probes and scrapes on an address of its own, if there is one,
// also while the process drains.
func (a *App) serveOperations(metrics http.Handler) error {
	address := a.options.Config.Operations.Listen
	if address == "" {
		return nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("operations cannot listen on %s (move them with YEYAK_OPERATIONS_LISTEN): %w", address, errors.Unwrap(err))
	}
	a.operations = operations{
		server:  newHTTPServer(api.NewOperations(api.Deps{Logger: a.log, Health: working{a.health, &a.serving}, Metrics: metrics}), a.log),
		address: listener.Addr().String(),
	}
	go func() {
		if err := a.operations.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("operations: %w", err))
		}
	}()
	return nil
}

// Operations is the address of the process's health and metrics, host:port, "" for
// none.
func (a *App) Operations() string { return a.operations.address }

func (o operations) stop(ctx context.Context) {
	if o.server != nil && o.server.Shutdown(ctx) != nil {
		_ = o.server.Close()
	}
}
