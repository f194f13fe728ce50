//go:build !linux

package devserver

import (
	"os"
	"syscall"
)

// childAttributes puts the child into a process group of its own, so that a
// terminal's Ctrl-C reaches only us and we stop things in our order. Here the
// child outlives us when we are killed; the next Start ends it.
func childAttributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// holds cannot be found out here; that the lock is held has to do.
func holds(int, *os.File) bool { return true }
