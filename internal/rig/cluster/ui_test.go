package cluster

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/fullserver"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	a, err := http.Get(url)
	require.NoError(t, err)
	text, err := io.ReadAll(a.Body)
	require.NoError(t, err)
	require.NoError(t, a.Body.Close())
	return a.StatusCode, string(text)
}

// TestUI: the cluster's web UI serves its pages, uses the cluster's own Temporal server, and
// its URL is in the file for terminals.
func TestUI(t *testing.T) {
	t.Parallel()
	ports, err := child.FreePorts(1)
	require.NoError(t, err)
	program := cmp.Or(os.Getenv("YEYAK_TEMPORAL_SERVER"), "../../../bin/temporal-server")
	c := &Cluster{options: Options{Dir: t.TempDir(), TemporalServer: program, UI: child.Address(ports[0])}, issuer: issuer.Start(t)}
	require.NoError(t, os.MkdirAll(c.Logs(), 0o755))
	c.postgres, err = pgserver.Launch(pgserver.Forgetful)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.postgres.Close()) })
	c.temporal, err = fullserver.New(t.Context(), fullserver.Options{Server: program, Dir: t.TempDir(), Postgres: c.postgres.URL()})
	require.NoError(t, err)
	require.NoError(t, c.temporal.Start(t.Context()))
	t.Cleanup(c.temporal.Kill)

	require.NoError(t, c.startUI(t.Context()))
	status, page := fetch(t, c.UIURL()+"/")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "<html")
	status, page = fetch(t, c.UIURL()+"/api/v1/namespaces/temporal-system")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, `"temporal-system"`)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.UIURL()+"/api/v1/namespaces", http.NoBody)
	require.NoError(t, err)
	r.Host = "evil.example"
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, a.Body.Close())
	require.Equal(t, http.StatusMisdirectedRequest, a.StatusCode, "no page of another site gets an answer")

	require.NoError(t, c.writeEnv())
	env, err := os.ReadFile(c.EnvFile())
	require.NoError(t, err)
	require.Contains(t, string(env), "export TEMPORAL_UI='"+c.UIURL()+"'\n")
	require.NoError(t, c.ui.Stop(time.Minute), "it ends on a signal")
}

func TestUI_PortInUse(t *testing.T) {
	t.Parallel()
	api := pretend(t)
	program := cmp.Or(os.Getenv("YEYAK_TEMPORAL_SERVER"), "../../../bin/temporal-server")
	p, err := child.Start(child.Command{
		Path: program, Log: t.TempDir() + "/ui.log",
		Args: []string{"ui", "--port", api.URL[len("http://127.0.0.1:"):], "--temporal-address", "127.0.0.1:1"},
	})
	require.NoError(t, err)
	require.ErrorContains(t, p.Await(t.Context(), func(context.Context) error { return errors.New("it does not serve") }), "the web UI cannot listen")
}
