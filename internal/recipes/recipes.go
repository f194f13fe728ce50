package recipes

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Book is a document's recipes, and which of them have been run. It is safe for
// concurrent use.
type Book struct {
	name     string
	commands map[string]string // by heading
	shown    []string

	mu  sync.Mutex
	run map[string]bool
}

var (
	heading = regexp.MustCompile(`^#+ (.*)$`)
	fence   = regexp.MustCompile("^\\s*```(.*)$")
)

// Read reads a document in Markdown. A block of sh is the recipe of the heading
// above it. A block of anything else is an error, since nobody would run it, and
// so are two recipes under headings of the same name.
func Read(file string) (*Book, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b := &Book{name: file, commands: map[string]string{}, run: map[string]bool{}}
	under, at, inside := "", 0, false // at: the line of the heading, which tells two of the same name apart
	from := map[string]int{}
	for i, line := range strings.Split(string(text), "\n") {
		if m := fence.FindStringSubmatch(line); m != nil {
			inside = !inside
			if !inside {
				continue
			}
			if line != "```sh" || under == "" {
				return nil, fmt.Errorf("%s:%d: a block that no test would run: want ```sh, under a heading", file, i+1)
			}
			if before, ok := from[under]; ok && before != at {
				return nil, fmt.Errorf("%s:%d: there is another recipe under %q", file, i+1, under)
			}
			from[under] = at
			continue
		}
		switch m := heading.FindStringSubmatch(line); {
		case inside:
			b.commands[under] += line + "\n"
		case m != nil:
			under, at = m[1], i
		case strings.HasPrefix(line, "    "):
			b.shown = append(b.shown, strings.TrimSpace(line))
		}
	}
	if inside || len(b.commands) == 0 {
		return nil, fmt.Errorf("%s: a block without an end, or no recipe at all", file)
	}
	return b, nil
}

// Commands are the recipes of the headings, one after the other. They count as
// run from then on.
func (b *Book) Commands(headings ...string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all strings.Builder
	for _, h := range headings {
		commands, ok := b.commands[h]
		if !ok {
			return "", fmt.Errorf("%s has no recipe under %q", b.name, h)
		}
		b.run[h] = true
		all.WriteString(commands)
	}
	return all.String(), nil
}

// Left are the headings whose recipes have not been run.
func (b *Book) Left() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.commands)), func(h string) bool { return b.run[h] })
}

// Shown are the lines that are indented only: commands that are shown, and not
// run by a test.
func (b *Book) Shown() []string { return slices.Clone(b.shown) }
