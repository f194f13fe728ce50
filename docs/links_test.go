package docs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	inlineLink = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	reference  = regexp.MustCompile(`(?m)^\[[^\]]+\]: (\S+)$`)
	// A document's name in a comment, in a message or in the address of an alert's runbook.
	mention = regexp.MustCompile(`\b(?:docs|deploy)/(?:[\w-]+/)*[\w-]+\.md(?:#[\w-]+)?`)
	title   = regexp.MustCompile("(?m)^#+ (.+)$|^```[^`]*\n(?s:.*?)^```$")
)

// sources are the files of the repository that people write, by their names
// below its root.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if name != ".." && strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "out", "testdata"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || !slices.Contains([]string{".md", ".go", ".py", ".sh", ".yml", ".yaml", ""}, path.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(file)
		all[strings.TrimPrefix(filepath.ToSlash(file), "../")] = string(text)
		return err
	})
	require.NoError(t, err)
	return all
}

// anchors are the fragments by which a document's headings are linked.
func anchors(document string) (all []string) {
	for _, h := range title.FindAllStringSubmatch(document, -1) {
		if h[1] != "" {
			plain := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(h[1]), "")
			all = append(all, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return all
}

// leads reports whether a target, from the repository's root, is a file that is
// there, and has the heading that is named.
func leads(files map[string]string, target string) bool {
	name, anchor, _ := strings.Cut(target, "#")
	text, there := files[name]
	if !there {
		_, err := os.Stat(filepath.Join("..", name))
		return err == nil && anchor == ""
	}
	return anchor == "" || slices.Contains(anchors(text), anchor)
}

// TestLinks_Resolve: every link from one document to another, every document
// that code and manifests name, and every heading in either is there.
func TestLinks_Resolve(t *testing.T) {
	t.Parallel()
	files := sources(t)
	links, mentions := 0, 0
	for name, text := range files {
		for _, m := range mention.FindAllString(text, -1) {
			require.True(t, leads(files, m), "%s names %s", name, m)
			mentions++
		}
		if path.Ext(name) != ".md" {
			continue
		}
		for _, l := range slices.Concat(inlineLink.FindAllStringSubmatch(text, -1), reference.FindAllStringSubmatch(text, -1)) {
			switch to := l[1]; {
			case strings.Contains(to, "://"):
				continue
			case strings.HasPrefix(to, "#"):
				require.True(t, leads(files, name+to), "%s links %s", name, to)
			default:
				require.True(t, leads(files, path.Join(path.Dir(name), to)), "%s links %s", name, to)
			}
			links++
		}
	}
	require.Greater(t, links, 80)
	require.Greater(t, mentions, 40)
}

// TestLinks_WhatLeadsNowhere: a broken link is found, within a document and from another.
func TestLinks_WhatLeadsNowhere(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.md": "# A step's *undo*, v2\n\n```sh\n# no heading\n```\n## B_c\n"}
	for target, want := range map[string]bool{
		"a.md": true, "a.md#a-steps-undo-v2": true, "a.md#b_c": true, "README.md": true,
		"b.md": false, "a.md#no-heading": false, "a.md#c": false, "Makefile#a": false,
	} {
		require.Equal(t, want, leads(files, target), target)
	}
}
