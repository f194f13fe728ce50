package recipes

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Book holds the recipes of a folder of documents, and which of them have been run. It is
// safe for concurrent use.
type Book struct {
	folder   string
	commands map[string]string // by heading
	shown    []string

	mu  sync.Mutex
	run map[string]bool
}

var (
	heading = regexp.MustCompile(`^#+ (.*)$`)
	fence   = regexp.MustCompile("^\\s*```(.*)$")
)

// Read reads the Markdown documents in a folder. A block of sh is the recipe of the
// heading above it. A block of another language is an error, since no test would run it,
// and so are two recipes under headings of the same name, in one document or in two.
func Read(folder string) (*Book, error) {
	pages, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return nil, err
	}
	b := &Book{folder: folder, commands: map[string]string{}, run: map[string]bool{}}
	from := map[string]string{}
	for _, page := range pages {
		if err := b.read(page, from); err != nil {
			return nil, err
		}
	}
	if len(b.commands) == 0 {
		return nil, fmt.Errorf("%s: no recipe at all", folder)
	}
	return b, nil
}

// read adds a page's recipes. from is where each heading with a recipe is.
func (b *Book) read(page string, from map[string]string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	under, at, inside := "", "", false // at: the line of the heading, which distinguishes two of the same name
	for i, line := range strings.Split(string(text), "\n") {
		here := fmt.Sprintf("%s:%d", page, i+1)
		if m := fence.FindStringSubmatch(line); m != nil {
			inside = !inside
			if !inside {
				continue
			}
			if line != "```sh" || under == "" {
				return fmt.Errorf("%s: a block that no test would run: want ```sh, under a heading", here)
			}
			if before, ok := from[under]; ok && before != at {
				return fmt.Errorf("%s: there is another recipe under %q (%s)", here, under, before)
			}
			from[under] = at
			continue
		}
		switch m := heading.FindStringSubmatch(line); {
		case inside:
			b.commands[under] += line + "\n"
		case m != nil:
			under, at = m[1], here
		case strings.HasPrefix(line, "    "):
			b.shown = append(b.shown, strings.TrimSpace(line))
		}
	}
	if inside {
		return fmt.Errorf("%s: a block without an end", page)
	}
	return nil
}

// Commands returns the recipes of the headings, one after another, and counts them as run.
func (b *Book) Commands(headings ...string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all strings.Builder
	for _, h := range headings {
		commands, ok := b.commands[h]
		if !ok {
			return "", fmt.Errorf("%s has no recipe under %q", b.folder, h)
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

// Shown are the indented lines: commands that are shown and not run by a test.
func (b *Book) Shown() []string { return slices.Clone(b.shown) }
