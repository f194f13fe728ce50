package app

import (
	"context"
	"fmt"
	"os"
	"sync"

	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// mortal makes workers that can be killed in a process that lives on. Once they are
// killed, none of their answers reaches the engine, and their activities' database
// queries are cancelled.
type mortal struct {
	mu     sync.Mutex
	lives  int // how many workers there were
	end    context.CancelFunc
	killed map[string]bool // workers, by their identity
	alive  string
}

// tune makes the options of the next workers, which can be killed; earlier ones have
// ended.
func (m *mortal) tune() func(*worker.Options) {
	m.mu.Lock()
	defer m.mu.Unlock()
	host, _ := os.Hostname() // without it, the process id suffices
	m.lives++
	m.alive = fmt.Sprintf("%d@%s#%d", os.Getpid(), host, m.lives)
	identity := m.alive
	ctx, end := context.WithCancel(context.Background())
	m.end = end
	return func(o *worker.Options) { o.Identity, o.BackgroundActivityContext = identity, ctx }
}

// kill kills the last workers that were tuned.
func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed == nil {
		m.killed = map[string]bool{}
	}
	m.killed[m.alive] = true
	if m.end != nil {
		m.end()
	}
}

func (m *mortal) isKilled(identity string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.killed[identity]
}

// errKilled is not retried by the SDK.
var errKilled = status.Error(codes.Canceled, "the worker was killed")

// intercept drops the requests of killed workers, and the answers to them.
func (m *mortal) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	of, is := req.(interface{ GetIdentity() string })
	if !is {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	if m.isKilled(of.GetIdentity()) {
		return errKilled
	}
	err := invoke(ctx, method, req, reply, cc, opts...)
	if err == nil && m.isKilled(of.GetIdentity()) {
		return errKilled
	}
	return err
}

// throughDemo are the interceptors of engine calls if a demonstration can kill workers.
func (a *App) throughDemo() []grpc.UnaryClientInterceptor {
	if a.options.Demo == nil {
		return nil
	}
	return []grpc.UnaryClientInterceptor{a.mortal.intercept}
}
