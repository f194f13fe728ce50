package visibility_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/orders"
)

// search is a request to a server for a search.
type search struct {
	name string
	run  func(context.Context, client.Client) error
}

// list requests a page, and the next one if there is one.
func list(query string, size int32) search {
	return search{fmt.Sprintf("list %d: %s", size, query), func(ctx context.Context, c client.Client) error {
		request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, Query: query, PageSize: size}
		found, err := c.WorkflowService().ListWorkflowExecutions(ctx, request)
		if err != nil || len(found.GetNextPageToken()) == 0 {
			return err
		}
		request.NextPageToken = found.GetNextPageToken()
		_, err = c.WorkflowService().ListWorkflowExecutions(ctx, request)
		return err
	}}
}

func count(query string) search {
	return search{"count: " + query, func(ctx context.Context, c client.Client) error {
		_, err := c.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: query})
		return err
	}}
}

// searches are all searches.
func searches() []search {
	return slices.Concat(fromUI(), fromRecipes(), ours(), fromServer())
}

const perStatus = " GROUP BY ExecutionStatus"

// fromUI are the web UI's: each view lists a page and counts by status.
func fromUI() (all []search) {
	for _, query := range []string{
		"",
		"`ExecutionStatus`=\"Running\"",
		"`ParentWorkflowId` is null",
		"`ParentWorkflowId` is null AND `ExecutionStatus`=\"Running\"",
		"StartTime >= \"2026-03-31T00:00:00Z\"",
		"StartTime >= \"2026-03-31T11:00:00Z\"",
		"StartTime BETWEEN \"2026-03-10T00:00:00Z\" AND \"2026-03-10T01:00:00Z\"",
		"CloseTime > \"2026-03-31T11:00:00Z\"",
		"`ExecutionStatus`=\"Running\" AND `TemporalReportedProblems` IN (\"category=WorkflowTaskFailed\", \"category=WorkflowTaskTimedOut\")",
		"`WorkflowId`=\"food-0\"",
		"`WorkflowId` STARTS_WITH \"yeyak-repair\"",
		"`WorkflowType`=\"Lodging\"",
		"`WorkflowType`=\"Repair\"",
		"`WorkflowType`=\"Repair\" AND `TemporalScheduledById`=\"repair\"",
		"`ExecutionStatus`=\"Failed\" AND `WorkflowType`=\"Cafe\"",
		"`RunId`=\"c4ca4238-a0b9-2382-0dcc-509a6f75849b\"",
		"TemporalScheduledById=\"repair\"",
		"TemporalScheduledById=\"repair\" AND WorkflowId in (\"yeyak-repair-113\", \"yeyak-repair-226\") AND ExecutionStatus != \"ContinuedAsNew\"",
		"ParentWorkflowId = \"parent-7\" AND ParentRunId = \"2f1b3c9e-0000-4000-8000-000000000000\"",
		"ParentWorkflowId = \"parent-7\"",
		"RootWorkflowId = \"parent-7\"",
		"TemporalWorkerDeployment=\"yeyak\"",
		"TemporalWorkerDeploymentVersion=\"yeyak:green\"",
		"`CustomerId`=\"customer-7\"",
		"`OrderStatus` STARTS_WITH \"awaiting\"",
		"`NeedsAttention`=true",
		"`HistoryLength`>30",
		"`ExecutionDuration`>86000000000000",
		"`TaskQueue`=\"sagas\"",
	} {
		all = append(all, list(query, 100), count(strings.TrimSpace(query+perStatus)))
	}
	return all
}

// fromRecipes are those of docs/operations. The CLI requests pages of a thousand; before a
// batch operation it counts the workflows.
func fromRecipes() (all []search) {
	for _, query := range []string{
		"CustomerId = 'customer-7'",
		"OwnerId = 'owner-7' AND OrderStatus = 'awaiting_owner' AND ExecutionStatus = 'Running'",
		"NeedsAttention = true AND ExecutionStatus = 'Running'",
		"ItemId = 'item-7' AND ExecutionStatus = 'Running'",
		"TemporalWorkerDeploymentVersion = 'yeyak:blue' AND ExecutionStatus = 'Running'",
		"OrderKind = 'food' AND OrderStatus = 'confirmed' AND ExecutionStatus = 'Running'",
	} {
		all = append(all, list(query, 1000), count(query))
	}
	return all
}

// ours are Yeyak's own: of audit and repair, of a drink's deletion, of `yeyak prepare` and
// of the benchmarks.
func ours() []search {
	return []search{
		list(orders.All, 1000), list(orders.All, 200), count(orders.All),
		list(orders.Since(time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)), 200),
		count("ItemId = 'item-7' AND ExecutionStatus = 'Running'"),
		count("OrderStatus = 'confirmed' AND ExecutionStatus = 'Running'"),
		count("OrderStatus = 'cancelled' AND ExecutionStatus = 'Completed'"),
		count("`CustomerId` IS NOT NULL AND `NeedsAttention` IS NOT NULL"),
	}
}

// fromServer are the server's own: lists of schedules, batches and deployments, whether a
// build is still in use, what a namespace contains.
func fromServer() []search {
	return []search{
		{"schedules", func(ctx context.Context, c client.Client) error {
			_, err := c.WorkflowService().ListSchedules(ctx, &workflowservice.ListSchedulesRequest{Namespace: namespace, MaximumPageSize: 100})
			return err
		}},
		{"batches", func(ctx context.Context, c client.Client) error {
			_, err := c.WorkflowService().ListBatchOperations(ctx, &workflowservice.ListBatchOperationsRequest{Namespace: namespace, PageSize: 100})
			return err
		}},
		{"deployments", func(ctx context.Context, c client.Client) error {
			_, err := c.WorkflowService().ListWorkerDeployments(ctx, &workflowservice.ListWorkerDeploymentsRequest{Namespace: namespace, PageSize: 100})
			return err
		}},
		count("TemporalNamespaceDivision = 'TemporalBatcher' AND ExecutionStatus = 'Running'"),
		count("TemporalWorkerDeploymentVersion = 'yeyak:blue' AND ExecutionStatus = 'Running' AND TemporalWorkflowVersioningBehavior = 'Pinned'"),
		count("TaskQueue = 'sagas' AND BuildIds IN ('versioned:yeyak:blue') AND ExecutionStatus = 'Running'"),
		count("TaskQueue = 'sagas' AND (BuildIds IS NULL OR BuildIds IN ('unversioned')) AND ExecutionStatus = 'Running'"),
		count("TaskQueue = 'sagas' AND (BuildIds IS NULL OR BuildIds IN ('unversioned')) AND ExecutionStatus != 'Running'"),
		count(""),
		count("TemporalNamespaceDivision IS NULL OR TemporalNamespaceDivision IS NOT NULL"),
		list("TemporalNamespaceDivision IS NULL OR TemporalNamespaceDivision IS NOT NULL", 1000),
		count("TemporalUsedWorkerDeploymentVersions IN ('yeyak:green')"),
	}
}
