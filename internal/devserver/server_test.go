package devserver

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestServer_RestartKeepsWorkflows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dir)
	require.NoError(t, first.Err())

	response, err := http.Get(first.UIURL())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	run, err := dial(t, first).ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{ID: "order-1", TaskQueue: "unserved"}, "Order")
	require.NoError(t, err)
	first.Stop(t.Context())
	require.NoError(t, first.Err(), "it was requested to stop")
	requireStopped(t, dir)

	second := start(t, dir)
	found, err := dial(t, second).DescribeWorkflowExecution(t.Context(), "order-1", run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, found.GetWorkflowExecutionInfo().GetStatus())
	require.FileExists(t, filepath.Join(dir, logName+".old"), "the earlier log is kept")
}

func TestServer_TwoSideBySide(t *testing.T) {
	t.Parallel()
	one, other := start(t, t.TempDir()), start(t, t.TempDir())
	require.NotEqual(t, one.Addr(), other.Addr())
	require.NotEqual(t, one.UIURL(), other.UIURL())
}

func TestServer_DiesByItself(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	log, err := os.OpenFile(s.logFile, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = log.WriteString(`{"level":"error","msg":"overcome by now"}` + "\n")
	require.NoError(t, err)
	require.NoError(t, log.Close())
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGKILL))
	<-s.Done()
	require.EqualError(t, s.Err(), "the Temporal server has ended by itself: signal: killed (log: "+s.logFile+")")
	require.ErrorContains(t, s.WaitReady(t.Context()), "ended by itself")
	s.Stop(t.Context())
}

func TestLastWords(t *testing.T) {
	t.Parallel()
	const greeting = "CLI 1.5.1 (Server 1.29.1, UI 2.42.1)\n\nServer:  localhost:7233\nMetrics: http://localhost:34783/metrics\n"
	for name, tt := range map[string]struct{ log, want string }{
		"Nothing":     {},
		"Greeting":    {log: greeting},
		"Warning":     {log: greeting + `time=2026-12-24T00:00:00.000 level=WARN msg="network dial error"` + "\n"},
		"Error":       {log: greeting + `time=2026-12-24T00:00:00.000 level=ERROR msg="failed"` + "\n", want: `time=2026-12-24T00:00:00.000 level=ERROR msg="failed"`},
		"ErrorBefore": {log: `level=ERROR msg="overcome"` + "\n" + greeting},
		"WebUI":       {log: greeting + `{"level":"FATAL","message":"bind"}`, want: `{"level":"FATAL","message":"bind"}`},
		"Ours":        {log: greeting + `{"level":"error","msg":"failed"}` + "\n", want: `{"level":"error","msg":"failed"}`},
		"OursGaveUp":  {log: "temporal-server: no free ports\n", want: "temporal-server: no free ports"},
		"Usage":       {log: "Usage:\n\nunknown flag: --ip\n", want: "unknown flag: --ip"},
		"Panic":       {log: greeting + "panic: no shard\n\ngoroutine 1 [running]:\nmain.main()\n", want: "panic: no shard"},
		"Crash":       {log: greeting + "fatal error: out of memory\n\ngoroutine 1 [running]:\n", want: "fatal error: out of memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), logName)
			require.NoError(t, os.WriteFile(file, []byte(tt.log), 0o600))
			require.Equal(t, tt.want, lastWords(file))
		})
	}
	require.Empty(t, lastWords(filepath.Join(t.TempDir(), "missing")))
}

func TestServer_StopKills(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGSTOP), "it hangs")
	began := time.Now()
	s.Stop(t.Context())
	require.Less(t, time.Since(began), 2*stopWithin)
	require.NoError(t, s.Err())
	requireStopped(t, dir)
}

func TestServer_Kill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	s.Kill()
	<-s.Done()
	require.NoError(t, s.Err())
	requireStopped(t, dir)
}

func TestStart_EndsAnOrphan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	helper, said := startHelper(t, dir, "yes")
	kill(t, helper)
	port, err := strconv.Atoi(said[0])
	require.NoError(t, err)
	conn, err := net.Dial("tcp", net.JoinHostPort(loopback, said[0]))
	require.NoError(t, err, "the server outlives its parent")
	require.NoError(t, conn.Close())

	lock, err := LockDir(dir)
	require.NoError(t, err, "the parent's own lock went with it")
	defer lock.Release()
	core, logs := observer.New(zap.InfoLevel)
	s, err := Start(t.Context(), Options{Program: program(t), DataDir: dir, Port: port, Logger: zap.New(core)})
	require.NoError(t, err, "the orphan has ended, and has released the port")
	defer s.Stop(t.Context())
	require.NoError(t, s.WaitReady(t.Context()))
	found := logs.FilterMessageSnippet("left behind").All()
	require.NotEmpty(t, found)
	require.NotEqual(t, int64(s.cmd.Process.Pid), found[0].ContextMap()["pid"])
}

