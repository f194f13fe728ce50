package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/scratch"
)

// parentVariable names the folder in which a child of the test makes a folder.
const parentVariable = "YEYAK_SCRATCH_TEST"

func TestMain(m *testing.M) {
	if parent := os.Getenv(parentVariable); parent != "" {
		folder, err := scratch.Make(parent, "tests-")
		if err != nil {
			panic(err)
		}
		fmt.Println(folder.Path)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed, or its parent is
	}
	m.Run()
}

// owner starts another process, which makes a folder and keeps running.
func owner(t *testing.T, parent string) (path string, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), parentVariable+"="+parent)
	_, err := cmd.StdinPipe()
	require.NoError(t, err)
	said, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line), func() {
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait(), "it was killed")
	}
}

// TestMake_RemovesWhatAKilledProcessLeft: but no folder that another process owns, or is
// about to own.
func TestMake_RemovesWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	left, kill := owner(t, parent)
	mine, err := scratch.Make(parent, "tests-")
	require.NoError(t, err)
	beingMade, another := filepath.Join(parent, "tests-1"), filepath.Join(parent, "another-1")
	require.NoError(t, os.Mkdir(beingMade, 0o700))
	require.NoError(t, os.Mkdir(another, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(another, "owned"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(left, "large"), []byte("data"), 0o600))
	require.DirExists(t, left, "its process lives")
	kill()

	next, err := scratch.Make(parent, "tests-")
	require.NoError(t, err)
	require.NoDirExists(t, left)
	for _, kept := range []string{mine.Path, next.Path, beingMade, another} {
		require.DirExists(t, kept)
	}
	require.NoError(t, mine.Remove())
	require.NoDirExists(t, mine.Path)
	require.NoError(t, next.Remove())
}

// TestMake_AChildKeepsIt: a server that outlives the process that made its folder keeps
// the folder while it has the lock.
func TestMake_AChildKeepsIt(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	folder, err := scratch.Make(parent, "tests-")
	require.NoError(t, err)
	server := exec.CommandContext(t.Context(), "sleep", "1h")
	server.ExtraFiles = []*os.File{folder.Lock}
	require.NoError(t, server.Start())
	require.NoError(t, folder.Lock.Close()) // as the end of this process would do
	_, err = scratch.Make(parent, "tests-")
	require.NoError(t, err)
	require.DirExists(t, folder.Path)

	require.NoError(t, server.Process.Kill())
	require.Error(t, server.Wait())
	// A program that another test has just started still has the lock for a moment.
	require.Eventually(t, func() bool {
		_, err = scratch.Make(parent, "tests-")
		require.NoError(t, err)
		_, err = os.Stat(folder.Path)
		return os.IsNotExist(err)
	}, time.Minute, time.Millisecond)
}
