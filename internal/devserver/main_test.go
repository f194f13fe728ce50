package devserver

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap/zaptest"

	"github.com/yeyak/yeyak/internal/rig/hanging"
)

// Variables that make the test binary a yeyak that can be killed.
const (
	helperDir     = "YEYAK_TEST_HELPER_DIR"
	helperOutlive = "YEYAK_TEST_HELPER_OUTLIVE"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		help(dir)
	}
	hanging.Watch()
	os.Exit(m.Run())
}

// help locks the folder, runs a server in it, prints that and waits to be killed.
func help(dir string) {
	_, err := LockDir(dir)
	if err == nil && os.Getenv(helperOutlive) != "lock" {
		var s *Server
		s, err = Start(context.Background(), Options{
			Program: os.Getenv("YEYAK_TEMPORAL_SERVER"), DataDir: dir, outlive: os.Getenv(helperOutlive) == "yes",
		})
		if err == nil {
			err = s.WaitReady(context.Background())
		}
		if err == nil {
			fmt.Println(s.port)
		}
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// startHelper runs help in a process of its own and returns its output.
func startHelper(t *testing.T, dir, outlive string) (helper *exec.Cmd, said []string) {
	t.Helper()
	helper = exec.Command(os.Args[0])
	helper.Env = append(os.Environ(), helperDir+"="+dir, helperOutlive+"="+outlive, "YEYAK_TEMPORAL_SERVER="+program(t))
	helper.Stderr = os.Stderr
	out, err := helper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, helper.Start())
	t.Cleanup(func() {
		_ = helper.Process.Kill()
		_ = helper.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return helper, said
		}
		said = append(said, lines.Text())
	}
	require.FailNow(t, "the helper did not get ready", strings.Join(said, "\n"))
	return nil, nil
}

// kill is kill -9.
func kill(t *testing.T, helper *exec.Cmd) {
	t.Helper()
	require.NoError(t, helper.Process.Kill())
	_ = helper.Wait()
}

// program is the Temporal server that the tests run.
func program(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("YEYAK_TEMPORAL_SERVER"); path != "" {
		return path
	}
	path, err := filepath.Abs("../../bin/temporal-server")
	require.NoError(t, err)
	require.FileExists(t, path, "these tests need a Temporal server: run `make bin/temporal-server`, or set YEYAK_TEMPORAL_SERVER")
	return path
}

// start starts a server in dir and waits until it is ready.
func start(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), Options{Program: program(t), DataDir: dir, Logger: zaptest.NewLogger(t)})
	require.NoError(t, err)
	// The test's own context has ended when its cleanup runs.
	t.Cleanup(func() { s.Stop(context.Background()) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.WaitReady(ctx))
	return s
}

func dial(t *testing.T, s *Server) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: s.Addr(), Logger: Quiet()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// requireStopped requires that no server holds the folder.
func requireStopped(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	require.Eventually(t, func() bool {
		free, err := tryLock(f)
		require.NoError(t, err)
		return free
	}, stopWithin, pollEvery, "a Temporal server lives on")
}
