package marketing

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// The lines in a data folder with which `yeyak dev` announces its API, and the key of
// services that follow its feed.
var (
	announcedAPI = regexp.MustCompile(`(?m)^export API='([^']+)'$`)
	announcedKey = regexp.MustCompile(`(?m)^export YEYAK_API_KEY='([^']+)'$`)
)

// defaultFeed is the default address of `yeyak dev`.
const defaultFeed = "http://127.0.0.1:8080"

// feed is the address of the feed if it is not configured: that of the process which
// serves the data folder, or the default.
func (s Settings) feed() string {
	return cmp.Or(s.Feed, s.announced(announcedAPI), defaultFeed)
}

// key is the API key for the feed: the process's, unless a key or the feed's address is
// configured.
func (s Settings) key() string {
	if s.APIKey != "" || s.Feed != "" {
		return string(s.APIKey)
	}
	return s.announced(announcedKey)
}

// announced is the value of such a line, "" if there is none. The process that serves
// the folder has the file locked: an unlocked file is left from a process that was
// killed.
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
