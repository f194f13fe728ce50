package marketing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
)

// StopGrace is how long running requests may take to end.
const StopGrace = 5 * time.Second

// Service is a running marketing service.
type Service struct {
	log      *zap.Logger
	store    *store
	follower *follower
	http     *http.Server
	address  string
	cancel   context.CancelFunc // ends the follower
	beside   sync.WaitGroup
	failed   chan error
}

// Start starts the service. Feed and PostgreSQL need not answer yet: it follows when
// they do. After an error nothing is left running.
func Start(ctx context.Context, settings Settings, log *zap.Logger) (*Service, error) {
	m := settings.mistakes()
	if err := m.err(); err != nil {
		return nil, err
	}
	from, err := feedURL(settings.feed())
	if err != nil {
		return nil, err
	}
	where, err := settings.database()
	if err != nil {
		return nil, err
	}
	db, err := where.open(ctx)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", settings.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the marketing service cannot listen on %s (move it with YEYAK_MARKETING_LISTEN): %w",
			settings.Listen, errors.Unwrap(err)), db.close())
	}
	s := &Service{log: log, store: db, address: listener.Addr().String(), failed: make(chan error, 1)}
	s.follower = newFollower(newFeed(from, settings.key()), db, settings.PollEvery, log)
	s.run(ctx, listener, namesOf(listener.Addr(), settings.Hosts))
	log.Info("marketing serves", zap.String("address", s.address), zap.String("feed", from.Redacted()), zap.Stringer("database", where))
	return s, nil
}

// readTimeout is the time limit of a request with its body, for which net/http waits
// even after the answer.
const readTimeout = 5 * time.Second

func (s *Service) run(ctx context.Context, listener net.Listener, own names) {
	s.http = &http.Server{
		Handler:           newHandler(s.store, s.follower, own, s.log),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       readTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          newServerLog(s.log),
	}
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.beside.Go(func() { s.follower.follow(ctx) })
	s.beside.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("HTTP server: %w", err)
		}
	})
}

// Address is where the service listens, host:port.
func (s *Service) Address() string { return s.address }

// Wait runs the service until ctx ends or it fails, and then stops it.
func (s *Service) Wait(ctx context.Context) error {
	var failure error
	select {
	case <-ctx.Done():
		s.log.Info("stopping")
	case failure = <-s.failed:
		s.log.Error("stopping because a part failed", zap.Error(failure))
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopGrace)
	defer cancel()
	return errors.Join(failure, s.Stop(grace))
}

// Stop stops the service: no more requests, then no more events, then the database.
// Running requests have until ctx ends.
func (s *Service) Stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
	}
	s.cancel()
	s.beside.Wait()
	return s.store.close()
}
