package cluster

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMerged: a further variable replaces an earlier one of the same name, in its place.
func TestMerged(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"A=3", "B=", "C=1=2"}, merged([]string{"A=1", "B=2"}, []string{"B=", "A=2"}, []string{"C=1=2", "A=3"}))
}

func TestMayBeSet(t *testing.T) {
	t.Parallel()
	require.NoError(t, mayBeSet([]string{"YEYAK_REPLY_BUDGET=5s", "GOGC=", "_a1=x=y"}))
	for _, wrong := range []string{"YEYAK_REPLY_BUDGET", "", "=x", "1A=x", "A B=x", "YEYAK_LISTEN=:8080", "YEYAK_OPERATIONS_LISTEN=:1"} {
		require.ErrorContains(t, mayBeSet([]string{"A=1", wrong}), "--set "+wrong)
	}
}
