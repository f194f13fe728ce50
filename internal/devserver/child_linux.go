package devserver

import (
	"fmt"
	"os"
	"syscall"
)

// childAttributes puts the child into a process group of its own, so that a
// terminal's Ctrl-C reaches only us and we stop things in our order, and has
// the kernel kill it when we die.
func childAttributes(outlive bool) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if outlive {
		attributes.Pdeathsig = 0
	}
	return attributes
}

// holds tells whether process pid has inherited f the way our child does. A
// folder that is shared with another machine or container may be locked from
// there, by a process whose number means another one here.
func holds(pid int, f *os.File) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/fd/3", pid))
	return err == nil && os.SameFile(ours, theirs)
}
