package lab

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClosed(t *testing.T) {
	t.Parallel()
	seen := make(chan int, 1_000_000)
	r, err := Closed(t.Context(), Load{Connections: 3, Length: 50 * time.Millisecond}, func(_ context.Context, n int) error {
		seen <- n
		<-time.After(time.Millisecond)
		return nil
	})
	require.NoError(t, err)
	require.Len(t, seen, len(r.Latencies))
	numbers := map[int]bool{}
	for range len(seen) {
		numbers[<-seen] = true
	}
	require.Len(t, numbers, len(r.Latencies), "each request has a number of its own")
	require.IsNonDecreasing(t, r.Latencies)
	require.GreaterOrEqual(t, r.Quantile(0), 1.0)
}

func TestClosed_TheFirstErrorEndsIt(t *testing.T) {
	t.Parallel()
	wrong := errors.New("a wrong answer")
	_, err := Closed(t.Context(), Load{Connections: 3, Length: time.Hour}, func(_ context.Context, n int) error {
		if n == 10 {
			return wrong
		}
		return nil
	})
	require.ErrorIs(t, err, wrong)
}

// The latency of a request that is sent late counts from when it was due.
func TestPaced_CountsFromWhenItWasDue(t *testing.T) {
	t.Parallel()
	r, err := Paced(t.Context(), 100, 100*time.Millisecond, func(context.Context, int) error {
		<-time.After(30 * time.Millisecond)
		return nil
	})
	require.NoError(t, err)
	require.Len(t, r.Latencies, 10, "none is left out because others are slow")
	require.GreaterOrEqual(t, r.Quantile(0), 30.0)
}

func TestRun_Quantile(t *testing.T) {
	t.Parallel()
	var r Run
	require.Zero(t, r.Quantile(0.5))
	for n := range 100 {
		r.Latencies = append(r.Latencies, time.Duration(n+1)*time.Millisecond)
	}
	require.InDelta(t, 51, r.Quantile(0.5), 0)
	require.InDelta(t, 100, r.Quantile(0.99), 0)
	require.InDelta(t, 100, r.Quantile(1), 0)
}

// Children count, also those that have ended.
func TestCPUOf(t *testing.T) {
	t.Parallel()
	before, err := cpuOf(os.Getpid())
	require.NoError(t, err)
	busy := exec.CommandContext(t.Context(), "/bin/sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
	require.NoError(t, busy.Run())
	after, err := cpuOf(os.Getpid())
	require.NoError(t, err)
	require.GreaterOrEqual(t, after-before, busy.ProcessState.UserTime().Truncate(tick)-tick)
	require.Positive(t, after-before)

	_, err = cpuOf(1 << 30)
	require.Error(t, err)
}
