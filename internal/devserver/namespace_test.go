package devserver

import (
	"context"
	"fmt"
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

var someAttributes = map[string]enums.IndexedValueType{
	"OrderKind":      enums.INDEXED_VALUE_TYPE_KEYWORD,
	"NeedsAttention": enums.INDEXED_VALUE_TYPE_BOOL,
}

func TestEnsure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	c := dial(t, s)

	t.Run("Namespace", func(t *testing.T) {
		for _, namespace := range []string{client.DefaultNamespace, "orders"} {
			for range 2 {
				require.NoError(t, EnsureNamespace(t.Context(), c, namespace))
			}
			require.Equal(t, Retention, retention(t, c, namespace))
		}
	})
	t.Run("AttributesByTwoAtOnceAreUsableAtOnce", func(t *testing.T) {
		var g errgroup.Group
		for range 2 {
			g.Go(func() error {
				return EnsureSearchAttributes(t.Context(), c, client.DefaultNamespace, someAttributes)
			})
		}
		require.NoError(t, g.Wait())
		startSearchable(t, c, "order-1")
		require.EventuallyWithT(t, func(t *assert.CollectT) {
			found, err := c.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{
				Query: "OrderKind = 'lodging' AND NeedsAttention = false",
			})
			require.NoError(t, err)
			require.Len(t, found.GetExecutions(), 1)
		}, time.Minute, 50*time.Millisecond)
	})
	t.Run("AttributesAgainAreOnlyLookedAt", func(t *testing.T) {
		watched, requested := watch(t, s)
		require.NoError(t, EnsureSearchAttributes(t.Context(), watched, client.DefaultNamespace, someAttributes))
		require.Equal(t, []string{"ListSearchAttributes"}, *requested, "nothing is added, and nothing is awaited")
	})
	t.Run("AttributeOfAnotherType", func(t *testing.T) {
		err := EnsureSearchAttributes(t.Context(), c, client.DefaultNamespace,
			map[string]enums.IndexedValueType{"OrderKind": enums.INDEXED_VALUE_TYPE_INT})
		require.ErrorContains(t, err, "search attribute OrderKind of namespace default is a Keyword, and a Int is needed")
	})
	t.Run("NoRoomForAttributes", func(t *testing.T) {
		many := map[string]enums.IndexedValueType{}
		for i := range 4 {
			many[fmt.Sprintf("Flag%d", i)] = enums.INDEXED_VALUE_TYPE_BOOL
		}
		err := EnsureSearchAttributes(t.Context(), c, "orders", many)
		require.ErrorContains(t, err, "add search attributes Flag0, Flag1, Flag2, Flag3 to namespace orders")
		require.ErrorContains(t, err, "cannot have more than")
	})
	t.Run("RestartKeepsThem", func(t *testing.T) {
		s.Stop(t.Context())
		again := dial(t, start(t, dir))
		require.NoError(t, EnsureNamespace(t.Context(), again, client.DefaultNamespace))
		require.Equal(t, Retention, retention(t, again, client.DefaultNamespace))
		require.NoError(t, EnsureSearchAttributes(t.Context(), again, client.DefaultNamespace, someAttributes))
		startSearchable(t, again, "order-2")
	})
}

// watch is a client of the server, and its requests since it was made.
func watch(t *testing.T, s *Server) (c client.Client, requested *[]string) {
	t.Helper()
	requested = new([]string)
	note := func(
		ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
	) error {
		*requested = append(*requested, path.Base(method))
		return invoke(ctx, method, request, answer, conn, options...)
	}
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: s.Addr(), Logger: Quiet(),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(note)}},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	*requested = nil // it has requested the server's capabilities
	return c, requested
}

func startSearchable(t *testing.T, c client.Client, id string) {
	t.Helper()
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: "unserved",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("OrderKind").ValueSet("lodging"),
			temporal.NewSearchAttributeKeyBool("NeedsAttention").ValueSet(false),
		),
	}, "Order")
	require.NoError(t, err)
}

func retention(t *testing.T, c client.Client, namespace string) time.Duration {
	t.Helper()
	found, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
	return found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
}
