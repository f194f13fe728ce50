package devserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// pollEvery is how often the state of a process, a port or a server is checked: none of
// them sends notifications.
const pollEvery = 20 * time.Millisecond

// claim takes the child's lock, for a new child. If the child of a killed process holds
// it, that child is ended first, and orphan is true.
func claim(ctx context.Context, path string, log *zap.Logger) (lock *os.File, orphan bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("open the Temporal server's lock: %w", err)
	}
	free, err := tryLock(f)
	if err == nil && !free {
		orphan = true
		err = endOrphan(ctx, f, log)
	}
	if err == nil {
		// The pid in it is outdated and must not be used to kill a process.
		err = f.Truncate(0)
	}
	if err != nil {
		return nil, orphan, errors.Join(err, unlock(f))
	}
	return f, orphan, nil
}

// endOrphan ends the process that holds the lock on f, and takes the lock.
func endOrphan(ctx context.Context, f *os.File, log *zap.Logger) error {
	pid := readPID(f)
	if pid == 0 || !holds(pid, f) {
		return fmt.Errorf("a Temporal server that this process cannot stop works in the data folder (it holds %s): stop it, or choose another folder with YEYAK_DATA_DIR", f.Name())
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return fmt.Errorf("find the Temporal server that was left behind: %w", err)
	}
	defer process.Release()
	// The pid is the holder's as long as the lock is held. From here on the handle is of exactly
	// that process, even if its pid is used again (on Linux; on other systems the moment in
	// between is short).
	if free, err := tryLock(f); free || err != nil {
		return err
	}
	log.Info("stopping the Temporal server that a killed process left behind", zap.Int("pid", pid))
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop the Temporal server that was left behind, process %d: %w", pid, err)
		}
		free, err := waitLock(ctx, f)
		if free || err != nil {
			return err
		}
		log.Warn("the Temporal server that was left behind is still there", zap.Int("pid", pid), zap.Stringer("after", signal.(syscall.Signal)))
	}
	return fmt.Errorf("the Temporal server that was left behind, process %d, cannot be stopped", pid)
}

// waitLock tries to lock for as long as a stopping server may take.
func waitLock(ctx context.Context, f *os.File) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, stopWithin, errStopTimeout)
	defer cancel()
	for {
		if free, err := tryLock(f); free || err != nil {
			return free, err
		}
		if err := pause(ctx); err != nil {
			if errors.Is(err, errStopTimeout) {
				err = nil
			}
			return false, err
		}
	}
}

var errStopTimeout = errors.New("waited long enough")

// pause waits for the next check, and returns the cause of ctx's end.
func pause(ctx context.Context) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
