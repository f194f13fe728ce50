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

// child is the dev server of this process, for a second signal to end.
var child atomic.Pointer[devserver.Server]

// KillChildren ends at once what this process has started.
func KillChildren() {
	if s := child.Load(); s != nil {
		s.Kill()
	}
}

// devEngine is the Temporal dev server of `yeyak dev`. One that ends, or no
// longer reads its storage, is replaced on the same ports and the same data.
type devEngine struct {
	log     *zap.Logger
	options devserver.Options
	program devserver.Program

	mu      sync.Mutex // held while a server is started or stopped
	server  *devserver.Server
	stopped bool
}

const (
	// askEvery is how often the dev server is asked whether it works.
	askEvery = 2 * time.Second
	// askWithin bounds that question: a busy machine takes a second.
	askWithin = 5 * time.Second
	// failedAsks in a row make it count as broken.
	failedAsks = 3
	// restartsAtOnce is after how many restarts within steadyAfter nothing is
	// to be hoped for from another one.
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

// current is the server that was started last.
func (e *devEngine) current() *devserver.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// watch replaces a server that is broken, until ctx ends. Its error says why
// there is none any more.
func (e *devEngine) watch(ctx context.Context) error {
	for restarts := 0; ; restarts++ {
		begun := time.Now()
		trouble := e.awaitTrouble(ctx)
		if trouble == nil {
			return nil
		}
		if time.Since(begun) > steadyAfter {
			restarts = 0
		}
		if restarts == restartsAtOnce {
			return trouble
		}
		e.log.Error("the Temporal server is started again", zap.Error(trouble))
		if err := e.restart(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errStopped) {
			return errors.Join(trouble, err)
		}
	}
}

// restart starts a server where the last one was: those who know its ports keep
// them.
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

// awaitTrouble returns what is wrong with the server once something is, nil
// when ctx ended before.
func (e *devEngine) awaitTrouble(ctx context.Context) error {
	server := e.current()
	c, err := client.NewLazyClient(client.Options{HostPort: server.Addr(), Logger: devserver.Quiet()})
	if err != nil {
		return err
	}
	defer c.Close()
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for failed := 0; failed < failedAsks; {
		select {
		case <-ctx.Done():
			return nil
		case <-server.Done():
			return server.Err() // nil when it was asked to stop
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
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	return err
}
