// Package scratch makes the folders in which tests and benchmarks keep databases and
// programs. The next process that makes a folder of the same name removes the folders of
// killed processes.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file in a folder that its owner has locked. A folder without it is still
// being made.
const lockName = "owned"

// Folder is a folder of this process.
type Folder struct {
	Path string
	// Lock keeps the folder, also for a child that inherits it.
	Lock *os.File
}

// Make makes a folder in parent, or in the folder for temporary files if that is "". Its
// name begins with name, like those that it removes.
func Make(parent, name string) (*Folder, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent, name)
	dir, err := os.MkdirTemp(parent, name)
	if err != nil {
		return nil, fmt.Errorf("scratch: %w", err)
	}
	lock, err := own(dir)
	if err != nil {
		return nil, fmt.Errorf("scratch: %w", errors.Join(err, os.RemoveAll(dir)))
	}
	return &Folder{Path: dir, Lock: lock}, nil
}

// MakeInMemory makes a folder in memory, so that its databases do not wait for a disk. It
// makes one on disk if there is no file system in memory, or if that has little room.
func MakeInMemory(name string) (*Folder, error) {
	if !roomy() {
		return Make("", name)
	}
	return Make(memory, name)
}

// own locks the folder. The file gets its name after it is locked: no other process finds
// a folder that seems to have no owner.
func own(dir string) (*os.File, error) {
	unnamed := filepath.Join(dir, lockName+".new")
	lock, err := os.OpenFile(unnamed, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(flock(lock), os.Rename(unnamed, filepath.Join(dir, lockName))); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// flock takes a lock that is released when the last process closes the file.
func flock(lock *os.File) error {
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// sweep removes the folders whose owners are gone. It skips folders that it cannot read,
// such as another user's.
func sweep(parent, name string) {
	found, _ := filepath.Glob(filepath.Join(parent, name+"*")) // the pattern is well formed
	for _, dir := range found {
		lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if flock(lock) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

// Remove removes the folder with its content.
func (f *Folder) Remove() error {
	return errors.Join(os.RemoveAll(f.Path), f.Lock.Close())
}
