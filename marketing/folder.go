package marketing

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// announced is the line in which `yeyak dev` says in its data folder where its
// API is.
var announced = regexp.MustCompile(`(?m)^export API='([^']+)'$`)

// defaultFeed is where `yeyak dev` listens when it is told nothing else.
const defaultFeed = "http://127.0.0.1:8080"

// feed is where the feed is, when that is not said: at the API of the process
// that serves the data folder, or where it listens by default. That process has
// the file locked: a file that is not was left over by one that was killed.
func (s Settings) feed() string {
	if s.Feed != "" {
		return s.Feed
	}
	file, err := os.Open(filepath.Join(s.DataDir, "env"))
	if err != nil {
		return defaultFeed
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return defaultFeed
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		return defaultFeed
	}
	if line := announced.FindSubmatch(text); line != nil {
		return string(line[1])
	}
	return defaultFeed
}
