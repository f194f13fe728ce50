// Command yeyak is every role of Yeyak in one binary; `yeyak --help` lists
// them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/telemetry"
	"github.com/yeyak/yeyak/marketing"
)

type commands struct {
	Dev       dev       `cmd:"" help:"Run everything on embedded defaults: Temporal dev server, SQLite, workers and API."`
	Demo      demo      `cmd:"" help:"Run everything as dev does, with people who order and services that fail in turn, and the audit at the end. Exit code 0: nothing is wrong."`
	API       api       `cmd:"" name:"api" help:"Run the HTTP API, with a saga worker in the same process."`
	Worker    worker    `cmd:"" help:"Run workers for the task queues named by --serve."`
	Migrate   migrate   `cmd:"" help:"Bring the databases up to date, and end."`
	Audit     audit     `cmd:"" help:"Compare all orders with money, stock, work and pages. Exit code 0: nothing is wrong; 1: something is; 2: could not look."`
	Settle    settle    `cmd:"" help:"Undo an order whose workflow was lost, as yeyak audit reports it."`
	Status    status    `cmd:"" help:"Tell how everything is: open orders, what is owed, queues, breaker, read model, audit. Exit code 0: nothing waits for an operator; 1: something does; 2: could not look."`
	Attention attention `cmd:"" help:"Tell which orders need attention, why, and what the payment provider has said last."`
	Timeline  timeline  `cmd:"" help:"Tell all that has happened to an order, in the order of time."`
	Retry     retry     `cmd:"" help:"Try at once what of an order has failed and waits to be tried again."`
	Cancel    cancel    `cmd:"" help:"Cancel an order, as its customer might."`
	Refund    refund    `cmd:"" help:"Give back a part of what was paid for an order."`
	Bulk      bulk      `cmd:"" help:"Do something to many orders, after a dry run that names them."`
	Actions   actions   `cmd:"" help:"Tell what operators have done to orders, newest first."`
	Resolve   resolve   `cmd:"" help:"Say that a refund which the payment provider could not make was paid by hand."`
	Payments  payments  `cmd:"" help:"See to payments."`
	Mypage    mypage    `cmd:"" help:"See to the customers' pages."`
	Token     token     `cmd:"" help:"Print an access token of a demonstration account of the yeyak dev that runs on the data folder."`
	Keys      keys      `cmd:"" help:"API keys of programs."`

	SandboxPayments sandboxPayments `cmd:"" help:"Run a stand-in for Stripe that can be made slow, narrow, down and forgetful."`

	Prepare     prepare        `cmd:"" help:"Make the namespace and the search attributes that orders need, and end."`
	Visibility  visibility     `cmd:"" help:"Make the indexes of Temporal's visibility table lean, or stock again, while everything runs. Exit code 0: they are as they are wanted; 1, with --check: they are not; 2: could not look, or change them."`
	Healthcheck healthcheck    `cmd:"" help:"Ask a process how it is. Exit code 0: well."`
	Version     versionCommand `cmd:"" help:"Tell the version."`
	VersionFlag versionFlag    `name:"version" help:"Tell the version."`

	Marketing marketing.Command `cmd:"" help:"Run the marketing service: recommendations, from the public feed of events alone."`
}

type (
	dev     struct{ config.Dev }
	demo    struct{ config.Demo }
	api     struct{ config.API }
	worker  struct{ config.WorkerOnly }
	migrate struct{ config.Migrate }
	audit   struct {
		config.Audit
		JSON  bool `name:"json" help:"Write the report as JSON."`
		Last  bool `name:"last" xor:"what" help:"Look at nothing, and tell what the audits that workers run have found. Exit code 0: nothing; 1: something; 2: it cannot be known."`
		Start bool `name:"start" xor:"what" help:"Look at nothing, and have a worker run an audit, whose findings are kept."`
	}
	settle struct {
		config.Settle
		config.Seen
		Order  string `arg:"" help:"Id of the order."`
		Reason string `name:"reason" help:"Why, for those who read later what operators have done."`
	}
	actions struct {
		config.Actions
		Order string `arg:"" optional:"" help:"Id of an order: only what was done to it."`
		JSON  bool   `name:"json" help:"Write them as JSON, one a line."`
	}
	resolve struct {
		config.Resolution
		config.Seen
		Order      string `arg:"" help:"Id of the order."`
		PaidByHand string `name:"paid-by-hand" required:"" help:"The evidence: how it was paid, so that others can find it."`
	}
	payments struct {
		Look look `cmd:"" help:"Ask the payment provider what has become of an order's payment, as a notice of it would. Disputes and refunds by hand are recorded."`
	}
	look struct {
		config.Resolution
		Order string `arg:"" help:"Id of the order."`
	}
	mypage struct {
		Rebuild rebuild `cmd:"" help:"Write the page of every order anew, from what its workflow answers."`
	}
	rebuild struct{ config.Rebuild }

	sandboxPayments struct{ config.SandboxPayments }
	prepare         struct{ config.Prepare }
	visibility      struct{ config.Visibility }
)

