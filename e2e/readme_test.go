package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// interactive are the shells that newcomers paste into, without their users' settings.
// Interactive shells do not accept all that scripts may contain: zsh has no comments
// then.
var interactive = map[string][]string{
	"bash": {"bash", "--norc", "-i"},
	"dash": {"dash", "-i"},
	"zsh":  {"zsh", "-f", "-i"},
}

// readme is the README's blocks of a language: those that are typed while `make run`
// runs.
func readme(t *testing.T, language string) (blocks []string) {
	t.Helper()
	for _, block := range readmeBlocks(t, language) {
		if !strings.Contains(block, "make ") {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

func readmeBlocks(t *testing.T, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

// reader is `yeyak dev` with a folder like the one that it was started in.
type reader struct {
	*dev
	checkout string
}

func newReader(t *testing.T) reader {
	t.Helper()
	n := reader{newDev(t), t.TempDir()}
	yeyak, err := binary()
	require.NoError(t, err)
	subscribers, err := filepath.Abs("../subscribers")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(n.checkout, "bin"), 0o700))
	for link, to := range map[string]string{"bin/yeyak": yeyak, ".yeyak": n.folder, "subscribers": subscribers} {
		require.NoError(t, os.Symlink(to, filepath.Join(n.checkout, link)))
	}
	n.run()
	return n
}

// terminal is a command in the reader's folder, without further settings.
func (n reader) terminal(command ...string) *exec.Cmd {
	cmd := limitedCommand(n, command[0], command[1:]...)
	cmd.Dir = n.checkout
	// No prompts; port 8090 may be taken.
	cmd.Env = append(os.Environ(), "PS1=", "PS2=", "YEYAK_MARKETING_LISTEN=127.0.0.1:0", "HOME="+n.checkout)
	return cmd
}

// varies is what differs between runs, and its placeholders.
var varies = []struct {
	pattern *regexp.Regexp
	is      string
}{
	{regexp.MustCompile(`\b(lodging|food|cafe|cleaning|place|menu|drink|cleaner)-[0-9a-z]{16,}`), "$1-…"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d`), "DATE"},
	{regexp.MustCompile(`"version": \d+`), `"version": …`},
}

func constant(text string) string {
	for _, v := range varies {
		text = v.pattern.ReplaceAllString(text, v.is)
	}
	return text
}

// complains matches errors of shells and curl.
var complains = regexp.MustCompile(`(?i)error|not found|no matches|unexpected|unmatched|bad |curl:.*|yeyak:.*`)

// TestREADME pastes the README's lines into each shell, one after the other on the same
// system, and compares the output.
func TestREADME(t *testing.T) {
	t.Parallel()
	n := newReader(t)
	var script, foreground []string
	for _, block := range readme(t, "sh") {
		if strings.HasPrefix(block, "bin/yeyak marketing") || strings.HasPrefix(block, "python3 ") {
			foreground = append(foreground, strings.TrimSpace(block)) // they go on until Ctrl-C
			continue
		}
		script = append(script, block)
	}
	shown := readme(t, "json")
	require.Len(t, shown, 4)
	require.Len(t, foreground, 2)
	for shell, command := range interactive {
		var said, complaints strings.Builder
		cmd := n.terminal(command...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Join(script, "")), &said, &complaints
		require.NoError(t, cmd.Run(), "%s, see tools/shells.sh: %s", shell, complaints.String())
		require.NotRegexp(t, complains, complaints.String(), shell)
		for _, block := range shown {
			require.Contains(t, constant(said.String()), strings.TrimRight(constant(block), "\n"), shell)
		}
		for _, words := range []string{
			`"status": "confirmed"`, `"status": "cancelled"`, `"type": "reservation_cancelled"`, `"type": "ReservationCanceled"`,
			`"status": "delivered"`, `"withdrawn": true`, `"remaining": 8`, `"location": "12 Sejong-daero, Seoul"`, `"down": true`,
			"Nothing that was checked is wrong.",
		} {
			require.Contains(t, said.String(), words, shell)
		}
	}
	for _, command := range foreground {
		var said logged
		cmd := n.terminal("sh", "-c", "exec "+command)
		cmd.Stdout, cmd.Stderr = &said, &said
		require.NoError(t, cmd.Start())
		n.eventually(func() bool {
			text := strings.Join(said.lines(), "\n")
			return strings.Contains(text, `"feed": "`+n.url+`"`) || strings.Contains(text, "Your reservation at Seaside Inn")
		})
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.NoError(t, ends(t, cmd), "%s: %s", command, strings.Join(said.lines(), "\n"))
	}
	require.NoError(t, n.end(os.Interrupt))
}

// TestREADME_Make pastes the blocks that call make into each shell. They would run this
// test, and a system without end; so make only prints its target, which the Makefile
// must have.
func TestREADME_Make(t *testing.T) {
	t.Parallel()
	var script []string
	for _, block := range readmeBlocks(t, "sh") {
		if strings.Contains(block, "make ") {
			script = append(script, block)
		}
	}
	made := regexp.MustCompile(`(?m)^(?:[A-Z_]+=\S+ )*make (\S+)$`).ReplaceAllString(strings.Join(script, ""), "made $1")
	require.Contains(t, made, "made run\nmade test\n", "the two commands")
	makefile, err := filepath.Abs("../Makefile")
	require.NoError(t, err)
	programs := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(programs, "make"), []byte("#!/bin/sh\n"+
		`[ $# = 1 ] && grep --quiet "^$1:.*## " "`+makefile+`" && echo "made $1"`+"\n"), 0o700))
	for shell, command := range interactive {
		var said, complaints strings.Builder
		cmd := limitedCommand(t, command[0], command[1:]...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "PS1=", "PS2=", "HOME="+cmd.Dir, "PATH="+programs+":"+os.Getenv("PATH"))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Join(script, "")), &said, &complaints
		require.NoError(t, cmd.Run(), "%s: %s", shell, complaints.String())
		require.NotRegexp(t, complains, complaints.String(), shell)
		require.Equal(t, made, said.String(), shell)
	}
}

// TestDocuments_CanBePasted: no block of shell in any document contains a comment.
func TestDocuments_CanBePasted(t *testing.T) {
	t.Parallel()
	blocks := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(name, ".") && name != "..":
			return fs.SkipDir
		case filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		for _, block := range regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$").FindAllStringSubmatch(string(text), -1) {
			blocks++
			require.NotRegexp(t, `(?m)(^|\s)#( |$)`, block[1], "%s: zsh takes no comments from a terminal", path)
		}
		return err
	}))
	require.Greater(t, blocks, 50)
}
