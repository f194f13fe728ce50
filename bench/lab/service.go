package lab

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/devserver"
)

// Service is a process under test with a namespace and a database of its own.
type Service struct {
	*child.Process
	Name      string
	URL       string
	Namespace string
	Database  string

	world *World
	// env is what its commands are run with.
	env []string
}

// Service starts a program that takes the commands and settings of yeyak, as
// yeyak api does: all queues served, every database migrated. What else it is
// set to is args.
func (w *World) Service(ctx context.Context, name, program string, args ...string) (*Service, error) {
	s := &Service{Name: name, Namespace: "bench-" + name, world: w}
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
	s.env = []string{
		"DATABASE_URL=" + s.Database, "TEMPORAL_ADDRESS=" + w.Temporal.Addr(), "TEMPORAL_NAMESPACE=" + s.Namespace,
		"YEYAK_LISTEN=" + address,
		// Under a load that fills the machine everybody is to be answered, and
		// with what came of their order.
		"YEYAK_REPLY_BUDGET=30s",
		// A look at all orders every five minutes would fall on one load and
		// not on the other.
		"YEYAK_REPAIR_EVERY=24h",
	}
	if out, err := s.Command(ctx, "migrate"); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	s.Process, err = w.Start(ctx, name, s.URL, child.Command{Path: program, Args: append([]string{"api"}, args...), Env: s.env})
	return s, err
}

// Command runs a command of yeyak on the service's databases and namespace, and
// answers what it says.
func (s *Service) Command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.world.Programs.Yeyak, args...)
	cmd.Env = append(cmd.Environ(), s.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("yeyak %s: %w", strings.Join(args, " "), err)
	}
	return string(out), err
}

// Sidecar starts a program that has neither HTTP routes nor tables of Yeyak's:
// it is told where to listen, and env.
func (w *World) Sidecar(ctx context.Context, program string, env ...string) (p *child.Process, url string, err error) {
	ports, err := child.FreePorts(1)
	if err != nil {
		return nil, "", err
	}
	url = "http://" + child.Address(ports[0])
	p, err = w.Start(ctx, filepath.Base(program), url, child.Command{Path: program, Env: append(env, "LISTEN="+child.Address(ports[0]))})
	return p, url, err
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