// Run implements the command.
func (c dev) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := newLogger(cfg.Log)
	defer sync(log)
	return app.RunDev(ctx, cfg, log, os.Stdout)
}

// Run implements the command.
func (c demo) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := newLogger(cfg.Log)
	defer sync(log)
	return app.RunDemo(ctx, cfg, app.DemoSettings{For: c.For, Seed: c.Seed, PerMinute: c.PerMinute, Failing: c.Failing}, log, os.Stdout)
}

// Run implements the command.
func (c api) Run(ctx context.Context, given config.Given) error {
	return serve(ctx, c.Settings(), given, true)
}

// Run implements the command.
func (c worker) Run(ctx context.Context, given config.Given) error {
	return serve(ctx, c.Settings(), given, false)
}

// Run implements the command.
func (c migrate) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	defer sync(log)
	return app.Migrate(ctx, cfg, log)
}

// Run implements the command.
func (c audit) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := newLogger(cfg.Log)
	defer sync(log)
	if c.Last || c.Start {
		return c.kept(ctx, app.Options{Config: cfg, Log: log})
	}
	report, err := app.Audit(ctx, app.Options{Config: cfg, Log: log}, c.Moment)
	if err != nil {
		return exit{couldNotLook, err.Error()}
	}
	write := report.Table
	if c.JSON {
		write = report.JSON
	}
	switch err := write(os.Stdout); {
	case err != nil:
		return exit{couldNotLook, err.Error()}
	case len(report.Findings) > 0:
		return exit{code: 1}
	case !report.Clean():
		return exit{code: couldNotLook}
	default:
		return nil
	}
}

// Run implements the command.
func (c settle) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	defer sync(log)
	o := app.Options{Config: cfg, Log: log}
	ctx, err := seeing(ctx, o, c.Order, c.Seen)
	if err != nil {
		return err
	}
	v, err := app.Settle(ctx, o, c.Order, booking.Personal(c.Reason), c.As.ID, c.Wait)
	if err == nil {
		log.Info("order is being settled", zap.String("order", v.ID))
	}
	switch {
	case err != nil:
		return err
	case v.Status == booking.Cancelled:
		_, err = fmt.Printf("Order %s is cancelled (%s); nothing is owed.\n", v.ID, v.Reason)
	case v.Status == "":
		_, err = fmt.Printf("Order %s will be undone; no worker has begun with it yet.\n", v.ID)
	default:
		_, err = fmt.Printf("Order %s is being undone and is %s by now. It goes on until it is cancelled.\n", v.ID, v.Status)
	}
	return err
}

// Run implements the command.
func (c resolve) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	defer sync(log)
	o := app.Options{Config: cfg, Log: log}
	ctx, err := seeing(ctx, o, c.Order, c.Seen)
	if err != nil {
		return err
	}
	v, err := app.Resolve(ctx, o, c.Order, booking.Personal(c.PaidByHand), c.As.ID)
	if err != nil {
		return err
	}
	log.Info("refund was paid by hand", zap.String("order", v.ID))
	_, err = fmt.Printf("What was owed for order %s is recorded as paid by hand. It goes on by itself.\n", v.ID)
	return err
}

// Run implements the command.
func (c look) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	defer sync(log)
	if err := app.Look(ctx, app.Options{Config: cfg, Log: log}, c.Order, c.As.ID); err != nil {
		return err
	}
	log.Info("payment is looked at", zap.String("order", c.Order))
	_, err := fmt.Printf("The payment provider is asked about order %s. What comes of it shows at GET /v1/payments/%s.\n", c.Order, c.Order)
	return err
}