func TestStart_ChildDiesWithItsParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("only Linux can end a child together with its parent")
		return
	}
	t.Parallel()
	dir := t.TempDir()
	helper, _ := startHelper(t, dir, "no")
	kill(t, helper)
	requireStopped(t, dir)
}

// A process that does not hold the lock is not killed, whatever pid is in the file.
func TestStart_SparesStrangers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	helper, _ := startHelper(t, t.TempDir(), "lock")

	stale, err := os.Create(filepath.Join(dir, lockName))
	require.NoError(t, err)
	require.NoError(t, writePID(stale, helper.Process.Pid))

	t.Run("LockHeldByAnother", func(t *testing.T) {
		free, err := tryLock(stale)
		require.NoError(t, err)
		require.True(t, free)
		_, err = Start(t.Context(), Options{Program: program(t), DataDir: dir})
		if runtime.GOOS == "linux" {
			require.ErrorContains(t, err, "a Temporal server that this process cannot stop works in the data folder")
		}
	})
	t.Run("LockFree", func(t *testing.T) {
		require.NoError(t, stale.Close())
		start(t, dir)
	})
	require.NoError(t, helper.Process.Signal(syscall.Signal(0)), "the stranger lives")
}

func TestStart_PortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port

	dir := t.TempDir()
	_, err = Start(t.Context(), Options{Program: program(t), DataDir: dir, Port: port})
	require.EqualError(t, err, "port "+strconv.Itoa(port)+", meant for the Temporal server, is in use by another program: "+
		"stop that, or choose another port with YEYAK_TEMPORAL_PORT")
	_, err = Start(t.Context(), Options{Program: program(t), DataDir: dir, UIPort: port})
	require.ErrorContains(t, err, "meant for Temporal's web UI, is in use by another program: stop that, or choose another port with YEYAK_UI_PORT")
	requireStopped(t, dir)
}

// TestUnlock: the lock is free although a child that is being forked still shares its file.
func TestUnlock(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), lockName)
	open := func() *os.File {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		require.NoError(t, err)
		return f
	}
	first, second := open(), open()
	defer second.Close()
	free, err := tryLock(first)
	require.NoError(t, err)
	require.True(t, free)
	shared, err := syscall.Dup(int(first.Fd()))
	require.NoError(t, err)
	defer syscall.Close(shared)
	require.NoError(t, unlock(first))
	free, err = tryLock(second)
	require.NoError(t, err)
	require.True(t, free)
}

func TestStart_NoProgram(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Program: filepath.Join(t.TempDir(), "temporal"), DataDir: t.TempDir()})
	require.ErrorContains(t, err, "no Temporal server at")
	require.ErrorContains(t, err, "YEYAK_TEMPORAL_SERVER")
}

func TestLockDir(t *testing.T) {
	t.Parallel()
	t.Run("MakesAndReleases", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "new", "folder")
		lock, err := LockDir(dir)
		require.NoError(t, err)
		_, err = LockDir(dir)
		require.EqualError(t, err, "data folder "+dir+" is in use by process "+strconv.Itoa(os.Getpid())+"; choose another with YEYAK_DATA_DIR")
		require.NoError(t, lock.Release())
		lock, err = LockDir(dir)
		require.NoError(t, err)
		require.NoError(t, lock.Release())
	})
	t.Run("InUseByAnotherProcess", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		helper, _ := startHelper(t, dir, "lock")
		_, err := LockDir(dir)
		require.ErrorContains(t, err, "is in use by process "+strconv.Itoa(helper.Process.Pid))
		kill(t, helper)
		lock, err := LockDir(dir)
		require.NoError(t, err, "the lock goes with its holder")
		require.NoError(t, lock.Release())
	})
	t.Run("CannotBeMade", func(t *testing.T) {
		t.Parallel()
		// A file cannot contain a folder, not even for root.
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		_, err := LockDir(filepath.Join(file, "data"))
		require.ErrorContains(t, err, "cannot be used, choose another with YEYAK_DATA_DIR")
	})
}
