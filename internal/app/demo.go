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

// Demonstration lets demonstrations run on a process, as only `yeyak dev` does.
type Demonstration struct {
	// Token answers an access token of a demonstration account.
	Token func(ctx context.Context, account string) (string, error)
	// Say tells people in a line what happens.
	Say func(format string, args ...any)
	// Settings are how one runs that a page starts.
	Settings demo.Settings
}

// DemoSettings are how a demonstration runs.
type DemoSettings = demo.Settings

// errNotClean: the audit at the end of a demonstration has found something.
var errNotClean = errors.New("the audit at the end of the demonstration has found that something is wrong")

// RunDemo runs everything as RunDev does, with a demonstration on it, until that ends:
// when its time is over, or ctx ends. Its error tells that the audit at its end was not
// clean, or that orders were given up. A log at the usual level tells errors only.
func RunDemo(ctx context.Context, cfg config.Config, s demo.Settings, log *zap.Logger, out io.Writer) error {
	if cfg.Log.Level == "info" {
		log = log.WithOptions(zap.IncreaseLevel(zap.ErrorLevel)) // what fails is meant to, and the demonstration tells it
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

// demoMoment is how long after one look of the audit at the end the next one is taken:
// see audit.Options.
const demoMoment = 15 * time.Second

// newDemo makes the demonstration that people can start, nil for a process on which none
// is to run.
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

// demoForPages is nil where no demonstration can run.
func (a *App) demoForPages() web.Demo {
	if a.demo == nil {
		return nil
	}
	return a.demo
}

// slowAnswers is how long the payment provider takes while it is slow: more than a step
// in place may take, and a customer's request waits.
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

// awayInventory stops the worker of the inventory. The process does what one does that
// does not serve it: it leaves the steps to the inventory's queue, which nobody serves.
func (a *App) awayInventory() demo.Failure {
	return demo.Failure{
		Kind:  demo.InventoryAway,
		Begin: func(context.Context) error { return a.serveAllBut(contract.InventoryQueue) },
		End:   func(context.Context) error { return a.serveAllBut("") },
	}
}

// killedWorker ends the workers the way a kill -9 does, as far as the engine and the
// databases can tell.
func (a *App) killedWorker() demo.Failure {
	return demo.Failure{
		Kind:  demo.WorkerKilled,
		Begin: func(context.Context) error { a.killWorkers(); return nil },
		End:   func(context.Context) error { return a.serveAllBut("") },
	}
}
