package child_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/child"
)

// TestExports: a shell reads every value unchanged.
func TestExports(t *testing.T) {
	t.Parallel()
	const value = `it's $HOME, "quoted" \ and = too`
	out, err := exec.CommandContext(t.Context(), "sh", "-e", "-c", child.Exports([]string{"A=" + value, "B="})+`printf '%s|%s' "$A" "$B"`).Output()
	require.NoError(t, err)
	require.Equal(t, value+"|", string(out))
}
