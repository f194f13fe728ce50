package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOperations follows docs/operations on a cluster as `make cluster` starts it: it runs
// every recipe in a shell and checks what the documents promise. It is not parallel, since it
// changes the environment.
func TestOperations(t *testing.T) {
	o := newOperator(t)
	cluster := o.launch("exec bin/cluster run")
	o.started(cluster)
	o.succeeds("Make it the current build", "BUILD="+built)
	for _, step := range []struct {
		name string
		do   func(*operator)
	}{
		{"FirstDeploy", (*operator).firstDeploy},
		{"Find", (*operator).find},
		{"ServiceAway", (*operator).serviceAway},
		{"Decide", (*operator).decide},
		{"Repair", (*operator).repair},
		{"Settle", (*operator).settle},
		{"Resolve", (*operator).resolve},
		{"Deletion", (*operator).deletion},
		{"Pages", (*operator).rebuild},
		{"Rollout", (*operator).rollOut},
		{"Scale", (*operator).scale},
		{"LogLevel", (*operator).logLevel},
		{"Locks", (*operator).locks},
		{"Visibility", (*operator).visibility},
		{"OneDatabase", (*operator).oneDatabase},
		{"Server", func(o *operator) { o.server(cluster) }},
	} {
		if !t.Run(step.name, func(t *testing.T) { o.TB = t; step.do(o) }) {
			t.FailNow() // the next steps depend on it
		}
		o.TB = t
	}
	require.Empty(t, o.book.Left(), "no test runs the recipes under these headings")
}

// started waits until a cluster is ready, and checks the variables that it gives terminals.
func (o *operator) started(cluster *terminal) {
	o.Helper()
	o.until(func() bool {
		_, err := os.Stat(filepath.Join(o.folder, ".cluster", "env"))
		require.True(o, cluster.process.Running(), "%s", cluster.said())
		return err == nil
	}, "the cluster does not start")
	require.Equal(o, o.url, o.variable("API"))
	o.token = "" // its issuer is another one
	for _, set := range strings.Split(o.set["YEYAK_CLUSTER_SET"], ",") {
		name, value, _ := strings.Cut(set, "=")
		require.Equal(o, value, o.variable(name), "terminals have other settings than the processes")
	}
	o.request(http.MethodGet, "/readyz", nil).wants(o, http.StatusOK)
	ui, err := http.Get(o.variable("TEMPORAL_UI") + "/api/v1/namespaces/default")
	require.NoError(o, err)
	require.NoError(o, ui.Body.Close())
	require.Equal(o, http.StatusOK, ui.StatusCode, "the web UI has the cluster's namespace")
}
