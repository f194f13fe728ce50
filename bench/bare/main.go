// Command bare measures the limit of the engine with the SDK that Yeyak uses: workflows
// that are started eagerly and run one empty local activity, with worker and starter in
// one process, without HTTP and without a database. The process makes its own load when
// it receives POST /load.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/internal/devserver"
)

const queue = "bare"

func nothing(context.Context) error { return nil }

// bare is the workflow.
func bare(ctx workflow.Context) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Second})
	return workflow.ExecuteLocalActivity(ctx, nothing).Get(ctx, nil)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run() error {
	c, err := client.Dial(client.Options{
		HostPort: os.Getenv("TEMPORAL_ADDRESS"), Namespace: os.Getenv("TEMPORAL_NAMESPACE"), Logger: devserver.Quiet(),
	})
	if err != nil {
		return err
	}
	defer c.Close()
	// As for the sagas; see package workers.
	w := worker.New(c, queue, worker.Options{
		MaxConcurrentWorkflowTaskExecutionSize:  400,
		MaxConcurrentLocalActivityExecutionSize: 400,
		WorkflowTaskPollerBehavior: worker.NewPollerBehaviorAutoscaling(
			worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 4, MaximumNumberOfPollers: 32}),
	})
	w.RegisterWorkflow(bare)
	w.RegisterActivity(nothing)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("POST /load", func(out http.ResponseWriter, r *http.Request) {
		var o lab.Load
		err := json.NewDecoder(r.Body).Decode(&o)
		if err == nil {
			var done lab.Run
			if done, err = lab.Closed(r.Context(), o, one(c)); err == nil {
				err = json.NewEncoder(out).Encode(done)
			}
		}
		if err != nil {
			http.Error(out, err.Error(), http.StatusInternalServerError)
		}
	})
	return http.ListenAndServe(os.Getenv("LISTEN"), nil) //nolint:gosec // for the bench, on the loopback address
}

// one runs one workflow to its end.
func one(c client.Client) lab.Do {
	return func(ctx context.Context, _ int) error {
		started, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: uuid.NewString(), TaskQueue: queue, EnableEagerStart: true,
		}, bare)
		if err != nil {
			return err
		}
		return started.Get(ctx, nil)
	}
}
