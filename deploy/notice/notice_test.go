package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// NOTICE names the linked modules with their versions.
func TestNotice(t *testing.T) {
	t.Parallel()
	require.NoError(t, run("../..", true))
	raw, err := os.ReadFile("../../NOTICE")
	require.NoError(t, err)
	for _, line := range []string{
		"\nGo's standard library: BSD-3-Clause (in cluster, engine, yeyak)\n", "\ngo.temporal.io/sdk v", "\nmodernc.org/sqlite v",
	} {
		require.Contains(t, string(raw), line)
	}
	require.NotContains(t, string(raw), "compose-go", "it is in no binary")
}

// A module without a licence, or with an unknown one, is an error. A change of the linked
// modules makes NOTICE stale.
func TestNotice_Stale(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, content string) {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
	mit, err := os.ReadFile("testdata/MIT")
	require.NoError(t, err)
	write("go.mod", "module example.com/x\n\ngo 1.26.0\n\nrequire example.com/lib v1.0.0\n\nreplace example.com/lib => ./lib\n")
	write("cmd/x/main.go", "package main\n\nimport _ \"example.com/lib\"\n\nfunc main() {}\n")
	write("lib/go.mod", "module example.com/lib\n\ngo 1.26.0\n")
	write("lib/lib.go", "package lib\n")
	require.ErrorContains(t, run(root, false), "example.com/lib has no licence")
	write("lib/LICENSE", "You may.\n")
	require.ErrorContains(t, run(root, false), "the licence of example.com/lib is none that is known")

	write("lib/LICENSE", string(mit))
	require.Error(t, run(root, true), "there is none yet")
	require.NoError(t, run(root, false))
	require.NoError(t, run(root, true))
	written, err := os.ReadFile(filepath.Join(root, "NOTICE"))
	require.NoError(t, err)
	require.Contains(t, string(written), "\nexample.com/lib v1.0.0: MIT (in x)\n")
	require.Contains(t, string(written), strings.TrimSpace(string(mit)))

	write("lib/LICENSE", strings.Replace(string(mit), "2026", "2027", 1))
	require.ErrorContains(t, run(root, true), "stale: run `make notice`")
}
