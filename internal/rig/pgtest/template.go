package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

// Template is a database of which tests get copies. A copy takes a fraction of the time in
// which Fill makes hundreds of tables.
type Template struct {
	// Fill fills the template, and closes its connections: PostgreSQL copies no database that
	// is in use. It runs once in a test binary, so that the copies are never older than the
	// code under test.
	Fill func(ctx context.Context, url string) error

	once sync.Once
	name string
	err  error // a failure is not repeated by every test
}

// templates are those of all tests.
var templates struct {
	sync.Mutex
	names []string
}

// New returns the URL of a fresh copy for t.
func (p *Template) New(t testing.TB) string {
	t.Helper()
	// The template outlives the test that needs it first.
	p.once.Do(func() { p.err = p.make(context.WithoutCancel(t.Context())) })
	if p.err != nil {
		t.Fatal(p.err)
	}
	return newOnShared(t, p.name)
}

func (p *Template) make(ctx context.Context) error {
	server, err := sharedServer()
	if err != nil {
		return err
	}
	url, name, err := pgserver.CreateDatabase(ctx, server)
	if err != nil {
		return fmt.Errorf("pgtest: template: %w", err)
	}
	p.name = name
	templates.Lock()
	defer templates.Unlock()
	templates.names = append(templates.names, name)
	if err := p.Fill(ctx, url); err != nil {
		return fmt.Errorf("pgtest: fill a template: %w", err)
	}
	return nil
}

// dropTemplates removes the templates when the tests have ended.
func dropTemplates() {
	templates.Lock()
	defer templates.Unlock()
	for _, name := range templates.names {
		server, err := sharedServer()
		if err == nil {
			err = drop(server, name)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}
