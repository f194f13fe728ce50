package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// named matches files with licences, or with notices that have to be passed on.
var named = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([-.].*)?$`)

// bare are modules without a licence, and what is known about them. Any other one is an
// error.
var bare = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations": "no licence in its module; go.temporal.io/api holds the same file under MIT",
}

// text is the text of a licence, and the files that contain it.
type text struct {
	content string
	of      []string // files
}

const head = `Yeyak is licensed under the Apache License, Version 2.0: see LICENSE.

Its binaries contain the software below, under the licences that follow. Written
by ` + "`make notice`" + `; a test fails when it is stale.

`

// notice is the content of NOTICE.
func notice(root string) (string, error) {
	modules, err := linked(root)
	if err != nil {
		return "", err
	}
	known, err := assets.DefaultClassifier()
	if err != nil {
		return "", err
	}
	var list strings.Builder
	texts := map[string]*text{}
	for _, m := range modules {
		if why := bare[m.path]; why != "" {
			fmt.Fprintf(&list, "%s %s: %s (in %s)\n", m.path, m.version, why, sorted(m.binaries))
			continue
		}
		files, err := m.licences()
		if err != nil {
			return "", err
		}
		names := map[string]bool{}
		for _, file := range files {
			content, err := read(filepath.Join(m.dir, file))
			if err != nil {
				return "", err
			}
			for _, name := range classify(known, content) {
				names[name] = true
			}
			if texts[content] == nil {
				texts[content] = &text{content: content}
			}
			texts[content].of = append(texts[content].of, m.path+": "+file)
		}
		if len(names) == 0 {
			return "", fmt.Errorf("the licence of %s is none that is known: %v", m.path, files)
		}
		fmt.Fprintf(&list, "%s: %s (in %s)\n", strings.TrimSpace(m.path+" "+m.version), sorted(names), sorted(m.binaries))
	}
	return head + list.String() + printed(texts), nil
}

func sorted(names map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(names)), ", ") }

// printed prints each text once.
func printed(texts map[string]*text) string {
	all := slices.SortedFunc(maps.Values(texts), func(a, b *text) int { return strings.Compare(a.of[0], b.of[0]) })
	var out strings.Builder
	for _, t := range all {
		fmt.Fprintf(&out, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(t.of, "\n"), strings.Repeat("-", 80), t.content)
	}
	return out.String()
}

// read is a file's text, without the parts in which copies differ.
func read(file string) (string, error) {
	raw, err := os.ReadFile(file)
	lines := strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n"), err
}

// classify names the licences in a text.
func classify(known *classifier.Classifier, content string) (names []string) {
	for _, found := range known.Match([]byte(content)).Matches {
		if found.MatchType == "License" {
			names = append(names, found.Name)
		}
	}
	return names
}

// licences are the licence files in the module's folder and in those of the linked packages,
// relative to the module's.
func (m *module) licences() ([]string, error) {
	folders := map[string]bool{m.dir: true}
	for folder := range m.folders {
		for ; len(folder) > len(m.dir); folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	var found []string
	for folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.IsDir() || !named.MatchString(entry.Name()) || filepath.Ext(entry.Name()) == ".go" {
				continue
			}
			file, err := filepath.Rel(m.dir, filepath.Join(folder, entry.Name()))
			if err != nil {
				return nil, err
			}
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no licence", m.path)
	}
	slices.Sort(found)
	return found, nil
}
