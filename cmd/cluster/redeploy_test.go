package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// small is a redeploy with few users, between two builds of its own.
func small(t *testing.T) redeploy {
	t.Helper()
	dir := t.TempDir()
	r := redeploy{
		Programs: Programs{
			TemporalServer: cmp.Or(os.Getenv("YEYAK_TEMPORAL_SERVER"), "../../bin/temporal-server"),
			Dir:            dir,
		},
		Load:   Load{Users: 10, Think: 100 * time.Millisecond},
		Rounds: 1, Versioned: true, ReplyBudget: 8 * time.Second, Between: time.Second,
	}
	for _, version := range []string{"blue", "green"} {
		program := filepath.Join(dir, version)
		out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X main.version="+version, "-o", program, "../yeyak").CombinedOutput()
		require.NoError(t, err, "%s", out)
		r.Builds = append(r.Builds, program)
	}
	return r
}

// TestRedeploy_IsNotNoticed: every process is replaced under load, and no request fails.
//
// Row O4.
func TestRedeploy_IsNotNoticed(t *testing.T) {
	t.Parallel()
	require.NoError(t, small(t).Run(t.Context()))
}

// TestRedeploy_WithoutProbesIsNoticed: the test above can fail.
//
// Row O4.
func TestRedeploy_WithoutProbesIsNoticed(t *testing.T) {
	t.Parallel()
	r := small(t)
	r.WithoutProbes, r.Versioned = true, false
	require.ErrorContains(t, r.Run(t.Context()), "was noticed")
}
