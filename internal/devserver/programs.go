package devserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// Oldest is the oldest supported version of Temporal's server. SQLite in earlier
	// ones stops working after clients have cancelled a few queries.
	Oldest = "1.32.0"
	// CLIVersion is the Temporal CLI that is downloaded if there is a network. Its
	// server is no older than Oldest.
	CLIVersion = "v1.9.1"
)

// Program is an installed Temporal server.
type Program struct {
	Path    string
	Version string // of its server
	// Ours: it is our own server, which migrates the data of older servers.
	Ours bool
}

// Cached is where the SDK's test suite stores the CLI that it has downloaded.
func Cached() string { return filepath.Join(os.TempDir(), "temporal-cli-"+CLIVersion) }

// Choose returns the program to run on the data folder: the named one, else the first
// of a Temporal CLI on PATH, a downloaded one, and our own beside this program. It
// prints which installed programs are not used.
func Choose(ctx context.Context, named, dir string, say func(format string, args ...any)) (Program, error) {
	return choose(ctx, named, installed(), dir, say)
}

func choose(ctx context.Context, named string, installed []string, dir string, say func(format string, args ...any)) (Program, error) {
	home, err := ReadHome(dir)
	if err != nil {
		return Program{}, err
	}
	if named != "" {
		p, err := inspect(ctx, named)
		if err == nil {
			err = home.suits(p, dir)
		}
		if err != nil {
			return Program{}, fmt.Errorf("%s (YEYAK_TEMPORAL_SERVER): %w", named, err)
		}
		return p, nil
	}
	var unfit []error
	for _, path := range installed {
		p, err := inspect(ctx, path)
		if err == nil {
			err = home.suits(p, dir)
		}
		if err == nil {
			return p, nil
		}
		say("Not used: %s, %v.", path, err)
		unfit = append(unfit, fmt.Errorf("%s: %w", path, err))
	}
	if len(unfit) == 0 {
		return Program{}, ErrNone
	}
	return Program{}, errors.Join(append([]error{ErrNone}, unfit...)...)
}

// ErrNone: no usable server is installed.
var ErrNone = fmt.Errorf("no Temporal server of version %s or newer to run: build ours with `make bin/temporal-server`, or name one with YEYAK_TEMPORAL_SERVER", Oldest)

// installed are the installed programs.
func installed() (paths []string) {
	if path, err := exec.LookPath("temporal"); err == nil {
		paths = append(paths, path)
	}
	candidates := []string{Cached()}
	if self, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(self), "temporal-server"))
	}
	for _, path := range candidates {
		if _, err := exec.LookPath(path); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// inspectWithin is how long a program may take to print its version.
const inspectWithin = 10 * time.Second

var serverVersion = regexp.MustCompile(`\(Server (\d+\.\d+\.\d+)`)

// inspect reads a program's version.
func inspect(ctx context.Context, path string) (p Program, err error) {
	if p.Path, err = find(path); err != nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path, "--version")
	cmd.Env = environment()
	out, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("does not report its version: %w", err)
	}
	found := serverVersion.FindSubmatch(out)
	if found == nil {
		return p, fmt.Errorf("reports no version of a server: %q", strings.TrimSpace(string(out)))
	}
	p.Version, p.Ours = string(found[1]), strings.HasPrefix(string(out), "temporal-server ")
	if CompareVersions(p.Version, Oldest) < 0 {
		return p, TooOld(p.Version)
	}
	return p, nil
}

// TooOld is the error for a server that is older than Oldest.
func TooOld(version string) error {
	return fmt.Errorf("its server is %s, older than %s: its SQLite is left of no use by clients that hang up", version, Oldest)
}

// CompareVersions is negative if version a is older than b. It ignores what follows the
// three numbers.
func CompareVersions(a, b string) int {
	left, right := numbers(a), numbers(b)
	for i := range left {
		if c := cmp.Compare(left[i], right[i]); c != 0 {
			return c
		}
	}
	return 0
}

// minor is the first two numbers of a version. Servers with the same ones have the same
// tables.
func minor(version string) string {
	n := numbers(version)
	return fmt.Sprintf("%d.%d", n[0], n[1])
}

func numbers(version string) (n [3]int) {
	for i, text := range strings.SplitN(version, ".", 3) {
		digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			text = text[:digits]
		}
		n[i], _ = strconv.Atoi(text)
	}
	return n
}
