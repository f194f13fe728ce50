//go:build !linux

package devserver

import (
	"os"
	"syscall"
)

// childAttributes puts the child into a process group of its own, so that a terminal's
// Ctrl-C reaches only this process, which stops its children in order. Here the child
// outlives a killed process; the next Start ends it.
func childAttributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// holds cannot be checked here; the held lock suffices.
func holds(int, *os.File) bool { return true }
