package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/devserver"
)

// bare is a machine without any Temporal server. It changes the process's environment, so
// its tests are not parallel.
func bare(t *testing.T) (bin string) {
	t.Helper()
	bin = t.TempDir()
	for name, value := range map[string]string{"PATH": bin, "TMPDIR": t.TempDir(), "TEMPORAL_ADDRESS": "", "YEYAK_TEMPORAL_SERVER": ""} {
		t.Setenv(name, value)
	}
	return bin
}

func install(t *testing.T, path, server string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho 'temporal version 1 (Server "+server+", UI 2)'\n"), 0o700))
}

func unwanted(t *testing.T) func(context.Context) error {
	return func(context.Context) error {
		t.Error("it is downloaded")
		return nil
	}
}

func TestProvide_AtHand(t *testing.T) {
	bin := bare(t)
	install(t, filepath.Join(bin, "temporal"), devserver.Oldest)
	require.NoError(t, provide(t.Context(), t.TempDir(), unwanted(t)))
	t.Setenv("PATH", t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:7233")
	require.NoError(t, provide(t.Context(), t.TempDir(), unwanted(t)), "yeyak dev checks the installed servers")
}

func TestProvide_Downloaded(t *testing.T) {
	bare(t)
	require.NoError(t, provide(t.Context(), t.TempDir(), func(context.Context) error {
		install(t, devserver.Cached(), devserver.Oldest)
		return nil
	}))
	require.NoError(t, provide(t.Context(), t.TempDir(), unwanted(t)), "it is there now")
	install(t, devserver.Cached(), "1.31.0")
	require.ErrorContains(t, provide(t.Context(), t.TempDir(), unwanted(t)), "cannot be used")
}

func TestProvide_None(t *testing.T) {
	bin := bare(t)
	install(t, filepath.Join(bin, "temporal"), "1.29.1")
	away := errors.New("no network")
	require.ErrorIs(t, provide(t.Context(), t.TempDir(), func(context.Context) error { return away }), away)
}

func TestProvide_Named(t *testing.T) {
	bin := bare(t)
	t.Setenv("YEYAK_TEMPORAL_SERVER", filepath.Join(bin, "none"))
	require.ErrorContains(t, provide(t.Context(), t.TempDir(), unwanted(t)), "YEYAK_TEMPORAL_SERVER")
}
