package pgserver

import (
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
)

// Restore makes a cluster from a backup of pg_basebackup and starts it. The backup is not
// changed. The server logs like that of LaunchLogging.
func Restore(backup string, settings Settings, log string) (*Cluster, error) {
	return launch(&Cluster{settings: settings, log: log, makeFolder: onDisk}, func(c *Cluster) error { return c.fillFrom(backup) })
}

// fillFrom copies the backup, which may belong to another user, and gives the copy to the
// server's account.
func (c *Cluster) fillFrom(backup string) error {
	// -p keeps the permissions: PostgreSQL refuses data that others can read.
	if out, err := exec.Command("cp", "-pR", filepath.Clean(backup), c.data()).CombinedOutput(); err != nil {
		return fmt.Errorf("pgserver: copy the backup %s: %w\n%s", backup, err, out)
	}
	return filepath.WalkDir(c.data(), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return c.account.own(path)
	})
}
