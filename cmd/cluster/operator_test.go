package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/recipes"
)

// operator is an operator with a folder that contains the programs, as make builds them, and
// docs/operations. They know of the cluster only what is written there.
type operator struct {
	testing.TB
	book   *recipes.Book
	folder string
	url    string            // of the entry point
	set    map[string]string // the variables of all of their terminals
	first  []string          // recipes that are run first in each terminal
	orders []string          // all placed orders
	token  string            // of the requests, once it was requested
}

// here are the recipes that set a terminal's variables for the cluster.
var here = []string{"A terminal for make cluster"}

// newOperator builds the programs of `make cluster`, in a folder of the test's own.
func newOperator(t *testing.T) *operator {
	t.Helper()
	book, err := recipes.Read("../../docs/operations")
	require.NoError(t, err)
	o := &operator{TB: t, book: book, folder: t.TempDir(), first: here}
	for program, source := range map[string]string{"yeyak": "../yeyak", "cluster": "."} {
		o.build(source, program)
	}
	for program, variable := range map[string]string{"temporal": "YEYAK_TEMPORAL_CLI", "temporal-server": "YEYAK_TEMPORAL_SERVER"} {
		built, err := filepath.Abs(cmp.Or(os.Getenv(variable), "../../bin/"+program))
		require.NoError(t, err)
		require.NoError(t, os.Symlink(built, filepath.Join(o.folder, "bin", program)))
	}
	// The variables of this process are removed: only what the operator types counts.
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name == "API" || strings.HasPrefix(name, "YEYAK_") || strings.HasPrefix(name, "TEMPORAL_") ||
			strings.HasPrefix(name, "PG") || strings.HasSuffix(name, "DATABASE_URL") {
			t.Setenv(name, "") // t.Setenv restores it after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	address := o.freeAddress()
	o.url, o.set = "http://"+address, map[string]string{
		"YEYAK_LISTEN": address, "YEYAK_UI_PORT": "0", "YEYAK_VERSIONING": "true",
		// Short intervals keep the test short. The audit's pause keeps its length: it is needed
		// only for an order that seems to be wrong.
		"YEYAK_DRAIN_DELAY":    "0s",
		"YEYAK_LOG_LEVEL_FILE": filepath.Join(o.folder, "level"),
		"YEYAK_REPAIR_EVERY":   never().String(), // a fault stays until the operator repairs it
	}
	o.set["YEYAK_CLUSTER_SET"] = "YEYAK_ATTENTION_AFTER=2s,YEYAK_DRAIN_DELAY=0s,YEYAK_LOG_LEVEL_FILE=" + o.set["YEYAK_LOG_LEVEL_FILE"] +
		",YEYAK_REPAIR_EVERY=" + o.set["YEYAK_REPAIR_EVERY"]
	return o
}

// never is an interval of the engine's that does not end while tests run. The engine counts
// intervals from 1970, and none may exceed a day.
func never() time.Duration {
	for every := 24 * time.Hour; ; every -= time.Hour {
		if elapsed := time.Duration(time.Now().UnixNano()) % every; every-elapsed > 6*time.Hour {
			return every
		}
	}
}

// built is the build id of the programs.
const built = "blue"

func (o *operator) build(source, program string) {
	o.Helper()
	out, err := exec.CommandContext(o.Context(), "go", "build", "-ldflags", "-X main.version="+built,
		"-o", filepath.Join(o.folder, "bin", program), source).CombinedOutput()
	require.NoError(o, err, "%s", out)
}

func (o *operator) freeAddress() string {
	o.Helper()
	address, err := freeAddress()
	require.NoError(o, err)
	return address
}

// path is a PATH that finds the programs.
func (o *operator) path() string { return filepath.Join(o.folder, "bin") + ":" + os.Getenv("PATH") }

// variables are NAME=value, the operator's own first.
func (o *operator) variables(more []string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(o.set)) {
		all = append(all, name+"="+o.set[name])
	}
	return append(all, more...)
}

// script is the text that is typed in a new terminal to follow a recipe.
func (o *operator) script(heading string) string {
	o.Helper()
	commands, err := o.book.Commands(append(slices.Clone(o.first), heading)...)
	require.NoError(o, err)
	return commands
}

