package deploy

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/yeyak/yeyak/internal/rig/fullserver"
)

// The images have the versions of the server and the web UI that all tests use.
func TestTemporal_Versions(t *testing.T) {
	t.Parallel()
	pinned := read(t, "../tools/temporal/go.mod")
	version := func(module string) string {
		found := regexp.MustCompile(`(?m)^\t` + regexp.QuoteMeta(module) + ` v(\S+)$`).FindStringSubmatch(pinned)
		require.NotNil(t, found, module)
		return found[1]
	}
	compose := read(t, "../docker-compose.yml")
	for image, module := range map[string]string{
		"server": "go.temporal.io/server", "admin-tools": "go.temporal.io/server", "ui": "github.com/temporalio/ui-server/v2",
	} {
		require.Contains(t, compose, "image: temporalio/"+image+":"+version(module)+"\n")
	}
}

// The deployed Temporal server has the settings of the tested one, except those that benchmarks
// need.
func TestTemporal_Settings(t *testing.T) {
	t.Parallel()
	var shipped map[string][]struct{ Value any }
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, "temporal/dynamicconfig.yaml")), &shipped))
	proved := fullserver.Settings()
	for name := range shipped {
		require.Contains(t, proved, name)
	}
	forLoads := regexp.MustCompile(`(?i)rps|qps|namespaceCount`)
	for name, value := range proved {
		if forLoads.MatchString(name) {
			continue
		}
		require.Len(t, shipped[name], 1, name)
		require.EqualValues(t, value, shipped[name][0].Value, name)
	}
	require.Contains(t, read(t, "kubernetes/README.md"), "frontend.enableCancelWorkerPollsOnShutdown")
}
