package e2e

import (
	"net/http"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/devserver"
)

// asWorker starts a process without an API, with an address for operators.
func asWorker(o *app.Options) {
	o.API = false
	o.Config.Operations.Listen = "127.0.0.1:0"
}

// TestWorker_ReportsItsState: a process without an API serves its liveness, readiness and
// metrics on the port for operations, and nothing else.
func TestWorker_ReportsItsState(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite, asWorker)
	require.Empty(t, s.app.Address())
	s.url = "http://" + s.app.Operations()
	require.JSONEq(t, `{"status":"ok"}`, string(s.get("/healthz").with(t, http.StatusOK).raw))
	s.eventually(func() bool { return len(s.degraded()) == 0 })
	require.JSONEq(t, `{"status":"ready","degraded":{}}`, string(s.get("/readyz").with(t, http.StatusOK).raw))
	require.Contains(t, string(s.get("/metrics").with(t, http.StatusOK).raw), "temporal_worker_start")
	s.get("/v1/events").with(t, http.StatusNotFound)

	stop(s, s.app)
	_, err := s.send(http.MethodGet, "/healthz", nil)
	require.Error(t, err, "nothing is left running")
}

// A rollout must wait until the worker polls for tasks; but killing it would not bring
// Temporal back.
//
// Row O6.
func TestWorker_WithoutTemporalIsAliveAndNotReady(t *testing.T) {
	t.Parallel()
	s := boot(t, onSQLite, asWorker, func(o *app.Options) { o.TemporalAddress = "127.0.0.1:1" })
	s.url = "http://" + s.app.Operations()
	s.get("/healthz").with(t, http.StatusOK)
	require.Contains(t, string(s.get("/readyz").with(t, http.StatusServiceUnavailable).raw), "unready")
}

// TestPrepare_MakesTheNamespace: it creates the namespace with its search attributes,
// also when it is run twice, and returns an error when Temporal does not answer.
func TestPrepare_MakesTheNamespace(t *testing.T) {
	t.Parallel()
	path, err := binary()
	require.NoError(t, err)
	address, _ := newNamespace(t)
	namespace := "prepared-" + uuid.NewString()[:8]
	for range 2 { // a job may be run again
		cmd := limitedCommand(t, path, "prepare", "--wait=3m")
		cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+address, "TEMPORAL_NAMESPACE="+namespace)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace, Logger: devserver.Quiet()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "NeedsAttention = true AND OrderKind = 'food'"})
	require.NoError(t, err)

	cmd := limitedCommand(t, path, "prepare", "--wait=1s")
	cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS=127.0.0.1:1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "did not answer within 1s")
}
