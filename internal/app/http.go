package app

import (
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/telemetry"
)

// newHTTPServer makes a server that gives up on clients which send their
// request too slowly. Its own log lines go to log.
func newHTTPServer(handler http.Handler, log *zap.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          telemetry.ServerLog(log),
	}
}
