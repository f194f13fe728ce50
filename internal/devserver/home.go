package devserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Home is where the orders of a data folder have their workflows: in the folder itself,
// on a server of some version, or on an external server. The zero value is the home of
// an unused folder.
type Home struct {
	Version   string `json:"version,omitempty"` // of the last server that ran on the folder
	Address   string `json:"address,omitempty"` // of the external server
	Namespace string `json:"namespace,omitempty"`
}

const (
	homeName     = "engine.json"
	databaseName = "temporal.db"
	// beforeHomes is the server version of folders from before there were homes.
	beforeHomes = "1.29.1"
)

// ReadHome reads the folder's home.
func ReadHome(dir string) (h Home, err error) {
	text, err := os.ReadFile(filepath.Join(dir, homeName))
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &h); err != nil {
			return h, unusable(dir, fmt.Errorf("%s: %w", homeName, err))
		}
		return h, nil
	case !errors.Is(err, fs.ErrNotExist):
		return h, unusable(dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err == nil {
		h.Version = beforeHomes
	}
	return h, nil
}

// Write writes the home into the folder.
func (h Home) Write(dir string) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, homeName)
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o600); err != nil {
		return unusable(dir, err)
	}
	return os.Rename(file+".new", file)
}

// External reports whether the server is outside of the folder.
func (h Home) External() bool { return h.Address != "" }

// suits returns why a program cannot use the data in the folder, nil if it can.
func (h Home) suits(p Program, dir string) error {
	switch {
	case h.Version == "" || minor(h.Version) == minor(p.Version):
		return nil
	case CompareVersions(p.Version, h.Version) < 0:
		return fmt.Errorf("its server is %s, and %s is of %s: name one that is no older with YEYAK_TEMPORAL_SERVER, or choose another folder with YEYAK_DATA_DIR",
			p.Version, dir, h.Version)
	case !p.Ours:
		return fmt.Errorf("%s is of server %s, which only our own server brings up to date for %s: YEYAK_TEMPORAL_SERVER=bin/temporal-server make bin/temporal-server run",
			dir, h.Version, p.Version)
	default:
		return nil
	}
}
