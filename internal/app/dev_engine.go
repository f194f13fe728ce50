package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/devserver"
)

// child is this process's dev server, which a second signal ends.
var child atomic.Pointer[devserver.Server]

// KillChildren kills all processes that this process has started.
func KillChildren() {
	if s := child.Load(); s != nil {
		s.Kill()
	}
}

// devEngine is the Temporal dev server of `yeyak dev`. A server that has ended, or
// cannot read its storage any more, is replaced on the same ports and data.
type devEngine struct {
	log     *zap.Logger
	options devserver.Options
	program devserver.Program

	mu      sync.Mutex // held while a server is started or stopped
	server  *devserver.Server
	stopped bool
}

const (
	// checkEvery is the interval of the dev server's health checks.
	checkEvery = 2 * time.Second
	// checkTimeout is the time limit of a check: a busy machine takes a second.
	checkTimeout = 5 * time.Second
	// failedChecks is the number of failed checks in a row that make the server count as
	// broken.
	failedChecks = 3
	// restartsAtOnce is the number of restarts within steadyAfter after which there are
	// no more.
	restartsAtOnce = 3
	steadyAfter    = time.Minute
)

var errStopped = errors.New("the Temporal server is being stopped")

// start starts the server and prepares it for orders.
func (e *devEngine) start(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return errStopped
	}
	server, err := devserver.Start(ctx, e.options)
	if err != nil {
		return err
	}
	e.server = server
	child.Store(server)
	if err := prepareEngine(ctx, server); err != nil {
		return err
	}
	return devserver.Home{Version: e.program.Version}.Write(e.options.DataDir)
}

func (e *devEngine) stop(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	if e.server != nil {
		e.server.Stop(ctx)
	}
}

func (e *devEngine) address() string   { return e.current().Addr() }
func (e *devEngine) namespace() string { return client.DefaultNamespace }
func (e *devEngine) webUI() string     { return e.current().UIURL() }

func (e *devEngine) whereabouts() string {
	return fmt.Sprintf("  Temporal UI  %s\n  Temporal     %[2]s   (for the temporal CLI: --address %[2]s)", e.current().UIURL(), e.address())
}

func (e *devEngine) settings() []string {
	return []string{"TEMPORAL_ADDRESS=" + e.address(), "TEMPORAL_NAMESPACE=" + e.namespace(), "TEMPORAL_UI=" + e.current().UIURL()}
}

// current is the last server that was started.
func (e *devEngine) current() *devserver.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// watch replaces a broken server until ctx ends. Its error says why there is none any
// more.
func (e *devEngine) watch(ctx context.Context) error {
	for restarts := 0; ; restarts++ {
		begun := time.Now()
		failure := e.awaitFailure(ctx)
		if failure == nil {
			return nil
		}
		if time.Since(begun) > steadyAfter {
			restarts = 0
		}
		if restarts == restartsAtOnce {
			return failure
		}
		e.log.Error("the Temporal server is started again", zap.Error(failure))
		if err := e.restart(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errStopped) {
			return errors.Join(failure, err)
		}
	}
}

// restart starts a server on the ports of the last one, which its clients know.
func (e *devEngine) restart(ctx context.Context) error {
	e.mu.Lock()
	last := e.server
	e.options.Port, e.options.UIPort = port(last.Addr()), portOfURL(last.UIURL())
	last.Kill()
	<-last.Done()
	e.mu.Unlock()
	return e.start(ctx)
}

func port(address string) int {
	_, given, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(given)
	return n
}

func portOfURL(raw string) int {
	u, err := url.Parse(raw)
	if err != nil {
		return 0
	}
	return port(u.Host)
}

// awaitFailure waits until the server fails and returns why, nil if ctx has ended
// before.
func (e *devEngine) awaitFailure(ctx context.Context) error {
	server := e.current()
	c, err := client.NewLazyClient(client.Options{HostPort: server.Addr(), Logger: devserver.Quiet()})
	if err != nil {
		return err
	}
	defer c.Close()
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for failed := 0; failed < failedChecks; {
		select {
		case <-ctx.Done():
			return nil
		case <-server.Done():
			return server.Err() // nil if it was stopped
		case <-ticker.C:
		}
		if err = readsStorage(ctx, c); err == nil {
			failed = 0
		} else {
			failed++
		}
	}
	return fmt.Errorf("the Temporal server does not read its storage any more: %w", err)
}

func readsStorage(ctx context.Context, c client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	return err
}
