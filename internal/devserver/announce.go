package devserver

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/yeyak/yeyak/internal/child"
)

// Announcement is the file `env` of a data folder: the addresses of the process that
// serves the folder, for shells and other commands. It is locked while that process
// lives: an unlocked one is left from a process that was killed.
type Announcement struct{ file *os.File }

// Announce writes the variables, NAME=value. Only the holder of the folder's Lock may
// announce.
func Announce(dir string, env []string) (_ *Announcement, err error) {
	name := filepath.Join(dir, "env")
	file, err := os.OpenFile(name+".part", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	text := "# Where yeyak dev is, for other terminals. It counts while that runs.\n" + child.Exports(env)
	if _, err = file.WriteString(text); err == nil {
		_, err = tryLock(file) // it is new, so no other process has its lock
	}
	if err == nil {
		err = os.Rename(file.Name(), name) // it appears complete
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Announcement{file}, nil
}

// Withdraw removes the file.
func (a *Announcement) Withdraw() error {
	name := strings.TrimSuffix(a.file.Name(), ".part")
	return errors.Join(os.Remove(name), unlock(a.file))
}

var exported = regexp.MustCompile(`(?m)^export (\w+)='(.*)'$`)

// Announced are the variables that the folder's process has announced, nil if none
// runs.
func Announced(dir string) map[string]string {
	file, err := os.Open(filepath.Join(dir, "env"))
	if err != nil {
		return nil
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return nil // the process that wrote it is gone
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil
	}
	env := map[string]string{}
	for _, line := range exported.FindAllStringSubmatch(string(text), -1) {
		env[line[1]] = strings.ReplaceAll(line[2], `'\''`, "'")
	}
	return env
}
