package app

import (
	"net/http"
	"time"

	"go.uber.org/zap"
)

// drain makes the process unready and goes on taking requests, until what
// stands in front of it has noticed. A process that nobody sends requests to
// has nothing to wait for.
func (a *App) drain() {
	a.health.ready.Store(false)
	delay := a.options.Config.HTTP.DrainDelay
	if a.http == nil || delay <= 0 {
		return
	}
	a.log.Info("unready, and still taking requests", zap.Duration("for", delay))
	select {
	case <-time.After(delay):
	case err := <-a.failed: // nobody can reach us any more
		a.log.Error("a part failed while draining", zap.Error(err))
	}
}

// partWhenUnready has callers come back over another connection once the
// process is unready: one that is kept open would outlast the draining, and a
// request that is sent over it at the moment when it is closed is lost.
func (a *App) partWhenUnready(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.health.Ready() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
