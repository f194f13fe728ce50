package telemetry

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// TestBuildInfo: a stamped version replaces the compiler's.
func TestBuildInfo(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(buildInfo("v1.2.3", "0f1e2d3c")))
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	text := strings.ReplaceAll(families[0].String(), " ", "")
	require.Contains(t, text, `name:"revision"value:"0f1e2d3c"`)
	require.Contains(t, text, `name:"version"value:"v1.2.3"`)
}
