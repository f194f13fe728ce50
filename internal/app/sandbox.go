package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	neturl "net/url"
	"path/filepath"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/hosts"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

// RunSandboxPayments serves a simulation of Stripe until ctx ends, on listener if that
// is set. Running requests are answered.
func RunSandboxPayments(ctx context.Context, cfg config.SandboxPayments, log *zap.Logger, listener net.Listener) error {
	url, err := sandboxURL(cfg)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return fmt.Errorf("database of sandbox payments: %w", err)
	}
	defer func() { _ = db.Close() }()
	if err := migrate(ctx, db, []string{sandboxDB}, log); err != nil {
		return fmt.Errorf("database of sandbox payments: %w", err)
	}
	if listener == nil {
		if listener, err = net.Listen("tcp", cfg.Listen); err != nil {
			return fmt.Errorf("sandbox payments cannot listen on %s (move it with YEYAK_SANDBOX_LISTEN): %w", cfg.Listen, errors.Unwrap(err))
		}
	}
	gin.SetMode(gin.ReleaseMode)
	sandbox := payments.NewServer(store.NewSandboxIntents(db))
	defer sandbox.Close()
	sandbox.Hosts = hosts.Of(listener.Addr(), nil)
	sandbox.Behave(payments.Behaviour{
		Latency: cfg.Latency, LatencyUpTo: cfg.LatencyUpTo, Capacity: cfg.Capacity, Queue: cfg.Queue,
		RefusePercent: cfg.RefusePercent, Down: cfg.Down, LoseAnswers: cfg.LoseAnswers,
	})
	log.Info("sandbox payments listens", zap.Stringer("address", listener.Addr()))
	server := newHTTPServer(sandbox.Handler(), log)
	return serveUntil(ctx, server, listener, cfg.Process.ShutdownGrace)
}

// sandboxURL is the configured database, or a file beside those of `yeyak dev`, whose
// built-in sandbox has its own data.
func sandboxURL(cfg config.SandboxPayments) (string, error) {
	if cfg.Database != "" {
		return string(cfg.Database), nil
	}
	folder, err := filepath.Abs(cfg.Data.Dir)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return (&neturl.URL{Scheme: "sqlite", Path: filepath.Join(folder, "sandbox-payments.db")}).String(), nil
}

// serveUntil serves until ctx ends, and then gives running requests the grace.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener, grace time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("HTTP server: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return server.Close()
	}
	return nil
}