// types follows a recipe, which must succeed, and returns its output.
func (o *operator) types(heading string, variables ...string) string {
	o.Helper()
	out, err := o.tries(heading, variables...)
	require.NoError(o, err, "%s\n%s", heading, out)
	o.Logf("%s:\n%s", heading, out)
	return out
}

// tries is types for a recipe that may fail.
func (o *operator) tries(heading string, variables ...string) (string, error) {
	o.Helper()
	return o.shell(o.script(heading), variables)
}

func (o *operator) shell(commands string, variables []string) (string, error) {
	sh := exec.CommandContext(o.Context(), "sh", "-e", "-c", commands)
	sh.Dir, sh.Env = o.folder, append(os.Environ(), o.variables(variables)...)
	out, err := sh.CombinedOutput()
	return string(out), err
}

// shows runs a command that is in no recipe.
func (o *operator) shows(command string) string {
	o.Helper()
	where, err := o.book.Commands(o.first...)
	require.NoError(o, err)
	out, err := o.shell(where+command, nil)
	require.NoError(o, err, "%s", out)
	return out
}

// sees follows a recipe until its output contains want.
func (o *operator) sees(want, heading string, variables ...string) (said string) {
	o.Helper()
	defer func() {
		if o.Failed() {
			o.Logf("%s:\n%s", heading, said)
		}
	}()
	o.until(func() bool {
		out, err := o.tries(heading, variables...)
		said = fmt.Sprintf("%s\n%v", out, err)
		return err == nil && strings.Contains(out, want)
	}, "%s never says %q", heading, want)
	return said
}

// succeeds follows a recipe until it succeeds.
func (o *operator) succeeds(heading string, variables ...string) {
	o.Helper()
	o.sees("", heading, variables...)
}

// waitTimeout bounds every wait of the operator.
const waitTimeout = 5 * time.Minute

func (o *operator) until(what func() bool, words string, args ...any) {
	o.Helper()
	for end := time.Now().Add(waitTimeout); !what(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			require.FailNowf(o, "waited for nothing", words, args...)
		}
	}
}

// terminal is a terminal in which a command runs in the foreground.
type terminal struct {
	*operator
	process *child.Process
	log     string
}

// starts follows a recipe in a terminal that stays open.
func (o *operator) starts(heading string, variables ...string) *terminal {
	o.Helper()
	return o.launch(o.script(heading), variables...)
}

func (o *operator) launch(commands string, variables ...string) *terminal {
	o.Helper()
	t := &terminal{operator: o, log: filepath.Join(o.TempDir(), "terminal.log")}
	// A terminal's shell survives a Ctrl-C, so it ends after its command.
	script := "trap : INT\ncd '" + o.folder + "'\n" + commands
	var err error
	t.process, err = child.Start(child.Command{Path: "sh", Args: []string{"-e", "-c", script}, Env: o.variables(variables), Log: t.log})
	require.NoError(o, err)
	o.Cleanup(t.close)
	return t
}

// close ends the processes of a failed test, with their data.
func (t *terminal) close() {
	if t.Failed() {
		t.Logf("a terminal:\n%s", t.said())
	}
	if !t.process.Running() {
		return
	}
	t.signal(syscall.SIGINT)
	select {
	case <-t.process.Exited():
	case <-time.After(waitTimeout):
	}
	t.signal(syscall.SIGKILL)
}

// signal signals the shell and its command, like a terminal's keys do.
func (t *terminal) signal(s syscall.Signal) {
	if syscall.Kill(-t.process.PID(), s) != nil { // it leads no group, or has ended
		_ = syscall.Kill(t.process.PID(), s)
	}
}

// interrupt sends Ctrl-C, and returns when all processes have ended.
func (t *terminal) interrupt() {
	t.Helper()
	t.signal(syscall.SIGINT)
	t.until(func() bool { return !t.process.Running() }, "it does not end")
}

func (t *terminal) said() string {
	t.Helper()
	text, err := os.ReadFile(t.log)
	require.NoError(t, err)
	return string(text)
}
