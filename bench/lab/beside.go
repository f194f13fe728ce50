package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/yeyak/yeyak/internal/child"
)

// Sidecar starts a program that is not Yeyak: it has none of its routes and tables. It
// gets its address and env.
func (w *World) Sidecar(ctx context.Context, program string, env ...string) (p *child.Process, url string, err error) {
	ports, err := child.FreePorts(1)
	if err != nil {
		return nil, "", err
	}
	url = "http://" + child.Address(ports[0])
	started, err := w.Start(ctx, filepath.Base(program), url+ready, child.Command{Path: program, Env: append(env, "LISTEN="+child.Address(ports[0]))})
	if err != nil {
		return nil, "", err
	}
	return started.Process, url, nil
}

// Sandbox is a simulated Stripe.
type Sandbox struct {
	*Program
	// Env is the environment of processes that use it.
	Env []string

	url string
}

// SandboxPayments starts a healthy stand-in with a database of its own.
func (w *World) SandboxPayments(ctx context.Context, name string) (*Sandbox, error) {
	database, err := w.Postgres.NewDatabase(ctx)
	if err != nil {
		return nil, err
	}
	ports, err := child.FreePorts(1)
	if err != nil {
		return nil, err
	}
	address := child.Address(ports[0])
	s := &Sandbox{Env: []string{"STRIPE_URL=http://" + address, "STRIPE_SECRET_KEY=sk_test_sandbox", "YEYAK_PAYMENTS=stripe"}, url: "http://" + address + "/sandbox/payments"}
	s.Program, err = w.Start(ctx, name+"-sandbox-payments", s.url, child.Command{
		Path: w.Programs.Yeyak,
		Args: []string{"sandbox-payments", "--sandbox-listen", address, "--sandbox-database-url", database, "--latency=0s", "--latency-up-to=0s"},
	})
	return s, err
}

// Behave changes its behaviour, with the switches of its switchboard.
func (s *Sandbox) Behave(ctx context.Context, switches map[string]any) error {
	raw, err := json.Marshal(switches)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", s.url, resp.Status)
	}
	return nil
}
