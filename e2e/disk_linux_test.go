package e2e

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallDisk mounts a file system of the size, such as "4m", for the test. If this
// process may not mount, the test runs again in a process that may, and again is true.
func smallDisk(t *testing.T, size string) (path string, again bool) {
	t.Helper()
	path = t.TempDir()
	err := syscall.Mount("none", path, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) && os.Geteuid() != 0 {
		return "", runAsRoot(t)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(path, syscall.MNT_DETACH)) })
	return path, false
}

// runAsRoot runs the test in a user namespace whose root is this user.
func runAsRoot(t *testing.T) bool {
	t.Helper()
	cmd := limitedCommand(t, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return true
}
