package workflows_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/cover"
)

// unreplayed marks code that no history reaches, with the reason: no history can, or only
// one that cannot be recorded on purpose, or an operator's cancellation of a workflow that
// has nothing to undo. Code that never runs in a replay needs no mark: see unrun.
const unreplayed = "//replay:never"

// TestHistories_EveryStatementIsReplayed runs TestReplay under coverage. A change of a
// workflow statement that no recorded history reaches would stay unnoticed: record a
// history that reaches it, or give the reason in a comment why there is none.
func TestHistories_EveryStatementIsReplayed(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cover.out")
	out, err := exec.CommandContext(t.Context(), "go", "test", "-run", "^TestReplay$", "-coverprofile", profile, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	files, err := cover.ParseProfiles(profile)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	exempt := unrunIn(t)
	for _, file := range files {
		name := filepath.Base(file.FileName)
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		lines := strings.Split(string(source), "\n")
		for _, b := range file.Blocks {
			if b.Count > 0 || b.NumStmt == 0 || exempt.hold(name, spot{b.StartLine, b.StartCol}, spot{b.EndLine, b.EndCol}) {
				continue
			}
			text := strings.Join(lines[b.StartLine-1:b.EndLine], "\n")
			if !strings.Contains(text, unreplayed) {
				t.Errorf("%s:%d is in no recorded history:\n%s", name, b.StartLine, text)
			}
		}
	}
}

// TestUnreplayed_HasAReason: each mark has a reason of at least three words, and none is
// where code is exempt anyway.
func TestUnreplayed_HasAReason(t *testing.T) {
	t.Parallel()
	exempt := unrunIn(t)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	reasoned := regexp.MustCompile(`^ \w+ .*\w+ .*\w+`) // at least three words
	marks := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		for i, line := range strings.Split(string(source), "\n") {
			at, reason, marked := strings.Cut(line, unreplayed)
			if !marked {
				continue
			}
			marks++
			require.Regexp(t, reasoned, reason, "%s:%d", name, i+1)
			here := spot{i + 1, len(at)}
			require.False(t, exempt.hold(name, here, here), "%s:%d is never run in a replay: it needs no mark", name, i+1)
		}
	}
	require.Positive(t, marks)
}
