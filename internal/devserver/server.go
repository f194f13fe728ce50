package devserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// Options are the server's program and addresses.
type Options struct {
	// Program is the path of the server: our own, or Temporal's CLI.
	Program string
	// DataDir contains database, log and lock. The caller holds its LockDir.
	DataDir string
	// Port and UIPort on 127.0.0.1; 0 means a free one.
	Port, UIPort int
	// Logger may be nil.
	Logger *zap.Logger

	// outlive lets the child live on when this process is killed, as it does on systems
	// that cannot prevent it. For tests.
	outlive bool
}

// Server is a running development server.
type Server struct {
	port, uiPort int
	log          *zap.Logger
	logFile      string
	cmd          *exec.Cmd

	stopping atomic.Bool
	done     chan struct{}
	err      error // once done is closed
}

const (
	loopback = "127.0.0.1"
	lockName = "temporal.lock"
	logName  = "temporal.log"
	// stopWithin is how long a server may take to stop; a healthy one takes about a
	// second.
	stopWithin = 5 * time.Second
)

// Start starts the server, after ending one that a killed process may have left in the
// folder. ctx limits the start, not the server's life. The server is not ready yet: see
// WaitReady. Errors are for the person who typed the command.
func Start(ctx context.Context, o Options) (s *Server, err error) {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	program, err := find(o.Program)
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	lock, orphan, err := claim(ctx, filepath.Join(dir, lockName), o.Logger)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = unlock(lock)
			return
		}
		_ = lock.Close() // the child has its own descriptor of it by now
	}()

	s = &Server{log: o.Logger, logFile: filepath.Join(dir, logName), done: make(chan struct{})}
	if s.port, err = choosePort(ctx, o.Port, orphan, "the Temporal server", "YEYAK_TEMPORAL_PORT"); err != nil {
		return nil, err
	}
	if s.uiPort, err = choosePort(ctx, o.UIPort, orphan, "Temporal's web UI", "YEYAK_UI_PORT"); err != nil {
		return nil, err
	}
	if err := s.spawn(program, dir, lock, o.outlive); err != nil {
		return nil, err
	}
	return s, nil
}

// spawn starts the child and writes its pid into its lock.
func (s *Server) spawn(program, dir string, lock *os.File, outlive bool) error {
	// One earlier log is kept: it may say why a server died.
	if err := os.Rename(s.logFile, s.logFile+".old"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("keep the earlier log: %w", err)
	}
	// A file, not a pipe: a pipe would break, and the child with it, if this process
	// dies.
	out, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the Temporal server's log: %w", err)
	}
	defer out.Close()

	s.cmd = exec.Command(program, args(dir, s.port, s.uiPort)...)
	s.cmd.Env = environment()
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.ExtraFiles = []*os.File{lock} // the child's descriptor 3
	s.cmd.SysProcAttr = childAttributes(outlive)

	started := make(chan error)
	go s.attend(started)
	if err := <-started; err != nil {
		return fmt.Errorf("start the Temporal server: %w", err)
	}
	if err := writePID(lock, s.cmd.Process.Pid); err != nil {
		s.Kill()
		<-s.done
		return err
	}
	s.log.Info("Temporal server started",
		zap.Int("pid", s.cmd.Process.Pid), zap.String("address", s.Addr()), zap.String("log", s.logFile))
	return nil
}

// attend starts the child and waits for its end.
func (s *Server) attend(started chan<- error) {
	// The kernel takes the death of the thread that started the child for the death of
	// its parent, so the thread stays while the child lives.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	err := s.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	err = s.cmd.Wait()
	if !s.stopping.Load() {
		s.err = s.unexpected(err)
	}
	close(s.done)
}

// unexpected is the error of an end that was not requested.
func (s *Server) unexpected(err error) error {
	reason := "it exited"
	if err != nil {
		reason = err.Error()
	}
	// A server that a signal has ended has logged nothing about it: the last line of
	// its log is about something else.
	if exit, failed := errors.AsType[*exec.ExitError](err); !failed || exit.Exited() {
		if words := lastWords(s.logFile); words != "" {
			reason += ": " + words
		}
	}
	return fmt.Errorf("the Temporal server has ended by itself: %s (log: %s)", reason, s.logFile)
}

// What a Go program prints first when it crashes, and the last line of a server that
// gave up.
var (
	crash  = regexp.MustCompile(`(?m)^(panic|fatal error): .*$`)
	gaveUp = regexp.MustCompile(`(?i)^(unknown flag|temporal-server): |level"?[=:]"?(error|fatal)`)
)

// lastWords is the line of the log that probably says why the server ended: the panic,
// or the last line if that is an error. "": neither is there, as for a killed server.
func lastWords(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	if line := crash.Find(text); line != nil {
		return string(line)
	}
	text = bytes.TrimSpace(text)
	last := text[bytes.LastIndexByte(text, '\n')+1:]
	if !gaveUp.Match(last) {
		return ""
	}
	return string(last)
}

// Addr is the address of the frontend, host:port.
func (s *Server) Addr() string { return net.JoinHostPort(loopback, strconv.Itoa(s.port)) }

// UIURL is the address of the web UI.
func (s *Server) UIURL() string {
	return "http://" + net.JoinHostPort(loopback, strconv.Itoa(s.uiPort))
}

// Done is closed when the server has ended for any reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns why the server has ended by itself; nil while it runs and if it was stopped.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop requests the server's end, kills it after a few seconds or when ctx ends, and returns when
// it has ended. It may be called more than once.
func (s *Server) Stop(ctx context.Context) {
	s.stopping.Store(true)
	killTimer := time.NewTimer(stopWithin)
	defer killTimer.Stop()
	// An error means that it has ended already, and done is closed.
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
		return
	case <-ctx.Done():
	case <-killTimer.C:
	}
	s.log.Warn("Temporal server did not stop in time; killing it", zap.Int("pid", s.cmd.Process.Pid))
	s.Kill()
	<-s.done
}

// Kill ends the server at once. Its database survives that.
func (s *Server) Kill() {
	s.stopping.Store(true)
	_ = s.cmd.Process.Kill()
}

// find is the absolute path of the named server.
func find(named string) (string, error) {
	path, err := exec.LookPath(named)
	if err != nil {
		return "", fmt.Errorf("no Temporal server at %s (YEYAK_TEMPORAL_SERVER): %w", named, err)
	}
	return filepath.Abs(path)
}
