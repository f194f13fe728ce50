package child

import "syscall"

// attributes put the child into a process group of its own, so that a terminal's
// Ctrl-C reaches only this process, which stops its children in its own order.
// They also have the kernel kill the child when this process dies.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
