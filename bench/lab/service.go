package lab

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/devserver"
)

// Setup configures a service.
type Setup struct {
	Name string
	// Program accepts the commands and settings of yeyak.
	Program string
	// Args are settings beyond those of all services.
	Args []string
	// Env is for the service, and for all commands on its data.
	Env []string
}

// Service is a process under test with a namespace and a database of its own.
type Service struct {
	*Program
	Name      string
	URL       string
	Namespace string
	Database  string

	// env is the environment of its commands.
	env   []string
	token string // of the requests: an operator's
}

// Service starts a program as yeyak api that serves all queues, with every database
// migrated.
func (w *World) Service(ctx context.Context, setup Setup) (*Service, error) {
	s := &Service{Name: setup.Name, token: w.issuer.Operator(), Namespace: "bench-" + setup.Name}
	if err := w.prepareNamespace(ctx, s.Namespace); err != nil {
		return nil, err
	}
	var err error
	if s.Database, err = w.Postgres.NewDatabase(ctx); err != nil {
		return nil, err
	}
	ports, err := child.FreePorts(1)
	if err != nil {
		return nil, err
	}
	address := child.Address(ports[0])
	s.URL = "http://" + address
	s.env = append([]string{
		"DATABASE_URL=" + s.Database, "TEMPORAL_ADDRESS=" + w.Temporal.Addr(), "TEMPORAL_NAMESPACE=" + s.Namespace,
		"YEYAK_LISTEN=" + address, "YEYAK_PAYMENTS=sandbox", "YEYAK_AUTH_ISSUER=" + w.issuer.URL(),
		"YEYAK_REQUESTS_PER_SECOND=0", // all customers have one token
		// Under a load that fills the machine every customer should be answered with the
		// outcome of their order.
		"YEYAK_REPLY_BUDGET=30s",
		// The repair, every five minutes, would disturb one load and not the other.
		"YEYAK_REPAIR_EVERY=24h",
	}, setup.Env...)
	s.Program = &Program{world: w}
	if out, err := s.Command(ctx, "migrate"); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	s.Program, err = w.Start(ctx, setup.Name, s.URL+ready, child.Command{Path: setup.Program, Args: append([]string{"api"}, setup.Args...), Env: s.env})
	return s, err
}

// ready is the path of readiness probes.
const ready = "/readyz"

// Worker starts a yeyak worker beside the service, for all queues.
func (s *Service) Worker(ctx context.Context) (*Program, error) {
	ports, err := child.FreePorts(1)
	if err != nil {
		return nil, err
	}
	address := child.Address(ports[0])
	return s.world.Start(ctx, s.Name+"-worker", "http://"+address+ready, child.Command{
		Path: s.world.Programs.Yeyak, Args: []string{"worker", "--listen-operations", address}, Env: s.env,
	})
}

// Audit runs the audit on the service's data, and returns its exit status and output.
func (s *Service) Audit(ctx context.Context) (status int, said string, err error) {
	said, err = s.Command(ctx, "audit", "--log-level", "error")
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return exit.ExitCode(), said, nil
	}
	return 0, said, err
}

// Command runs a command of yeyak on the service's databases and namespace, and returns
// its output.
func (s *Service) Command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.world.Programs.Yeyak, args...)
	cmd.Env = append(child.Environment(), s.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("yeyak %s: %w", strings.Join(args, " "), err)
	}
	return string(out), err
}

// BareNamespace is the namespace of workflows that are not orders.
const BareNamespace = "bench-bare"

// PrepareBare creates that namespace.
func (w *World) PrepareBare(ctx context.Context) error {
	return devserver.EnsureNamespace(ctx, w.client, BareNamespace)
}

func (w *World) prepareNamespace(ctx context.Context, namespace string) error {
	if err := app.PrepareNamespace(ctx, w.client, namespace); err != nil {
		return fmt.Errorf("namespace %s: %w", namespace, err)
	}
	return nil
}

// Engine is a client of the service's namespace. The caller closes it.
func (s *Service) Engine() (client.Client, error) {
	return client.NewClientFromExisting(s.world.client, client.Options{Namespace: s.Namespace, Logger: devserver.Quiet()})
}
