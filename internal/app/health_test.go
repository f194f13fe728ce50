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

// frontend is a Temporal service that answers what health asks for.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer
	namespace  error
	attributes map[string]enums.IndexedValueType
	denied     error
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

func (f *frontend) trouble(t *testing.T) string {
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
	return (&health{engine: c, namespace: "orders"}).engineTrouble(t.Context())
}

func TestEngineTrouble_SaysWhich(t *testing.T) {
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.engine.trouble(t)
			if c.want == "" {
				require.Empty(t, got)
			}
			require.Contains(t, got, c.want)
		})
	}
}

func TestDatabaseTroubles_LockedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "front.db")
	db, err := store.Open(t.Context(), "sqlite://"+path, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, "catalogue")
	require.NoError(t, err)
	look := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), probePatience)
		defer cancel()
		return databaseTroubles(ctx, db, []string{"catalogue"})["catalogue"]
	}
	require.Eventually(t, func() bool { return look() == "" }, time.Minute, time.Millisecond)

	other, err := sql.Open(sqliteshim.ShimName, path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	holder, err := other.Conn(t.Context())
	require.NoError(t, err)
	_, err = holder.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	require.Equal(t, "busy: its file is locked: see docs/operations/trouble.md#a-locked-file", look())

	_, err = holder.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, holder.Close())
	require.Eventually(t, func() bool { return look() == "" }, time.Minute, time.Millisecond)
}
