package marketing

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// The lines in which `yeyak dev` says in its data folder where its API is, and by
// which key it knows the services that follow its feed.
var (
	announcedAPI = regexp.MustCompile(`(?m)^export API='([^']+)'$`)
	announcedKey = regexp.MustCompile(`(?m)^export YEYAK_API_KEY='([^']+)'$`)
)

// defaultFeed is where `yeyak dev` listens when it is told nothing else.
const defaultFeed = "http://127.0.0.1:8080"

// feed is where the feed is, when that is not said: at the API of the process
// that serves the data folder, or where it listens by default.
func (s Settings) feed() string {
	return cmp.Or(s.Feed, s.announced(announcedAPI), defaultFeed)
}

// key is what the feed is asked with: a key of that process when none is said, and
// nor is where the feed is.
func (s Settings) key() string {
	if s.APIKey != "" || s.Feed != "" {
		return string(s.APIKey)
	}
	return s.announced(announcedKey)
}

// announced is what the process that serves the data folder says in such a line, ""
// when there is none. That process has the file locked: a file that is not was left
// over by one that was killed.
func (s Settings) announced(line *regexp.Regexp) string {
	file, err := os.Open(filepath.Join(s.DataDir, "env"))
	if err != nil {
		return ""
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return ""
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		return ""
	}
	if found := line.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}
