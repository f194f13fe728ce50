// Command yeyak is all of Yeyak's processes in one binary; `yeyak --help` lists them.
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
	Demo      demo      `cmd:"" help:"Run everything as dev does, with simulated orders, services that fail in turn, and an audit at the end. Exit code 0: nothing is wrong."`
	API       api       `cmd:"" name:"api" help:"Run the HTTP API, with a saga worker in the same process."`
	Worker    worker    `cmd:"" help:"Run workers for the task queues named by --serve."`
	Migrate   migrate   `cmd:"" help:"Migrate the databases to this version, and end."`
	Audit     audit     `cmd:"" help:"Compare all orders with money, stock, work and pages. Exit code 0: nothing is wrong; 1: something is wrong; 2: something could not be read."`
	Settle    settle    `cmd:"" help:"Undo an order whose workflow was lost, as reported by yeyak audit."`
	Status    status    `cmd:"" help:"Show the state of everything: open orders, owed undos, queues, breaker, read model, audit. Exit code 0: nothing needs an operator; 1: something does; 2: something could not be read."`
	Attention attention `cmd:"" help:"List the orders that need attention, why, and the last message of the payment provider."`
	Timeline  timeline  `cmd:"" help:"Show everything that has happened to an order, oldest first."`
	Retry     retry     `cmd:"" help:"Retry at once the steps and undos of an order that have failed."`
	Cancel    cancel    `cmd:"" help:"Cancel an order, as its customer can."`
	Refund    refund    `cmd:"" help:"Refund a part of what was paid for an order."`
	Bulk      bulk      `cmd:"" help:"Act on many orders, after a dry run that lists them."`
	Actions   actions   `cmd:"" help:"List operators' actions on orders, newest first."`
	Resolve   resolve   `cmd:"" help:"Record that a refund was paid by hand, if the payment provider could not make it."`
	Payments  payments  `cmd:"" help:"Commands for payments."`
	Mypage    mypage    `cmd:"" help:"Commands for the customers' pages."`
	Token     token     `cmd:"" help:"Print an access token of a demonstration account. yeyak dev has to run on the data folder."`
	Keys      keys      `cmd:"" help:"Commands for the API keys of programs."`

	SandboxPayments sandboxPayments `cmd:"" help:"Run a replacement for Stripe that can be made slow, limited, unavailable or unreliable."`

	Prepare     prepare        `cmd:"" help:"Create the Temporal namespace and the search attributes that orders need, and end."`
	Visibility  visibility     `cmd:"" help:"Change the indexes of Temporal's visibility table while everything runs: to lean ones, or back to stock ones. Exit code 0: they have the wanted form; 1, with --check: they do not; 2: they could not be read or changed."`
	Healthcheck healthcheck    `cmd:"" help:"Check whether a process works. Exit code 0: it does."`
	Version     versionCommand `cmd:"" help:"Print the version."`
	VersionFlag versionFlag    `name:"version" help:"Print the version."`

	Marketing marketing.Command `cmd:"" help:"Run the marketing service: recommendations, from the public event feed only."`
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
		Last  bool `name:"last" xor:"what" help:"Run no audit, but print the findings of the audits that workers run. Exit code 0: no findings; 1: findings; 2: they could not be read."`
		Start bool `name:"start" xor:"what" help:"Make a worker run an audit, and store its findings."`
	}
	settle struct {
		config.Settle
		config.Seen
		Order  string `arg:"" help:"Id of the order."`
		Reason string `name:"reason" help:"Reason, for readers of the log of operators' actions."`
	}
	actions struct {
		config.Actions
		Order string `arg:"" optional:"" help:"Id of an order: list only the actions on it."`
		JSON  bool   `name:"json" help:"Write the actions as JSON, one per line."`
	}
	resolve struct {
		config.Resolution
		config.Seen
		Order      string `arg:"" help:"Id of the order."`
		PaidByHand string `name:"paid-by-hand" required:"" help:"Evidence: how it was paid, so that others can find the payment."`
	}
	payments struct {
		Check checkPayment `cmd:"" name:"look" help:"Check an order's payment at the payment provider, and record disputes and refunds by hand. A notice of the provider does the same."`
	}
	checkPayment struct {
		config.Resolution
		Order string `arg:"" help:"Id of the order."`
	}
	mypage struct {
		Rebuild rebuild `cmd:"" help:"Rebuild the page of every order from the answer of its workflow."`
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
	return app.RunDemo(ctx, cfg, app.DemoSettings{For: c.For, Seed: c.Seed, PerMinute: c.PerMinute, Failing: c.Failing, HealWithin: c.HealWithin}, log, os.Stdout)
}

