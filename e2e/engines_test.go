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

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/scratch"
)

// namespacesPerEngine is the number of namespaces after which a fresh dev server is
// used. A server walks all metrics and task queues that it has ever had every second,
// and after some dozens of namespaces does little else. Its writes for different
// systems also wait for each other.
const namespacesPerEngine = 5

// engine is a Temporal server that tests share.
type engine struct {
	*devserver.Server
	folder  *scratch.Folder
	given   int // how many namespaces were requested
	inUse   int // how many tests use it
	retired bool
}

// engines has the server that new tests use.
var engines struct {
	sync.Mutex
	current *engine
}

// temporalServer is the address of a dev server, as long as t runs.
func temporalServer(t testing.TB) (address string) {
	t.Helper()
	engines.Lock()
	defer engines.Unlock()
	if e := engines.current; e != nil && e.given == namespacesPerEngine {
		e.retire()
	}
	if engines.current == nil {
		e, err := startEngine()
		require.NoError(t, err, "no Temporal dev server, run `make test`")
		engines.current = e
	}
	e := engines.current
	e.given++
	e.inUse++
	t.Cleanup(func() {
		engines.Lock()
		defer engines.Unlock()
		if e.inUse--; e.inUse == 0 && e.retired {
			e.stop()
		}
	})
	return e.Addr()
}

func startEngine() (*engine, error) {
	folder, err := databases()
	if err != nil {
		return nil, err
	}
	e := &engine{folder: folder}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e.Server, err = devserver.Start(ctx, devserver.Options{Program: temporalProgram(), DataDir: folder.Path, Logger: zap.NewNop()})
	if err != nil {
		_ = folder.Remove()
		return nil, err
	}
	if err := e.WaitReady(ctx); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

// retire replaces the server by a fresh one. Its last test ends it.
func (e *engine) retire() {
	engines.current = nil
	e.retired = true
	if e.inUse == 0 {
		e.stop()
	}
}

func (e *engine) stop() {
	e.Stop(context.Background())
	_ = e.folder.Remove()
}

// newNamespace makes a namespace in which orders can start, and returns its server's
// address.
func newNamespace(t testing.TB) (address, name string) {
	t.Helper()
	address, name = temporalServer(t), "e2e-"+uuid.NewString()[:8]
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := client.NewLazyClient(client.Options{HostPort: address, Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, app.PrepareNamespace(ctx, c, name))
	return address, name
}
