package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/demo"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Demonstration lets demonstrations run on a process; only `yeyak dev` does.
type Demonstration struct {
	// Token returns an access token of a demonstration account.
	Token func(ctx context.Context, account string) (string, error)
	// Say prints a line for people.
	Say func(format string, args ...any)
	// Settings are those of demonstrations that a page starts.
	Settings demo.Settings
}

// DemoSettings are the settings of a demonstration.
type DemoSettings = demo.Settings

// errNotClean: the audit at the end of a demonstration has found something.
var errNotClean = errors.New("the audit at the end of the demonstration has found that something is wrong")

// RunDemo is RunDev with a demonstration, until its time ends or ctx ends. It returns an error if
// the audit at its end has findings, or if orders have not recovered. At the usual log level only
// errors are logged.
func RunDemo(ctx context.Context, cfg config.Config, s demo.Settings, log *zap.Logger, out io.Writer) error {
	if cfg.Log.Level == "info" {
		log = log.WithOptions(zap.IncreaseLevel(zap.ErrorLevel)) // failures are part of it, and the demonstration reports them
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var result demo.Result
	var failed error
	err := runDev(running, cfg, log, out, s, func(a *App) error {
		if a.demo == nil {
			return errors.New("the demonstration needs the sandbox for payments and the issuer of yeyak dev: " +
				"set neither STRIPE_SECRET_KEY nor YEYAK_AUTH_ISSUER, nor --auth=off")
		}
		a.beside.Go(func() {
			defer stop()
			acting, end := context.WithCancel(ctx)
			defer end()
			result, failed = a.demo.Run(acting, s)
		})
		return nil
	})
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	if err != nil {
		return err
	}
	if result.Says != "" {
		say("\nThe audit:\n\n%s", result.Says)
	}
	if failed == nil && !result.Clean {
		return errNotClean
	}
	return failed
}

// demoMoment is the pause between two passes of the audit at the end: see
// audit.Options.
const demoMoment = 15 * time.Second

// newDemo makes the demonstration that a page can start, nil if none may run on this
// process.
func (a *App) newDemo() *demo.Demo {
	d := a.options.Demo
	if d == nil || a.options.Config.Payments.Stripe() {
		return nil
	}
	return demo.New(demo.Options{
		URL: "http://" + a.address, Token: d.Token, Say: d.Say, Defaults: d.Settings,
		Failures: []demo.Failure{a.slowProvider(), a.awayInventory(), a.killedWorker()},
		Audit: func(ctx context.Context) (says string, clean bool, err error) {
			report, err := Audit(ctx, a.options, demoMoment)
			if err != nil {
				return "", false, err
			}
			var text strings.Builder
			err = report.Table(&text)
			return text.String(), report.Clean(), err
		},
	})
}

// demoForPages is nil if no demonstration can run.
func (a *App) demoForPages() web.Demo {
	if a.demo == nil {
		return nil
	}
	return a.demo
}

// slowAnswers is the provider's delay while it is slow: longer than a step in place may
// take while a customer's request waits.
const slowAnswers = 3 * time.Second

func (a *App) slowProvider() demo.Failure {
	var before payments.Behaviour
	return demo.Failure{
		Kind: demo.ProviderSlow,
		Begin: func(context.Context) error {
			before = a.sandbox.Behaviour()
			slow := before
			slow.Latency, slow.LatencyUpTo = slowAnswers, 0
			a.sandbox.Behave(slow)
			return nil
		},
		End: func(context.Context) error { a.sandbox.Behave(before); return nil },
	}
}

// awayInventory stops the worker of the inventory. The process then behaves like one
// that does not serve it: the inventory's tasks stay in its queue, which has no worker.
func (a *App) awayInventory() demo.Failure {
	return demo.Failure{
		Kind:  demo.InventoryAway,
		Begin: func(context.Context) error { return a.serveAllBut(contract.InventoryQueue) },
		End:   func(context.Context) error { return a.serveAllBut("") },
	}
}

// killedWorker ends the workers so that engine and databases see the same as after a kill -9.
func (a *App) killedWorker() demo.Failure {
	return demo.Failure{
		Kind:  demo.WorkerKilled,
		Begin: func(context.Context) error { a.killWorkers(); return nil },
		End:   func(context.Context) error { return a.serveAllBut("") },
	}
}
