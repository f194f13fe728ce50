package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCommandLine: without a command there is help, and --version prints the version.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "yeyak")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X main.version=v1.2.3", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", built)
	for name, c := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		"Bare":    {nil, 2, "", `Begin with "yeyak dev"`},
		"Help":    {[]string{"--help"}, 0, `Begin with "yeyak dev"`, ""},
		"Flag":    {[]string{"--version"}, 0, "yeyak v1.2.3 (", ""},
		"Command": {[]string{"version"}, 0, "yeyak v1.2.3 (", ""},
		"Unknown": {[]string{"dve"}, 1, "", `yeyak: unexpected argument dve`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			cmd := exec.CommandContext(t.Context(), program, c.args...)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			var ended *exec.ExitError
			if err := cmd.Run(); !errors.As(err, &ended) {
				require.NoError(t, err)
			}
			require.Equal(t, c.code, cmd.ProcessState.ExitCode())
			for shown, want := range map[string]string{stdout.String(): c.stdout, stderr.String(): c.stderr} {
				if want == "" {
					require.Empty(t, shown)
					continue
				}
				require.Contains(t, shown, want)
			}
		})
	}
}
