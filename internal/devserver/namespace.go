package devserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Retention is how long an order's workflow can be read after its end. A development
// server's default is a day, often too short for questions about an order.
const Retention = 30 * 24 * time.Hour

// How often a Temporal service refreshes its namespaces
// (system.namespaceCacheRefreshInterval): by default, and on our own server.
const (
	registryRefresh    = 2 * time.Second
	devRegistryRefresh = 500 * time.Millisecond
)

// EnsureNamespace creates the namespace if it is missing, and raises its retention to
// Retention if it is shorter.
func EnsureNamespace(ctx context.Context, c client.Client, namespace string) error {
	service := c.WorkflowService()
	describe := func() (*workflowservice.DescribeNamespaceResponse, error) {
		return service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	}
	found, err := describe()
	if isA[*serviceerror.NamespaceNotFound](err) {
		_, err = service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace:                        namespace,
			Description:                      "Orders of yeyak",
			WorkflowExecutionRetentionPeriod: durationpb.New(Retention),
		})
		if err != nil && !isA[*serviceerror.NamespaceAlreadyExists](err) {
			return fmt.Errorf("register namespace %s: %w", namespace, err)
		}
		if err := waitRegistered(ctx, c, namespace); err != nil {
			return fmt.Errorf("wait for namespace %s: %w", namespace, err)
		}
		found, err = describe()
	}
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", namespace, err)
	}
	if found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() >= Retention {
		return nil
	}
	_, err = service.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(Retention)},
	})
	if err != nil {
		return fmt.Errorf("raise the retention of namespace %s: %w", namespace, err)
	}
	return nil
}

// waitRegistered returns when the server's services know a new namespace, after their
// next refresh.
func waitRegistered(ctx context.Context, c client.Client, namespace string) error {
	for {
		_, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		if !isA[*serviceerror.NamespaceNotFound](err) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// EnsureSearchAttributes adds the missing attributes to the namespace, and returns when
// orders can be started with them. Several processes may do so concurrently. It fails
// if an attribute exists with another type, or if the namespace has no room left: on
// SQL stores it has 10 keywords and 3 of every other type.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enums.IndexedValueType) error {
	missing, err := missingAttributes(ctx, c, namespace, want)
	if err != nil || len(missing) == 0 {
		return err
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	if err != nil {
		// Another process may have been faster.
		if still, again := missingAttributes(ctx, c, namespace, want); again != nil || len(still) > 0 {
			return fmt.Errorf("add search attributes %s to namespace %s: %w", names(missing), namespace, err)
		}
	}
	if err := waitUsable(ctx, c, namespace, want); err != nil {
		return fmt.Errorf("wait for search attributes %s of namespace %s: %w", names(missing), namespace, err)
	}
	return nil
}

// MissingSearchAttributes are the names of the attributes that the namespace does not
// have, sorted.
func MissingSearchAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enums.IndexedValueType) ([]string, error) {
	missing, err := missingAttributes(ctx, c, namespace, want)
	return slices.Sorted(maps.Keys(missing)), err
}

// ErrOtherType: an attribute exists with another type than is needed.
var ErrOtherType = errors.New("search attributes clash")

// missingAttributes are the attributes that the namespace does not have yet.
func missingAttributes(
	ctx context.Context, c client.Client, namespace string, want map[string]enums.IndexedValueType,
) (map[string]enums.IndexedValueType, error) {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list the search attributes of namespace %s: %w", namespace, err)
	}
	missing := map[string]enums.IndexedValueType{}
	var clashes []error
	for _, name := range slices.Sorted(maps.Keys(want)) {
		typ := want[name]
		switch got, ok := have.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = typ
		case got != typ:
			clashes = append(clashes, fmt.Errorf("%w: search attribute %s of namespace %s is a %s, and a %s is needed: rename it (temporal operator search-attribute) or use another namespace",
				ErrOtherType, name, namespace, got, typ))
		}
	}
	return missing, errors.Join(clashes...)
}

// waitUsable returns when orders can be started with new attributes. Each service of the server
// learns of them at its own next refresh of the namespaces. The frontend can be queried. The
// history service, which applies workers' changes of attributes, cannot, so waitUsable waits for
// one more refresh.
func waitUsable(ctx context.Context, c client.Client, namespace string, attributes map[string]enums.IndexedValueType) error {
	var terms []string
	for name := range attributes {
		terms = append(terms, "`"+name+"` IS NOT NULL") // no row has a new attribute
	}
	query := &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: strings.Join(terms, " AND ")}
	for {
		_, err := c.WorkflowService().CountWorkflowExecutions(ctx, query) //nolint:forbidigo // it is about attributes, not about orders
		if err == nil {
			break
		}
		// Other servers than ours allow ten such queries a second.
		if !isA[*serviceerror.InvalidArgument](err) && !isA[*serviceerror.ResourceExhausted](err) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	refresh := registryRefresh
	cluster, err := c.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	if err == nil && cluster.GetPersistenceStore() == "sqlite" {
		// Only development servers use SQLite; others than ours need no wait at all.
		refresh = devRegistryRefresh
	}
	select {
	case <-time.After(refresh):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func names(attributes map[string]enums.IndexedValueType) string {
	return strings.Join(slices.Sorted(maps.Keys(attributes)), ", ")
}

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
