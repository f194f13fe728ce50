package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Command is a program with its arguments and environment.
type Command struct {
	Path string
	Args []string
	// Env is added to Environment.
	Env []string
	// Log is the file that the output is appended to.
	Log string
}

// Process is a running program.
type Process struct {
	name   string
	log    string
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // set once exited is closed
}

// Start starts a program.
func Start(c Command) (*Process, error) {
	// A file needs no reader, a pipe would.
	out, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the child has a descriptor of its own
	p := &Process{name: filepath.Base(c.Path), log: c.Log, cmd: exec.Command(c.Path, c.Args...), exited: make(chan struct{})}
	p.cmd.Env = append(Environment(), c.Env...)
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = out, out, attributes()
	started := make(chan error)
	go p.attend(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return p, nil
}

// attend starts the child and waits for its end, on a thread that lives as long.
// When the thread that started the child ends, the kernel takes that for the death
// of the parent, and Go ends idle threads.
func (p *Process) attend(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.exited)
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the program has ended, for whatever reason.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Running reports whether the program has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Signal sends the program a signal.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Kill ends the program at once, as kill -9 does, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // an error means that it has ended already
	<-p.exited
}

// Stop requests the program's end and returns when it has ended. It kills a program that takes
// longer than within, and returns an error then.
func (p *Process) Stop(within time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended already
	select {
	case <-p.exited:
		return nil
	case <-time.After(within):
		p.Kill()
		return fmt.Errorf("%s did not stop within %s", p.name, within)
	}
}

// pollEvery is how often Await calls ready: other programs send no notification.
const pollEvery = 20 * time.Millisecond

// Await returns when ready returns nil. If the program or ctx ends before, it
// returns an error that holds the last lines of the log.
func (p *Process) Await(ctx context.Context, ready func(context.Context) error) error {
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-p.exited:
			return fmt.Errorf("%s has ended (%w):\n%s", p.name, cause(p.err), p.lastLines())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready (%w):\n%s", p.name, err, p.lastLines())
		}
	}
}

func cause(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// lastLines returns the last lines of the log.
func (p *Process) lastLines() []byte {
	const enough = 2000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(text[max(0, len(text)-enough):])
}
