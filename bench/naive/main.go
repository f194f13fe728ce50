// Command naive is the baseline for comparison: the same service with the same HTTP API,
// activities and databases, whose saga of a reservation is written and started as in
// tutorials (workflow.go). With --saga yeyak it runs Yeyak's own saga, for profiles.
package main

import (
	"context"
	"fmt"
	"net/http"
	_ "net/http/pprof" //nolint:gosec // on the loopback address, and only on request
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/telemetry"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

type commands struct {
	API api `cmd:"" name:"api" help:"Run the HTTP API with the workers in the same process, as yeyak api does."`
}

type api struct {
	config.API
	Saga          string        `name:"saga" enum:"naive,yeyak" default:"naive" help:"Saga of a reservation that is run."`
	ProfileListen string        `name:"profile-listen" help:"Address that serves Go's profiles, host:port."`
	ChargeTimeout time.Duration `name:"charge-timeout" help:"How long the one attempt to charge may take; a charge that takes longer is given up with its order. By default there are 20 seconds and as many attempts as it takes."`
	Unguarded     bool          `name:"unguarded" help:"No breaker protects the payment provider, and the number of concurrent starts is not limited."`
}

// pollers is the number of pollers of each queue. With the default of two a burst would
// have to wait, which would flatter Yeyak.
const pollers = 16

// Run implements the command.
func (c api) Run(ctx context.Context) error {
	if c.ProfileListen != "" {
		go func() { fmt.Fprintln(os.Stderr, http.ListenAndServe(c.ProfileListen, nil)) }() //nolint:gosec // for profiles only
	}
	cfg := c.Settings()
	if c.Unguarded {
		cfg.Overload.Breaker = config.Breaker{Slow: time.Minute, MinCalls: 1_000_000} // it never opens
		cfg.Admission.MaxStarts = 512                                                 // as many as all writes
	}
	o := app.Options{Config: cfg, Log: telemetry.NewLogger(cfg.Log), API: true}
	if c.Saga == "naive" {
		o.Comparison = app.Comparison{Workflows: saga{c.ChargeTimeout}.register, Workers: tune, Client: leaveAsItIs}
	}
	a, err := app.Start(ctx, o)
	if err != nil {
		return err
	}
	return a.Wait(ctx)
}

func (s saga) register(r workers.Registry) {
	r.RegisterWorkflowWithOptions(s.lodging, workflow.RegisterOptions{Name: contract.LodgingWorkflow})
}

func tune(o *worker.Options) {
	o.WorkflowTaskPollerBehavior, o.ActivityTaskPollerBehavior = nil, nil
	o.MaxConcurrentWorkflowTaskPollers, o.MaxConcurrentActivityTaskPollers = pollers, pollers
}

// leaveAsItIs uses the SDK's defaults, like the samples.
func leaveAsItIs(o *client.Options) { o.ConnectionOptions.GrpcCompression = nil }

func main() {
	var cli commands
	parser, err := config.New(&cli)
	if err != nil {
		fail(err)
	}
	selected, err := parser.Parse(os.Args[1:])
	if err != nil {
		fail(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	selected.BindTo(ctx, (*context.Context)(nil))
	err = selected.Run()
	stop()
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "naive:", err)
	os.Exit(1)
}
