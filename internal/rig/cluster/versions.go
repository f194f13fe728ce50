package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/yeyak/yeyak/internal/devserver"
)

// deployment is the engine's name for all builds.
const deployment = "yeyak"

// promotedWithin bounds the time until the engine knows a build.
const promotedWithin = 30 * time.Second

// BuildOf is the build id of a program.
func BuildOf(ctx context.Context, program string) (string, error) {
	out, err := exec.CommandContext(ctx, program, "version").Output()
	if err != nil {
		return "", fmt.Errorf("%s version: %w", program, err)
	}
	words := strings.Fields(string(out)) // yeyak v1.4.0 (…)
	if len(words) < 2 {
		return "", fmt.Errorf("%s version says %q", program, out)
	}
	return words[1], nil
}

func (c *Cluster) dial() (client.Client, error) {
	return client.NewLazyClient(client.Options{HostPort: c.temporal.Addr(), Logger: devserver.Quiet()})
}

// Promote makes a build the current one, which gets new orders. One of its workers has
// to run.
func (c *Cluster) Promote(ctx context.Context, build string) error {
	engine, err := c.dial()
	if err != nil {
		return err
	}
	defer engine.Close()
	ctx, cancel := context.WithTimeout(ctx, promotedWithin)
	defer cancel()
	handle := engine.WorkerDeploymentClient().GetHandle(deployment)
	for {
		_, err := handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		if err == nil {
			return nil
		}
		// The engine does not know yet a worker that has just begun to poll.
		select {
		case <-ctx.Done():
			return fmt.Errorf("make %s the current build: %w", build, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Move moves the orders under way on one build to another one, which has to replay
// them. It returns when the engine lists none on the old build.
func (c *Cluster) Move(ctx context.Context, from, to string) (moved int, err error) {
	engine, err := c.dial()
	if err != nil {
		return 0, err
	}
	defer engine.Close()
	known := map[string]bool{}
	query := fmt.Sprintf("TemporalWorkerDeploymentVersion = '%s:%s' AND ExecutionStatus = 'Running'", deployment, from)
	for {
		list, err := engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			return len(known), err
		}
		if len(list.GetExecutions()) == 0 {
			return len(known), nil
		}
		for _, w := range list.GetExecutions() {
			id := w.GetExecution().GetWorkflowId()
			if known[id] {
				continue
			}
			if err := c.move(ctx, engine, id, to); err != nil {
				return len(known), fmt.Errorf("move %s to %s: %w", id, to, err)
			}
			known[id] = true
		}
		// The engine's list is updated with a delay.
		select {
		case <-ctx.Done():
			return len(known), ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (c *Cluster) move(ctx context.Context, engine client.Client, id, to string) error {
	_, err := engine.UpdateWorkflowExecutionOptions(ctx, client.UpdateWorkflowExecutionOptionsRequest{
		WorkflowId: id,
		WorkflowExecutionOptionsChanges: client.WorkflowExecutionOptionsChanges{
			VersioningOverride: &client.VersioningOverrideChange{Value: &client.PinnedVersioningOverride{
				Version: worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: to},
			}},
		},
	})
	if _, ended := errors.AsType[*serviceerror.NotFound](err); ended {
		return nil
	}
	return err
}
