package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// WaitReady returns when the server is ready: its frontend answers and knows the
// default namespace. It returns early, with the reason, if the server has died.
func (s *Server) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-s.done:
			if err := s.Err(); err != nil {
				cancel(err)
				return
			}
			cancel(errStopped)
		case <-ctx.Done():
		}
	}()
	if err := s.waitReady(ctx); err != nil {
		// The cause of the wait's end says more than the last attempt's error.
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("wait for the Temporal server: %w", err)
	}
	return nil
}

var errStopped = errors.New("it was stopped")

func (s *Server) waitReady(ctx context.Context) error {
	// A gRPC connection that is refused once waits a second before it retries, so it is
	// opened only after the port is listened on.
	if err := s.waitListening(ctx); err != nil {
		return err
	}
	c, err := client.NewLazyClient(client.Options{
		HostPort: s.Addr(),
		Logger:   Quiet(),
	})
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		if s.answers(ctx, c) {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func (s *Server) waitListening(ctx context.Context) error {
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", s.Addr())
		if err == nil {
			return conn.Close()
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func (s *Server) answers(ctx context.Context, c client.Client) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return false
	}
	_, err := c.WorkflowService().DescribeNamespace(ctx,
		&workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	return err == nil
}

// Quiet keeps a client of the engine from logging: attempts that are expected to fail,
// and errors that are returned anyway.
func Quiet() sdklog.Logger { return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
