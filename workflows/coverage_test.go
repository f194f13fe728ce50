package workflows_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/cover"
)

// unreplayed marks code that no history leads through, with the reason: none
// can, or only one that nobody could record on purpose, or an operator's
// cancellation of a workflow that has nothing to undo.
const unreplayed = "//replay:never"

// TestHistories_EveryStatementIsReplayed runs TestReplay once more under
// coverage: a statement of workflow code that no recorded history leads
// through is a branch whose changes nobody would notice. Either record one, or
// say with a comment why there can be none.
func TestHistories_EveryStatementIsReplayed(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cover.out")
	out, err := exec.CommandContext(t.Context(), "go", "test", "-run", "^TestReplay$", "-coverprofile", profile, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	files, err := cover.ParseProfiles(profile)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := filepath.Base(file.FileName)
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		lines := strings.Split(string(source), "\n")
		for _, b := range file.Blocks {
			if b.Count > 0 || b.NumStmt == 0 {
				continue
			}
			text := strings.Join(lines[b.StartLine-1:b.EndLine], "\n")
			if !strings.Contains(text, unreplayed) {
				t.Errorf("%s:%d is in no recorded history:\n%s", name, b.StartLine, text)
			}
		}
	}
}
