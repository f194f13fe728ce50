package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/orders"
)

// devTemporal is the Temporal server of `yeyak dev`.
type devTemporal interface {
	// start returns when the server is ready, stop when it has ended.
	start(ctx context.Context) error
	stop(ctx context.Context)
	// watch returns why the server has ended, nil if ctx has ended.
	watch(ctx context.Context) error
	// address and namespace are "" if Temporal's own settings have them.
	address() string
	namespace() string
	// whereabouts are lines with its addresses, for people.
	whereabouts() string
	// webUI is the address of its web UI, "" if that is not known.
	webUI() string
	// settings are NAME=VALUE, for programs that read them.
	settings() []string
}

// chooseEngine returns the server that TEMPORAL_ADDRESS names, if it runs and is new
// enough, else a program to run one, and prints which. The orders in the data folder
// need their workflows: a folder stays with its first server.
func chooseEngine(ctx context.Context, cfg config.Config, log *zap.Logger, say func(string, ...any)) (devTemporal, error) {
	dir := cfg.Dev.DataDir
	home, err := devserver.ReadHome(dir)
	if err != nil {
		return nil, err
	}
	running, err := externalEngine(dir)
	if err != nil {
		return nil, err
	}
	if home.External() && (running == nil || running.home != home) {
		return nil, fmt.Errorf("the orders in %s have their workflows on the Temporal server at %s, namespace %s: "+
			"set TEMPORAL_ADDRESS=%[2]s TEMPORAL_NAMESPACE=%[3]s, or choose another folder with YEYAK_DATA_DIR", dir, home.Address, home.Namespace)
	}
	if running != nil {
		version, err := running.version(ctx)
		switch {
		case err == nil && home.Version != "":
			return nil, fmt.Errorf("the orders in %s have their workflows there, and not on the Temporal server at %s: "+
				"unset TEMPORAL_ADDRESS, or choose another folder with YEYAK_DATA_DIR", dir, running.home.Address)
		case err == nil:
			say("Using the Temporal server %s that runs at %s (TEMPORAL_ADDRESS), namespace %s.", version, running.home.Address, running.home.Namespace)
			running.isNew = running.home != home
			return running, nil
		case home.External():
			return nil, fmt.Errorf("the Temporal server at %s (TEMPORAL_ADDRESS), where the orders in %s have their workflows: %w", home.Address, dir, err)
		}
		say("Not used: the Temporal server at %s (TEMPORAL_ADDRESS), %v.", running.home.Address, err)
	}
	program, err := devserver.Choose(ctx, cfg.Dev.TemporalServer, dir, say)
	if err != nil {
		return nil, err
	}
	say("Starting the Temporal server %s (%s) on %s …", program.Version, program.Path, dir)
	return &devEngine{log: log, program: program, options: devserver.Options{
		Program: program.Path, DataDir: dir, Port: cfg.Dev.TemporalPort, UIPort: cfg.Dev.UIPort, Logger: log,
	}}, nil
}

// external is a server that runs already.
type external struct {
	dir     string
	home    devserver.Home
	isNew   bool // the data folder has not used it yet
	options client.Options
}

// externalEngine is the server that TEMPORAL_ADDRESS names, nil if it is not set.
func externalEngine(dir string) (*external, error) {
	if os.Getenv("TEMPORAL_ADDRESS") == "" { // a profile of the CLI does not name one for development
		return nil, nil //nolint:nilnil // there is none
	}
	options, err := temporalSettings()
	if err != nil {
		return nil, err
	}
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	options.Logger = devserver.Quiet()
	return &external{dir: dir, options: options, home: devserver.Home{Address: options.HostPort, Namespace: options.Namespace}}, nil
}

// answersWithin is the time limit of the check of a running server.
const answersWithin = 5 * time.Second

// version returns the server's version if it answers and is new enough.
func (e *external) version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	c, err := client.DialContext(ctx, e.options)
	if err != nil {
		return "", fmt.Errorf("which does not answer: %w", err)
	}
	defer c.Close()
	info, err := c.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return "", fmt.Errorf("which does not report its version: %w", err)
	}
	version := info.GetServerVersion()
	if devserver.CompareVersions(version, devserver.Oldest) < 0 {
		return "", devserver.TooOld(version)
	}
	return version, nil
}

// start prepares the namespace. A data folder that is new to it must find no orders
// there: they would belong to other databases.
func (e *external) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	c, err := client.NewLazyClient(e.options)
	if err != nil {
		return err
	}
	defer c.Close()
	if e.isNew {
		if err := e.unused(ctx, c); err != nil {
			return err
		}
	}
	if err := PrepareNamespace(ctx, c, e.home.Namespace); err != nil {
		return err
	}
	return e.home.Write(e.dir)
}

// unused makes sure that the namespace has no orders.
func (e *external) unused(ctx context.Context, c client.Client) error {
	used, err := orders.NewEngine(c).Used(ctx, e.home.Namespace)
	if err != nil {
		return fmt.Errorf("find orders at %s: %w", e.home.Address, err)
	}
	if used {
		return fmt.Errorf("namespace %s of the Temporal server at %s holds orders that are not in %s: choose another one with TEMPORAL_NAMESPACE",
			e.home.Namespace, e.home.Address, e.dir)
	}
	return nil
}

func (e *external) stop(context.Context) {} // another process runs it

func (e *external) watch(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (e *external) address() string   { return "" }
func (e *external) namespace() string { return "" }

func (e *external) webUI() string { return "" }

func (e *external) whereabouts() string {
	return fmt.Sprintf("  Temporal     %s, namespace %s", e.home.Address, e.home.Namespace)
}

func (e *external) settings() []string {
	return []string{"TEMPORAL_ADDRESS=" + e.home.Address, "TEMPORAL_NAMESPACE=" + e.home.Namespace}
}
