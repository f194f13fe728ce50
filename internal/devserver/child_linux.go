package devserver

import (
	"fmt"
	"os"
	"syscall"
)

// childAttributes puts the child into a process group of its own, so that a terminal's
// Ctrl-C reaches only this process, which stops its children in order. The kernel kills
// the child when this process dies.
func childAttributes(outlive bool) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if outlive {
		attributes.Pdeathsig = 0
	}
	return attributes
}

// holds reports whether process pid has inherited f the way our child does. A folder
// that is shared with another machine or container may be locked from there, by a
// process whose number is another process here.
func holds(pid int, f *os.File) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/fd/3", pid))
	return err == nil && os.SameFile(ours, theirs)
}
