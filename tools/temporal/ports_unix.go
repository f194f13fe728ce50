//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// reserve locks the port's file, and reports whether the lock was free. The lock ends with
// the process. Folder and files are those of internal/child, which is
// not imported: the dependencies of its module would come with it.
func reserve(port int) (bool, error) {
	folder := filepath.Join(os.TempDir(), "yeyak-ports-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return false, fmt.Errorf("reserve a port: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(folder, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, fmt.Errorf("reserve a port: %w", err)
	}
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK): // this or another process holds it
		return false, file.Close()
	case err != nil:
		return false, errors.Join(fmt.Errorf("reserve a port: %w", err), file.Close())
	}
	reserved.Store(port, file)
	return true, nil
}

// reserved keeps the files open: the garbage collector would close them.
var reserved sync.Map
