package seed_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/seed"
)

// TestOf: the printed seed repeats a run; without one each run has another seed.
func TestOf(t *testing.T) {
	t.Setenv("YEYAK_SEED", "")
	first := seed.Of(t, "tests")
	require.NotEqual(t, first, seed.Of(t, "tests"))
	t.Setenv("YEYAK_SEED", "18446744073709551615")
	require.Equal(t, uint64(1<<64-1), seed.Of(t, "tests"))
}
