package config_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/config"
)

// TestBreaker_Profile: the profile that processes run with; the docs list its numbers.
func TestBreaker_Profile(t *testing.T) {
	cli, err := parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox"}, "worker")
	require.NoError(t, err)
	b := cli.Worker.Settings().Overload.Breaker.WithDefaults()
	require.Equal(t, config.DefaultBreaker(), b)
	docs, err := os.ReadFile("../../docs/operations/payments.md")
	require.NoError(t, err)
	for _, row := range []string{
		fmt.Sprintf("| slow | %d ms |", b.Slow.Milliseconds()),
		fmt.Sprintf("| window | %.0f s |", b.Window.Seconds()),
		fmt.Sprintf("| calls | %d |", b.MinCalls),
		fmt.Sprintf("| failed | %d %% |", b.FailPercent),
		fmt.Sprintf("| open | %.0f s |", b.OpenFor.Seconds()),
		fmt.Sprintf("| probes | %d |", b.Probes),
	} {
		require.Contains(t, string(docs), row)
	}
}

// TestBreaker_Whole: a field that a test sets replaces the profile's, and no other
// field changes.
func TestBreaker_Whole(t *testing.T) {
	t.Parallel()
	want := config.DefaultBreaker()
	want.MinCalls, want.OpenFor = 1, time.Hour
	require.Equal(t, want, config.Breaker{MinCalls: 1, OpenFor: time.Hour}.WithDefaults())
}