// Run implements the command.
func (c api) Run(ctx context.Context, nonDefault config.NonDefault) error {
	return serve(ctx, c.Settings(), nonDefault, true)
}

// Run implements the command.
func (c worker) Run(ctx context.Context, nonDefault config.NonDefault) error {
	return serve(ctx, c.Settings(), nonDefault, false)
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
		return exit{auditIncomplete, err.Error()}
	}
	write := report.Table
	if c.JSON {
		write = report.JSON
	}
	switch err := write(os.Stdout); {
	case err != nil:
		return exit{auditIncomplete, err.Error()}
	case len(report.Findings) > 0:
		return exit{code: 1}
	case !report.Clean():
		return exit{code: auditIncomplete}
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
		_, err = fmt.Printf("Order %s is being undone and is %s by now. That continues until it is cancelled.\n", v.ID, v.Status)
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
	_, err = fmt.Printf("What was owed for order %s is recorded as paid by hand. It continues by itself.\n", v.ID)
	return err
}

// Run implements the command.
func (c checkPayment) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	defer sync(log)
	if err := app.CheckPayment(ctx, app.Options{Config: cfg, Log: log}, c.Order, c.As.ID); err != nil {
		return err
	}
	log.Info("payment is checked", zap.String("order", c.Order))
	_, err := fmt.Printf("The payment of order %s is being checked at the provider. The result shows at GET /v1/payments/%s.\n", c.Order, c.Order)
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
	log.Info("pages are written anew", zap.Int64("orders", done.Orders), zap.Int64("written", done.Written), zap.Int64("silent", done.Unanswered))
	fmt.Printf("%d orders: %d pages written, %d orders did not answer.\n", done.Orders, done.Written, done.Unanswered)
	if done.Unanswered > 0 {
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
		return exit{auditIncomplete, err.Error()}
	case !report.OK():
		return exit{code: 1}
	default:
		return nil
	}
}

func serve(ctx context.Context, cfg config.Config, nonDefault config.NonDefault, withAPI bool) error {
	log := newLogger(cfg.Log)
	defer sync(log)
	log.Info("starting", zap.String("version", version), zap.Object("settings", nonDefault))
	log.Debug("all settings", zap.Object("settings", cfg))
	a, err := app.Start(ctx, app.Options{Config: cfg, Log: log, API: withAPI, Version: version, Revision: revision})
	if err != nil {
		return err
	}
	return a.Wait(ctx)
}

// newLogger is the log of the process, including the lines of libraries that use Go's
// own log.
func newLogger(cfg config.Log) *zap.Logger {
	log := telemetry.NewLogger(cfg)
	_, _ = zap.RedirectStdLogAt(log.Named("library"), zap.WarnLevel) // fails only for unknown levels
	return log
}

// loggerOf is the log of a command that changes something. Each line names the caller.
func loggerOf(cfg config.Log, as config.As) *zap.Logger {
	return newLogger(cfg).With(zap.String("by", as.ID))
}

// sync flushes the log. A terminal cannot be synced; that does not matter.
func sync(log *zap.Logger) { _ = log.Sync() }

// garbagePercent lets the heap grow to five times its live size before it is collected:
// the live heap is small, since waiting orders are in the engine. GOGC has precedence.
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

// description is the beginning of the help.
const description = `Orders and reservations as durable sagas.

Begin with "yeyak dev": it runs everything on this machine and prints a first order to paste.`

// help answers a call without a command like the go command does: with the help on
// standard error and exit code 2, since nothing was done.
func help(parser *config.Parser) {
	if err := parser.Help(os.Stderr); err != nil {
		fail(err)
	}
	os.Exit(misused)
}

// untilSignal ends at the first SIGINT or SIGTERM. At the second one the process ends
// at once, and its children with it.
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

// exit is an exit code, with or without an error to print.
type exit struct {
	code int
	says string
}

func (e exit) Error() string { return e.says }

// misused is the exit code of a call without a command.
const misused = 2

// auditIncomplete is the exit code of a command that could not read what it reports.
const auditIncomplete = 2

// misunderstood returns the exit code for arguments that cannot be parsed, which differs from
// that of a command with findings.
func misunderstood(err error, args []string) error {
	if len(args) > 0 && slices.Contains([]string{"audit", "status", "visibility"}, args[0]) {
		return exit{auditIncomplete, err.Error()}
	}
	return err
}

// fail prints a line for each mistake, and ends the process.
func fail(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "yeyak:", strings.TrimSpace(line))
	}
	if with, ok := errors.AsType[exit](err); ok {
		os.Exit(with.code)
	}
	os.Exit(1)
}
