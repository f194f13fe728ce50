package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// next is the Deployment that components/next adds.
const next = "yeyak-worker-sagas-next"

// The next build's sagas run beside those of the current build, with an image of their own. They
// have the same settings, except those that distinguish builds.
func TestKubernetes_TwoBuilds(t *testing.T) {
	folder := suggested(t, "next")
	set := exec.CommandContext(t.Context(), builtTool(t, "kustomize"), "edit", "set", "image", "yeyak-next=ghcr.io/yeyak/yeyak:v9.8.7")
	set.Dir = filepath.Join(folder, "overlays/prod/settings")
	out, err := set.CombinedOutput()
	require.NoError(t, err, "%s", out)
	m := render(t, filepath.Join(folder, "overlays/prod"))
	before, _ := oursIn(m.deployments["yeyak-worker-sagas"].Spec.Template)
	after, _ := oursIn(m.deployments[next].Spec.Template)
	require.Equal(t, "ghcr.io/yeyak/yeyak:v9.8.7", after.Image)
	require.NotEqual(t, before.Image, after.Image)

	is, was := m.processOf(t, after), m.processOf(t, before)
	require.True(t, is.parse(t).Worker.Worker.Versioning)
	require.Equal(t, is.env["YEYAK_SERVE"], was.env["YEYAK_SERVE"])
	require.Equal(t, is.shared, was.shared)
	delete(is.env, "YEYAK_VERSIONING")
	require.Equal(t, is.env, was.env)

	// The README shows how to delete it.
	readme := read(t, "kubernetes/README.md")
	selector := regexp.MustCompile(`--selector (yeyak\.dev/group)=(\S+)`).FindStringSubmatch(readme)
	require.NotEmpty(t, selector)
	for _, labels := range []map[string]string{m.deployments[next].Labels, m.scalers[next].Labels, m.budgets[next].Labels} {
		require.Equal(t, selector[2], labels[selector[1]])
	}
	require.NotEqual(t, selector[2], m.deployments["yeyak-worker-sagas"].Labels[selector[1]])
}

// Workers can be applied before the API, with everything that they need.
func TestKubernetes_WorkersGoFirst(t *testing.T) {
	t.Parallel()
	const component = "app.kubernetes.io/component"
	require.Contains(t, read(t, "rollout.sh"), "kubectl apply -k \"$overlay\" --selector '"+component+"!=api'\n")
	m := render(t, "kubernetes/overlays/prod")
	for name, d := range m.deployments {
		want := "worker"
		if name == "yeyak-api" || name == "yeyak-marketing" {
			want = strings.TrimPrefix(name, "yeyak-")
		}
		require.Equal(t, want, d.Labels[component], name)
	}
	for name, settings := range m.configMaps {
		require.NotEqual(t, "api", settings.Labels[component], name)
	}
	for name, account := range m.accounts {
		require.NotEqual(t, "api", account.Labels[component], name)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(raw)
}

// connections is the maximal number of a process's connections to PostgreSQL: a pool, and for
// the API another pool for reading pages, and one to listen.
var connections = map[string]int32{"api": 10 + 4 + 1, "worker": 10, "sandbox-payments": 10, "marketing": 10}

// mostConnections is the number of connections of all processes, at the greatest number of
// replicas and during a rollout, when each Deployment has one more.
func (m *manifests) mostConnections() (sum int32) {
	for name, d := range m.deployments {
		pods := d.Spec.Strategy.RollingUpdate.MaxSurge.IntVal
		if d.Spec.Replicas != nil {
			pods += *d.Spec.Replicas
		}
		if s := m.scalers[name]; s != nil {
			pods += s.Spec.MaxReplicas
		}
		c, _ := oursIn(d.Spec.Template)
		sum += pods * connections[c.Args[0]]
	}
	return sum
}

// PostgreSQL does not log the text of a failed statement, which contains telephone numbers and
// addresses.
func TestPostgres_LogsNoStatements(t *testing.T) {
	t.Parallel()
	const quiet = "--log_min_error_statement=panic"
	require.Contains(t, render(t, "kubernetes/overlays/local/jobs").statefulSets["yeyak-postgres"].Spec.Template.Spec.Containers[0].Args, quiet)
	require.Contains(t, everything(t).Services["postgres"].Command, quiet)
}

// After a crash PostgreSQL flushes its files with one system call for each file system, and not
// each file: with many tables that took most of its recovery.
func TestPostgres_RecoversQuickly(t *testing.T) {
	t.Parallel()
	const quick = "--recovery_init_sync_method=syncfs"
	require.Contains(t, render(t, "kubernetes/overlays/local/jobs").statefulSets["yeyak-postgres"].Spec.Template.Spec.Containers[0].Args, quick)
	require.Contains(t, strings.Join(everything(t).Services["postgres"].Command, " "), strings.TrimPrefix(quick, "--"))
}

// Autoscaling stops before the database has no connections left.
func TestKubernetes_Connections(t *testing.T) {
	t.Parallel()
	readme := read(t, "kubernetes/README.md")
	require.Contains(t, readme, fmt.Sprintf("%d connections", render(t, "kubernetes/overlays/prod").mostConnections()))

	postgres := render(t, "kubernetes/overlays/local/jobs").statefulSets["yeyak-postgres"].Spec.Template.Spec.Containers[0]
	_, allowed, there := strings.Cut(strings.Join(postgres.Args, " "), "--max_connections=")
	require.True(t, there)
	limit, err := strconv.Atoi(allowed)
	require.NoError(t, err)
	const forOthers = 20 // jobs, commands, and the three that are reserved for the superuser
	require.LessOrEqual(t, render(t, "kubernetes/overlays/local").mostConnections(), int32(limit-forOthers))
}
