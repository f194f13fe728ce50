package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/scratch"
)

// namespacesPerEngine is the number of namespaces after which a fresh dev server is
// used. A server walks all metrics and task queues that it has ever had every second,
// and after some dozens of namespaces does little else. Its writes for different
// systems also wait for each other.
const namespacesPerEngine = 5

// prepareNextAt is the number of used namespaces at which the next server is started.
// The tests that need it find it ready.
const prepareNextAt = 2

// engine is a Temporal server that tests share. Its namespaces are made together: a new
// one is usable only after the server has refreshed its caches several times.
type engine struct {
	server     *devserver.Server
	folder     *scratch.Folder
	namespaces [namespacesPerEngine]string
	started    chan struct{} // closed when the namespaces can be used, or err is set
	err        error

	used    int // how many namespaces were requested
	inUse   int // how many tests use it
	retired bool
}

// engines has the server that new tests use, and the one after it.
var engines struct {
	sync.Mutex
	current, next *engine
	stopping      sync.WaitGroup // no test waits for the end of a server
}

// newNamespace is a namespace in which orders can start, and its server's address, as long
// as t runs.
func newNamespace(t testing.TB) (address, name string) {
	t.Helper()
	e, place := reserveNamespace()
	t.Cleanup(e.leave)
	<-e.started
	require.NoError(t, e.err, "no Temporal dev server, run `make test`")
	return e.server.Addr(), e.namespaces[place]
}

// reserveNamespace reserves one of a server's namespaces.
func reserveNamespace() (e *engine, place int) {
	engines.Lock()
	defer engines.Unlock()
	if e := engines.current; e != nil && e.used == namespacesPerEngine {
		engines.current, engines.next = engines.next, nil
		e.retire()
	}
	if engines.current == nil {
		engines.current = startEngine()
	}
	e = engines.current
	e.used++
	e.inUse++
	if e.used == prepareNextAt {
		engines.next = startEngine()
	}
	return e, e.used - 1
}

// leave ends a test's use of the server.
func (e *engine) leave() {
	engines.Lock()
	defer engines.Unlock()
	e.inUse--
	e.stopIfUnused()
}

// retire: no further test uses the server.
func (e *engine) retire() {
	e.retired = true
	e.stopIfUnused()
}

func (e *engine) stopIfUnused() {
	if e.inUse == 0 && e.retired {
		engines.stopping.Go(e.stop)
	}
}

// retireEngines stops the servers that wait for tests, and returns when all have stopped.
func retireEngines() {
	engines.Lock()
	defer engines.Unlock()
	for _, e := range []*engine{engines.current, engines.next} {
		if e != nil {
			e.retire()
		}
	}
	engines.stopping.Wait()
}

// startEngine returns before the server is usable.
func startEngine() *engine {
	e := &engine{started: make(chan struct{})}
	go func() {
		defer close(e.started)
		e.err = e.start()
	}()
	return e
}

func (e *engine) start() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if e.folder, err = databases(); err != nil {
		return err
	}
	e.server, err = devserver.Start(ctx, devserver.Options{Program: temporalProgram(), DataDir: e.folder.Path, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	if err := e.server.WaitReady(ctx); err != nil {
		return err
	}
	c, err := client.NewLazyClient(client.Options{HostPort: e.server.Addr(), Logger: devserver.Quiet()})
	if err != nil {
		return err
	}
	defer c.Close()
	making, ctx := errgroup.WithContext(ctx)
	for i := range e.namespaces {
		e.namespaces[i] = "e2e-" + uuid.NewString()[:8]
		making.Go(func() error { return app.PrepareNamespace(ctx, c, e.namespaces[i]) })
	}
	return making.Wait()
}

func (e *engine) stop() {
	<-e.started
	if e.server != nil {
		e.server.Stop(context.Background())
	}
	if e.folder != nil {
		_ = e.folder.Remove()
	}
}
