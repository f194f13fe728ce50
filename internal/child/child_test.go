package child

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func start(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start(Command{
		Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"GREETING=hello"}, Log: filepath.Join(t.TempDir(), "log"),
	})
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

func TestProcess_Await(t *testing.T) {
	t.Parallel()
	t.Run("Ready", func(t *testing.T) {
		t.Parallel()
		p := start(t, `echo "$GREETING"; exec sleep 60`)
		require.NoError(t, p.Await(t.Context(), func(context.Context) error {
			if said, err := os.ReadFile(p.log); err != nil || string(said) != "hello\n" {
				return errors.Join(errors.New("it has not said hello"), err)
			}
			return nil
		}))
		require.True(t, p.Running())
	})
	t.Run("Ended", func(t *testing.T) {
		t.Parallel()
		p := start(t, "echo no more disk; exit 3")
		err := p.Await(t.Context(), func(context.Context) error { return errors.New("not yet") })
		require.ErrorContains(t, err, "exit status 3")
		require.ErrorContains(t, err, "no more disk")
		require.False(t, p.Running())
	})
	t.Run("TooLate", func(t *testing.T) {
		t.Parallel()
		p := start(t, "exec sleep 60")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.ErrorContains(t, p.Await(ctx, func(context.Context) error { return errors.New("not yet") }), "not yet")
	})
}

// TestEnvironment: a child does not get the settings of the operator's terminal.
func TestEnvironment(t *testing.T) {
	ours := []string{
		"STRIPE_SECRET_KEY", "STRIPE_URL", "DATABASE_URL", "PAYMENTS_DATABASE_URL", "YEYAK_PAYMENTS",
		"TEMPORAL_ADDRESS", "OTEL_EXPORTER_OTLP_ENDPOINT", "MYPAGE_FEED",
	}
	for _, name := range ours {
		t.Setenv(name, "leaked")
	}
	t.Setenv("ANOTHER", "kept")
	p, err := Start(Command{Path: "/usr/bin/env", Env: []string{"YEYAK_LISTEN=told"}, Log: filepath.Join(t.TempDir(), "log")})
	require.NoError(t, err)
	<-p.Exited()
	said, err := os.ReadFile(p.log)
	require.NoError(t, err)
	require.NotContains(t, string(said), "leaked")
	require.Contains(t, string(said), "ANOTHER=kept\n")
	require.Contains(t, string(said), "YEYAK_LISTEN=told\n")
}

func TestProcess_Stop(t *testing.T) {
	t.Parallel()
	p := start(t, "exec sleep 60")
	require.NoError(t, p.Stop(time.Minute))
	require.NoError(t, p.Stop(time.Minute), "once more")

	deaf := start(t, `trap "" TERM; echo deaf; while :; do sleep 0.1; done`)
	require.NoError(t, deaf.Await(t.Context(), func(context.Context) error {
		if said, _ := os.ReadFile(deaf.log); len(said) == 0 {
			return errors.New("it has no trap yet")
		}
		return nil
	}))
	require.ErrorContains(t, deaf.Stop(10*time.Millisecond), "did not stop")
	require.False(t, deaf.Running())
}

func TestStart_NoSuchProgram(t *testing.T) {
	t.Parallel()
	_, err := Start(Command{Path: "/nowhere/at-all", Log: filepath.Join(t.TempDir(), "log")})
	require.ErrorContains(t, err, "start at-all")
}

func TestFreePorts(t *testing.T) {
	t.Parallel()
	ports, err := FreePorts(9)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, port := range ports {
		require.False(t, seen[port], "twice")
		seen[port] = true
		l, err := net.Listen("tcp", Address(port))
		require.NoError(t, err)
		require.NoError(t, l.Close())
	}
}
