package devserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAnnounce: the file is read while its process lives. The file of a killed process
// does not count.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.Nil(t, Announced(dir), "there is none yet")
	want := map[string]string{"API": "http://127.0.0.1:8081", "YEYAK_DATA_DIR": "/it's mine", "EMPTY": ""}
	env := []string{"API=http://127.0.0.1:8081", "YEYAK_DATA_DIR=/it's mine", "EMPTY="}
	first, err := Announce(dir, env)
	require.NoError(t, err)
	require.Equal(t, want, Announced(dir))
	require.Equal(t, want, Announced(dir), "reading leaves it as it is")
	out, err := exec.CommandContext(t.Context(), "sh", "-e", "-c", `. "$1/env"; printf '%s|%s|%s' "$API" "$YEYAK_DATA_DIR" "${EMPTY-unset}"`, "sh", dir).Output()
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8081|/it's mine|", string(out))
	info, err := os.Stat(filepath.Join(dir, "env"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, first.file.Close()) // as the kernel does when a process is killed
	require.FileExists(t, filepath.Join(dir, "env"))
	// A program that another test has just started still has the file open for a
	// moment.
	require.Eventually(t, func() bool { return Announced(dir) == nil }, time.Minute, time.Millisecond)

	second, err := Announce(dir, []string{"API=http://127.0.0.1:8082"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"API": "http://127.0.0.1:8082"}, Announced(dir))
	require.NoError(t, second.Withdraw())
	require.Nil(t, Announced(dir))
	require.NoFileExists(t, filepath.Join(dir, "env"))
}
