package devserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lock is the exclusive use of a data folder. It ends with the process.
type Lock struct{ file *os.File }

// LockDir creates the folder and locks it for this process. Its error is for the person
// who chose the folder.
func LockDir(dir string) (*Lock, error) {
	dir, err := makeDir(dir)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(dir, err)
	}
	free, err := tryLock(f)
	switch {
	case err != nil:
		err = unusable(dir, err)
	case !free:
		err = fmt.Errorf("data folder %s is in use by %s; choose another with YEYAK_DATA_DIR", dir, holder(readPID(f)))
	default:
		err = writePID(f, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(err, unlock(f))
	}
	return &Lock{file: f}, nil
}

// Release unlocks the folder. The file stays: otherwise two processes could lock two files
// of the same name.
func (l *Lock) Release() error { return unlock(l.file) }

// unlock releases f's lock, if it has one, and closes f. Closing it would not suffice:
// between fork and exec a child shares the file, and with it the lock.
func unlock(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

func holder(pid int) string {
	if pid == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}

// makeDir creates the data folder, readable only by its owner: it contains orders.
func makeDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", unusable(dir, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", unusable(abs, err)
	}
	return abs, nil
}

func unusable(dir string, err error) error {
	return fmt.Errorf("data folder %s cannot be used, choose another with YEYAK_DATA_DIR: %w", dir, err)
}

// tryLock locks f unless another open file has the lock. It belongs to the open file: a
// process that inherits the descriptor holds it, too.
func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
	}
}

// writePID writes the pid of the lock's holder; only the holder writes.
func writePID(f *os.File, pid int) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(pid)+"\n"), 0)
	return err
}

// readPID is the pid in the file, 0 for none.
func readPID(f *os.File) int {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return 0
	}
	return pid
}
