package child

import "syscall"

// attributes put the child into a process group of its own, so that a
// terminal's Ctrl-C reaches only us and we stop things in our order, and have
// the kernel kill it when we die.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
