// Command yeyak is every role of Yeyak in one binary; `yeyak --help` lists
// them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // places have time zones, and a scratch image has none

	"github.com/alecthomas/kong"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/marketing"
)

type commands struct {
	Dev     dev     `cmd:"" help:"Run everything on embedded defaults: Temporal dev server, SQLite, workers and API."`
	API     api     `cmd:"" name:"api" help:"Run the HTTP API, with a saga worker in the same process."`
	Worker  worker  `cmd:"" help:"Run workers for the task queues named by --serve."`
	Migrate migrate `cmd:"" help:"Bring the databases up to date, and end."`

	Marketing marketing.Command `cmd:"" help:"Run the marketing service: recommendations, from the public feed of events alone."`
}

type (
	dev     struct{ config.Dev }
	api     struct{ config.API }
	worker  struct{ config.WorkerOnly }
	migrate struct{ config.Migrate }
)

// Run implements the command.
func (c dev) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := app.NewLogger(cfg.Log)
	defer sync(log)
	return app.RunDev(ctx, cfg, log, os.Stdout)
}

// Run implements the command.
func (c api) Run(ctx context.Context) error { return serve(ctx, c.Settings(), true) }

// Run implements the command.
func (c worker) Run(ctx context.Context) error { return serve(ctx, c.Settings(), false) }

// Run implements the command.
func (c migrate) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := app.NewLogger(cfg.Log)
	defer sync(log)
	return app.Migrate(ctx, cfg, log)
}

func serve(ctx context.Context, cfg config.Config, withAPI bool) error {
	log := app.NewLogger(cfg.Log)
	defer sync(log)
	log.Info("starting", zap.Object("settings", cfg))
	a, err := app.Start(ctx, app.Options{Config: cfg, Log: log, API: withAPI})
	if err != nil {
		return err
	}
	return a.Wait(ctx)
}

// sync flushes the log. A terminal cannot be synced, which is no loss.
func sync(log *zap.Logger) { _ = log.Sync() }

func main() {
	var cli commands
	parser, err := config.New(&cli, kong.Name("yeyak"), kong.Description("Orders and reservations as durable sagas."), kong.UsageOnError())
	if err != nil {
		fail(err)
	}
	selected, err := parser.Parse(os.Args[1:])
	if err != nil {
		fail(err)
	}
	ctx := untilSignal()
	selected.BindTo(ctx, (*context.Context)(nil))
	if err := selected.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fail(err)
	}
}

// untilSignal ends at the first SIGINT or SIGTERM. At the second the process
// ends at once; what it started dies with it.
func untilSignal() context.Context {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		app.KillChildren()
		os.Exit(130)
	}()
	return ctx
}

// fail says what is wrong, a line for each mistake, and ends the process.
func fail(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "yeyak:", strings.TrimSpace(line))
	}
	os.Exit(1)
}
