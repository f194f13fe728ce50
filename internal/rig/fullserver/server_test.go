package fullserver

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

const namespace = "orders"

var kind = temporal.NewSearchAttributeKeyKeyword("OrderKind")

// program is the server that `make test` names, or builds.
func program() string {
	return cmp.Or(os.Getenv("YEYAK_TEMPORAL_SERVER"), "../../../bin/temporal-server")
}

func setup(t *testing.T) *Server {
	t.Helper()
	cluster, err := pgserver.Launch(pgserver.Forgetful)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Close()) })
	s, err := New(t.Context(), Options{Server: program(), Dir: t.TempDir(), Postgres: cluster.URL()})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(s.Kill)
	return s
}

func dial(t *testing.T, s *Server) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: s.Addr(), Namespace: namespace, Logger: devserver.Quiet()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// greet waits for a signal with a name.
func greet(ctx workflow.Context) (greeting string, err error) {
	var name string
	workflow.GetSignalChannel(ctx, "name").Receive(ctx, &name)
	return "hello " + name, nil
}

func TestServer_KeepsItsWorkflowsThroughStopAndKill(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := setup(t)
	c := dial(t, s)
	require.NoError(t, devserver.EnsureNamespace(ctx, c, namespace))
	require.NoError(t, devserver.EnsureSearchAttributes(ctx, c, namespace,
		map[string]enumspb.IndexedValueType{kind.GetName(): kind.GetValueType()}))

	w := worker.New(c, "greetings", worker.Options{})
	w.RegisterWorkflow(greet)
	require.NoError(t, w.Start())
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "one", TaskQueue: "greetings", TypedSearchAttributes: temporal.NewSearchAttributes(kind.ValueSet("lodging")),
	}, greet)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return listed(ctx, c) == 1 }, time.Minute, 50*time.Millisecond)

	address := s.Addr()
	require.NoError(t, s.Stop())
	require.NoError(t, s.Start(ctx))
	require.Equal(t, address, s.Addr(), "clients find it where it was")
	require.NoError(t, c.SignalWorkflow(ctx, "one", "", "name", "Bora"))

	s.Kill()
	require.NoError(t, s.Start(ctx))
	var greeting string
	require.NoError(t, run.Get(ctx, &greeting))
	require.Equal(t, "hello Bora", greeting)
}

// listed counts the workflows in the list.
func listed(ctx context.Context, c client.Client) int64 {
	n, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: "OrderKind = 'lodging'"})
	if err != nil {
		return 0
	}
	return n.GetCount()
}

// A server that is set up again on the same databases brings them up to date and keeps
// their data.
func TestNew_OnDatabasesThatAreThere(t *testing.T) {
	t.Parallel()
	s := setup(t)
	require.NoError(t, s.Stop())
	again, err := New(t.Context(), s.options)
	require.NoError(t, err)
	require.NoError(t, again.Start(t.Context()))
	require.NoError(t, again.Stop())
}

func TestNew_ProgramMissing(t *testing.T) {
	t.Parallel()
	_, err := New(t.Context(), Options{Server: "nowhere/temporal-server", Dir: t.TempDir()})
	require.ErrorContains(t, err, "`make bin/temporal-server`")
}