// Run implements the command.
func (c rebuild) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	defer sync(log)
	done, err := app.RebuildMypage(ctx, app.Options{Config: cfg, Log: log})
	if err != nil {
		return err
	}
	log.Info("pages are written anew", zap.Int64("orders", done.Orders), zap.Int64("written", done.Written), zap.Int64("silent", done.Silent))
	fmt.Printf("%d orders: %d pages written, %d orders did not answer.\n", done.Orders, done.Written, done.Silent)
	if done.Silent > 0 {
		return errors.New("some orders did not answer: is a worker running?")
	}
	return nil
}

// Run implements the command.
func (c sandboxPayments) Run(ctx context.Context) error {
	log := newLogger(c.Log)
	defer sync(log)
	return app.RunSandboxPayments(ctx, c.SandboxPayments, log, nil)
}

// Run implements the command.
func (c prepare) Run(ctx context.Context) error {
	log := loggerOf(c.Log, c.As)
	defer sync(log)
	return app.Prepare(ctx, c.Wait, log)
}

// Run implements the command.
func (c visibility) Run(ctx context.Context) error {
	log := loggerOf(c.Log, c.As)
	defer sync(log)
	report, err := app.Visibility(ctx, c.Visibility, log)
	if err == nil {
		err = report.Print(os.Stdout)
	}
	switch {
	case err != nil:
		return exit{couldNotLook, err.Error()}
	case !report.OK():
		return exit{code: 1}
	default:
		return nil
	}
}

func serve(ctx context.Context, cfg config.Config, given config.Given, withAPI bool) error {
	log := newLogger(cfg.Log)
	defer sync(log)
	log.Info("starting", zap.String("version", version), zap.Object("settings", given))
	log.Debug("all settings", zap.Object("settings", cfg))
	a, err := app.Start(ctx, app.Options{Config: cfg, Log: log, API: withAPI, Version: version, Revision: revision})
	if err != nil {
		return err
	}
	return a.Wait(ctx)
}

// newLogger is the log of the process, which takes the lines of libraries that
// write to Go's own log, too.
func newLogger(cfg config.Log) *zap.Logger {
	log := telemetry.NewLogger(cfg)
	_, _ = zap.RedirectStdLogAt(log.Named("library"), zap.WarnLevel) // fails for unknown levels only
	return log
}

// loggerOf is the log of a command that changes something. Each line names whose
// doing that is.
func loggerOf(cfg config.Log, as config.As) *zap.Logger {
	return newLogger(cfg).With(zap.String("by", as.ID))
}

// sync flushes the log. A terminal cannot be synced, which is no loss.
func sync(log *zap.Logger) { _ = log.Sync() }

// garbagePercent lets the heap grow to five times of what lives in it before it
// is collected: little lives, since orders rest in the engine. GOGC goes before.
const garbagePercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	var cli commands
	parser, err := config.New(&cli, kong.Name("yeyak"), kong.Description(description), kong.UsageOnError(), kong.Vars{"version": version})
	if err != nil {
		fail(err)
	}
	if len(os.Args) == 1 {
		help(parser)
	}
	selected, err := parser.Parse(os.Args[1:])
	if err != nil {
		fail(misunderstood(err, os.Args[1:]))
	}
	ctx := untilSignal()
	selected.BindTo(ctx, (*context.Context)(nil))
	if err := selected.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fail(err)
	}
}

// description is what the help begins with.
const description = `Orders and reservations as durable sagas.

Begin with "yeyak dev": it runs everything on this machine and prints a first order to paste.`

// help answers a call without a command, as the go command does: with the help
// on standard error and exit code 2, since nothing was done.
func help(parser *config.Parser) {
	if err := parser.Help(os.Stderr); err != nil {
		fail(err)
	}
	os.Exit(misused)
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

// exit is an end with a code of its own, and with nothing to say when it has
// been said.
type exit struct {
	code int
	says string
}

func (e exit) Error() string { return e.says }

// misused is the exit code of a call without a command.
const misused = 2

// couldNotLook is the exit code of a command that does not know what it was
// asked for.
const couldNotLook = 2

// misunderstood keeps a command that did not begin from being taken for one
// that has found something.
func misunderstood(err error, args []string) error {
	if len(args) > 0 && slices.Contains([]string{"audit", "status", "visibility"}, args[0]) {
		return exit{couldNotLook, err.Error()}
	}
	return err
}

// fail says what is wrong, a line for each mistake, and ends the process.
func fail(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "yeyak:", strings.TrimSpace(line))
	}
	if with, ok := errors.AsType[exit](err); ok {
		os.Exit(with.code)
	}
	os.Exit(1)
}
