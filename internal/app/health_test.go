package app

import (
	"context"
	"database/sql"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/sqliteshim"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/store"
)

// frontend is a Temporal service that answers health's requests.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer
	namespace  error
	attributes map[string]enums.IndexedValueType
	denied     error
	write      error
}

func (f *frontend) UpdateTaskQueueConfig(
	context.Context, *workflowservice.UpdateTaskQueueConfigRequest,
) (*workflowservice.UpdateTaskQueueConfigResponse, error) {
	return &workflowservice.UpdateTaskQueueConfigResponse{}, f.write
}

func (f *frontend) DescribeNamespace(
	context.Context, *workflowservice.DescribeNamespaceRequest,
) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, f.namespace
}

func (f *frontend) ListSearchAttributes(
	context.Context, *operatorservice.ListSearchAttributesRequest,
) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: f.attributes}, f.denied
}

func (f *frontend) failure(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := client.NewLazyClient(client.Options{HostPort: listener.Addr().String(), Logger: devserver.Quiet()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	h := &health{engine: c, namespace: "orders"}
	t.Cleanup(h.writes.stop)
	return h.engineFailure(t.Context())
}

func TestEngineFailure_SaysWhich(t *testing.T) {
	t.Parallel()
	const kind = "OrderKind"
	clash := searchAttributes()
	require.Contains(t, clash, kind)
	clash[kind] = enums.INDEXED_VALUE_TYPE_INT
	for name, c := range map[string]struct {
		engine frontend
		want   string
	}{
		"Well": {frontend{attributes: searchAttributes()}, ""},
		"AttributesAreKeptFromIt": {
			frontend{denied: status.Error(codes.PermissionDenied, "not for applications")}, "",
		},
		"AttributeOfAnotherType": {
			frontend{attributes: clash},
			"search attribute OrderKind of namespace orders is a Int, and a Keyword is needed: rename it (temporal operator search-attribute)",
		},
		"NamespaceIsKeptFromIt": {
			frontend{namespace: status.Error(codes.PermissionDenied, "the key is of another namespace")},
			"fails: the key is of another namespace: see docs/operations/trouble.md#temporaldown",
		},
		"DiskFull_SQLite": {
			frontend{attributes: searchAttributes(), write: status.Error(codes.Unavailable, "Failed to commit transaction. Error: database or disk is full (13)")},
			"cannot write: its disk is full: see docs/operations/trouble.md#a-full-disk",
		},
		"DiskFull_PostgreSQL": {
			frontend{attributes: searchAttributes(), write: status.Error(codes.Unavailable, "could not extend file: No space left on device (SQLSTATE 53100)")},
			"cannot write: its disk is full: see docs/operations/trouble.md#a-full-disk",
		},
		"WritesNothing": {
			frontend{attributes: searchAttributes(), write: status.Error(codes.Unavailable, "cannot execute UPDATE in a read-only transaction.")},
			"does not write its storage: cannot execute UPDATE in a read-only transaction: see docs/operations/trouble.md#temporaldown",
		},
		"WritesAreKeptFromIt": {
			frontend{attributes: searchAttributes(), write: status.Error(codes.PermissionDenied, "not for readers")}, "",
		},
		"WritesAreUnknownToIt": {
			frontend{attributes: searchAttributes(), write: status.Error(codes.Unimplemented, "an older server")}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.engine.failure(t)
			if c.want == "" {
				require.Empty(t, got)
			}
			require.Contains(t, got, c.want)
		})
	}
}

// TestEngineWrites_OneAtATime: there is one write at a time, however often the state is
// read, and a read does not wait for a write that hangs.
func TestEngineWrites_OneAtATime(t *testing.T) {
	t.Parallel()
	release, called := make(chan struct{}), make(chan struct{}, 10)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, &hanging{release: release, called: called})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := client.NewLazyClient(client.Options{HostPort: listener.Addr().String(), Logger: devserver.Quiet()})
	require.NoError(t, err)
	t.Cleanup(c.Close)

	var w engineWrites
	cancelled, leave := context.WithCancel(t.Context())
	leave()
	for range 20 {
		require.Empty(t, w.state(cancelled, c, "orders"))
	}
	<-called
	require.Empty(t, called)
	close(release)
	require.Contains(t, w.state(t.Context(), c, "orders"), "its disk is full")
	w.stop()
	w.stop()
}

// hanging answers a write when it is released.
type hanging struct {
	workflowservice.UnimplementedWorkflowServiceServer
	release, called chan struct{}
}

func (h *hanging) UpdateTaskQueueConfig(
	context.Context, *workflowservice.UpdateTaskQueueConfigRequest,
) (*workflowservice.UpdateTaskQueueConfigResponse, error) {
	h.called <- struct{}{}
	<-h.release
	return nil, status.Error(codes.Unavailable, "database or disk is full (13)")
}

func TestDatabaseFailure_LockedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "front.db")
	db, err := store.Open(t.Context(), "sqlite://"+path, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, "catalogue")
	require.NoError(t, err)
	state := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), probeWithin)
		defer cancel()
		return databaseFailures(ctx, db, []string{"catalogue"})["catalogue"]
	}
	require.Eventually(t, func() bool { return state() == "" }, time.Minute, time.Millisecond)

	other, err := sql.Open(sqliteshim.ShimName, path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	holder, err := other.Conn(t.Context())
	require.NoError(t, err)
	_, err = holder.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	require.Equal(t, "busy: its file is locked: see docs/operations/trouble.md#a-locked-file", state())

	_, err = holder.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, holder.Close())
	require.Eventually(t, func() bool { return state() == "" }, time.Minute, time.Millisecond)
}
