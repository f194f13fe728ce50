package app

import (
	"net/http"
	"time"

	"go.uber.org/zap"
)

// drain makes the process not ready and keeps serving requests until its load balancer
// has noticed. A process without an API does not wait.
func (a *App) drain() {
	a.health.ready.Store(false)
	delay := a.options.Config.HTTP.DrainDelay
	if a.http == nil || delay <= 0 {
		return
	}
	a.log.Info("unready, and still taking requests", zap.Duration("for", delay))
	select {
	case <-time.After(delay):
	case err := <-a.failed: // the process cannot be reached any more
		a.log.Error("a part failed while draining", zap.Error(err))
	}
}

// partWhenUnready closes connections after their next answer once the process is not
// ready: a connection that stays open would outlast the draining, and a request sent at
// the moment of its end is lost.
func (a *App) partWhenUnready(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.health.Ready() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
