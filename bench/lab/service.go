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

// Setup is how a service is set up.
type Setup struct {
	Name string
	// Program takes the commands and settings of yeyak.
	Program string
	// Args are what it is set to beyond what all services are.
	Args []string
	// Env is for it and for all commands that are run on what it owns.
	Env []string
}

// Service is a process under test with a namespace and a database of its own.
type Service struct {
	*Program
	Name      string
	URL       string
	Namespace string
	Database  string

	// env is what its commands are run with.
	env   []string
	token string // that requests present: an operator's
}

// Service starts a program as yeyak api: all queues served, every database
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
		// Under a load that fills the machine everybody is to be answered, and
		// with what came of their order.
		"YEYAK_REPLY_BUDGET=30s",
		// A look at all orders every five minutes would fall on one load and
		// not on the other.
		"YEYAK_REPAIR_EVERY=24h",
	}, setup.Env...)
	s.Program = &Program{world: w}
	if out, err := s.Command(ctx, "migrate"); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	s.Program, err = w.Start(ctx, setup.Name, s.URL+ready, child.Command{Path: setup.Program, Args: append([]string{"api"}, setup.Args...), Env: s.env})
	return s, err
}

// ready is where programs say that they are.
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

// Audit runs the audit on what the service owns, and answers its exit status
// and what it says.
func (s *Service) Audit(ctx context.Context) (status int, said string, err error) {
	said, err = s.Command(ctx, "audit", "--log-level", "error")
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return exit.ExitCode(), said, nil
	}
	return 0, said, err
}

// Command runs a command of yeyak on the service's databases and namespace, and
// answers what it says.
func (s *Service) Command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.world.Programs.Yeyak, args...)
	cmd.Env = append(child.Environment(), s.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("yeyak %s: %w", strings.Join(args, " "), err)
	}
	return string(out), err
}

// BareNamespace is where workflows run that are no orders.
const BareNamespace = "bench-bare"

// PrepareBare makes that namespace.
func (w *World) PrepareBare(ctx context.Context) error {
	return devserver.EnsureNamespace(ctx, w.client, BareNamespace)
}

func (w *World) prepareNamespace(ctx context.Context, namespace string) error {
	if err := app.PrepareNamespace(ctx, w.client, namespace); err != nil {
		return fmt.Errorf("namespace %s: %w", namespace, err)
	}
	return nil
}

// Engine is a client of the service's namespace. It is to be closed.
func (s *Service) Engine() (client.Client, error) {
	return client.NewClientFromExisting(s.world.client, client.Options{Namespace: s.Namespace, Logger: devserver.Quiet()})
}
