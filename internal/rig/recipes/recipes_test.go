package recipes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// written is a folder with the documents; ' means a backquote.
func written(t *testing.T, texts ...string) string {
	t.Helper()
	folder := t.TempDir()
	for i, text := range texts {
		page := filepath.Join(folder, string(rune('a'+i))+".md")
		require.NoError(t, os.WriteFile(page, []byte(strings.ReplaceAll(text, "'", "`")), 0o600))
	}
	return folder
}

func TestRead(t *testing.T) {
	t.Parallel()
	b, err := Read(written(t, `# Title
Words.

### Stop
'''sh
stop # all of it
'''
and then
'''sh
stop again
'''
### Show

    kubectl get pods

`, `# Another page
### Start
'''sh
start
'''
`))
	require.NoError(t, err)
	require.Equal(t, []string{"kubectl get pods"}, b.Shown())
	require.Equal(t, []string{"Start", "Stop"}, b.Left())
	commands, err := b.Commands("Stop")
	require.NoError(t, err)
	require.Equal(t, "stop # all of it\nstop again\n", commands)
	require.Equal(t, []string{"Start"}, b.Left())
	commands, err = b.Commands("Stop", "Start")
	require.NoError(t, err)
	require.Equal(t, "stop # all of it\nstop again\nstart\n", commands)
	require.Empty(t, b.Left())
	_, err = b.Commands("Show")
	require.ErrorContains(t, err, `no recipe under "Show"`)
}

func TestRead_WhatNoTestWouldRun(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"another language":     {"# A\n'''bash\nls\n'''\n"},
		"no language":          {"# A\n'''\nls\n'''\n"},
		"indented":             {"# A\n- so:\n  '''sh\n  ls\n  '''\n"},
		"before any heading":   {"'''sh\nls\n'''\n"},
		"without an end":       {"# A\n'''sh\nls\n"},
		"two of the same":      {"# A\n'''sh\nls\n'''\n# A\n'''sh\nls\n'''\n"},
		"the same in two":      {"# A\n'''sh\nls\n'''\n", "# A\n'''sh\nls\n'''\n"},
		"no end in one of two": {"# A\n'''sh\nls\n'''\n", "# B\n'''sh\nls\n"},
		"no page":              nil,
		"no recipe whatever":   {"# A\nwords\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(written(t, texts...))
			require.Error(t, err)
		})
	}
}
