package pgserver

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest supported major version of PostgreSQL.
const oldest = 14

// packaged are the folders in which distributions install PostgreSQL's programs.
var packaged = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // Red Hat
	"/opt/homebrew/opt/postgresql@*/bin",                 // macOS
	"/usr/local/opt/postgresql@*/bin",                    // macOS on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
}

// programs finds the directory of postgres and initdb: the one on the PATH, the one that
// pg_config names, or the newest of the packaged ones.
func programs() (string, error) {
	var candidates []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(path))
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	var installed []string
	for _, pattern := range packaged {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		installed = append(installed, found...)
	}
	slices.SortFunc(installed, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range append(candidates, installed...) {
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err == nil && version(dir) >= oldest {
			return dir, nil
		}
	}
	return "", errors.New("no PostgreSQL " + strconv.Itoa(oldest) + " or newer on this machine: run tools/postgres.sh to install it" +
		" (tests use a server that TEST_DATABASE_URL names instead)")
}

var majorVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// version is the major version of the server in dir, 0 if there is none.
func version(dir string) int {
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	m := majorVersion.FindSubmatch(out)
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(string(m[1])) // digits, by the expression
	return major
}
