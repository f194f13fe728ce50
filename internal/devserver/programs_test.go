package devserver

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// pretend makes a program that prints a version and does nothing else.
func pretend(t *testing.T, says string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "temporal")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho '"+says+"'\n"), 0o700))
	return path
}

func cliOf(t *testing.T, server string) string {
	t.Helper()
	return pretend(t, "temporal version 1.9.1 (Server "+server+", UI 2.54.1)")
}

func ours(t *testing.T, server string) string {
	t.Helper()
	return pretend(t, "temporal-server (Server "+server+", UI 2.54.1)")
}

// chosen returns Choose's result and output, given the installed programs.
func chosen(t *testing.T, named, dir string, installed ...string) (p Program, said string, err error) {
	t.Helper()
	p, err = choose(t.Context(), named, installed, dir, func(format string, args ...any) { said += fmt.Sprintf(format, args...) + "\n" })
	return p, said, err
}

// leftBy is a data folder that a server of the version has run on.
func leftBy(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, Home{Version: version}.Write(dir))
	return dir
}

func TestChoose(t *testing.T) {
	t.Parallel()
	t.Run("TheFirst", func(t *testing.T) {
		t.Parallel()
		first := cliOf(t, "1.33.2")
		p, said, err := chosen(t, "", t.TempDir(), first, ours(t, "1.32.1"))
		require.NoError(t, err)
		require.Equal(t, Program{Path: first, Version: "1.33.2"}, p)
		require.Empty(t, said)
	})
	t.Run("OlderIsNamedAndNotUsed", func(t *testing.T) {
		t.Parallel()
		old, own := cliOf(t, "1.29.1"), ours(t, "1.32.1")
		p, said, err := chosen(t, "", t.TempDir(), old, own)
		require.NoError(t, err)
		require.Equal(t, Program{Path: own, Version: "1.32.1", Ours: true}, p)
		require.Contains(t, said, "Not used: "+old+", its server is 1.29.1, older than "+Oldest)
	})
	t.Run("NotATemporal", func(t *testing.T) {
		t.Parallel()
		own := ours(t, "1.32.1")
		p, said, err := chosen(t, "", t.TempDir(), pretend(t, "hello"), own)
		require.NoError(t, err)
		require.Equal(t, own, p.Path)
		require.Contains(t, said, `reports no version of a server: "hello"`)
	})
	t.Run("None", func(t *testing.T) {
		t.Parallel()
		_, _, err := chosen(t, "", t.TempDir())
		require.ErrorIs(t, err, ErrNone)
		_, _, err = chosen(t, "", t.TempDir(), cliOf(t, "1.31.9"))
		require.ErrorIs(t, err, ErrNone)
		require.ErrorContains(t, err, "1.31.9")
		require.ErrorContains(t, err, "`make bin/temporal-server`")
	})
	t.Run("Named", func(t *testing.T) {
		t.Parallel()
		named := ours(t, "1.32.1")
		p, _, err := chosen(t, named, t.TempDir(), cliOf(t, "1.33.0"))
		require.NoError(t, err)
		require.Equal(t, named, p.Path)
		_, _, err = chosen(t, cliOf(t, "1.29.1"), t.TempDir(), named)
		require.ErrorContains(t, err, "YEYAK_TEMPORAL_SERVER", "what is named is used or refused")
		require.ErrorContains(t, err, "1.29.1")
	})
}

// The data of a server is only used by a server that can read it, and never lost.
func TestChoose_DataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	t.Run("OursBringsOlderUpToDate", func(t *testing.T) {
		t.Parallel()
		cli, own := cliOf(t, "1.33.0"), ours(t, "1.33.1")
		p, said, err := chosen(t, "", leftBy(t, "1.32.1"), cli, own)
		require.NoError(t, err)
		require.Equal(t, own, p.Path)
		require.Contains(t, said, "which only our own server brings up to date")
	})
	t.Run("SameMinorVersion", func(t *testing.T) {
		t.Parallel()
		cli := cliOf(t, "1.32.0")
		p, _, err := chosen(t, "", leftBy(t, "1.32.1"), cli, ours(t, "1.32.1"))
		require.NoError(t, err)
		require.Equal(t, cli, p.Path)
	})
	t.Run("NewerIsRefused", func(t *testing.T) {
		t.Parallel()
		dir := leftBy(t, "1.33.0")
		_, _, err := chosen(t, "", dir, ours(t, "1.32.1"))
		require.ErrorContains(t, err, "its server is 1.32.1, and "+dir+" is of 1.33.0")
		require.ErrorContains(t, err, "YEYAK_DATA_DIR")
	})
	t.Run("FromBeforeVersionsWereNoted", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, databaseName), nil, 0o600))
		_, _, err := chosen(t, "", dir, cliOf(t, "1.32.1"))
		require.ErrorContains(t, err, "is of server 1.29.1")
		require.ErrorContains(t, err, "YEYAK_TEMPORAL_SERVER=bin/temporal-server make bin/temporal-server run")
		_, _, err = chosen(t, "", dir, ours(t, "1.32.1"))
		require.NoError(t, err)
	})
	t.Run("Unreadable", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, homeName), []byte("{"), 0o600))
		_, _, err := chosen(t, "", dir, ours(t, "1.32.1"))
		require.ErrorContains(t, err, homeName)
	})
}

func TestInstalled(t *testing.T) {
	folder, temporary := t.TempDir(), t.TempDir()
	t.Setenv("PATH", folder)
	t.Setenv("TMPDIR", temporary)
	require.Empty(t, installed())
	onPath, cached := filepath.Join(folder, "temporal"), filepath.Join(temporary, "temporal-cli-"+CLIVersion)
	for _, path := range []string{onPath, cached} {
		require.NoError(t, os.WriteFile(path, nil, 0o700))
	}
	require.Equal(t, []string{onPath, cached}, installed())
}

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	for _, older := range [][2]string{{"1.29.1", "1.32.0"}, {"1.32.0", "1.32.1"}, {"1.9.9", "1.10.0"}, {"1.99.0", "2.0.0"}, {"", "1.0.0"}} {
		require.Negative(t, CompareVersions(older[0], older[1]), older)
		require.Positive(t, CompareVersions(older[1], older[0]), older)
	}
	require.Zero(t, CompareVersions("1.32.1", "1.32.1-158.0"))
}

// Our own server is new enough, and its data are those of the downloaded CLI.
func TestOldest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../tools/temporal/go.mod")
	require.NoError(t, err)
	pinned := regexp.MustCompile(`go\.temporal\.io/server v(\S+)`).FindStringSubmatch(string(text))[1]
	require.GreaterOrEqual(t, CompareVersions(pinned, Oldest), 0)
	require.Equal(t, minor(pinned), minor(Oldest))
}
