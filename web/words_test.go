package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// values lists the placeholders in a text, in the order of the values.
func values(text string) []string {
	found := regexp.MustCompile(`%(\[\d\])?[a-z]`).FindAllString(text, -1)
	if slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, "[") }) {
		slices.Sort(found)
		return slices.Compact(found)
	}
	return found
}

// TestEntries: each entry is in both languages, with the same values, and without
// characters of the other language.
func TestEntries(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, entries)
	for key, e := range entries {
		require.NotEmpty(t, e.en, key)
		require.NotEmpty(t, e.ko, key)
		if strings.HasPrefix(key, "language.") {
			continue // the name of a language is in that language
		}
		for _, form := range strings.Split(e.en, "|") {
			require.Equal(t, values(form), values(e.ko), key)
			require.False(t, strings.ContainsFunc(form, isHangul), "%s: %s", key, form)
		}
		require.True(t, strings.ContainsFunc(e.ko, isHangul) || e.en == e.ko, "%s: %s", key, e.ko)
	}
}

func isHangul(r rune) bool { return unicode.Is(unicode.Hangul, r) }

// TestEntries_Used: the pages' code uses exactly the entries of the catalogue.
func TestEntries_Used(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "words_") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isSay(call) {
				if text, ok := literal(call.Args[0]); ok {
					require.Contains(t, entries, text, name)
				}
			}
			if node, ok := n.(ast.Expr); ok {
				if text, ok := literal(node); ok {
					named[text] = true
				}
			}
			return true
		})
	}
	for key := range entries {
		of, name, _ := strings.Cut(key, ".")
		made := of == "problem" || of == "field" && named[name] || of == "pay" && named[name] // made from a code, a field or a method
		beginning := key[:strings.LastIndex(key, ".")+1]                                      // to which the code adds a name
		if !named[key] && !named[beginning] && !made {
			require.Fail(t, "nothing says "+key)
		}
	}
}

func isSay(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == "say" && len(call.Args) > 0
}

func literal(e ast.Expr) (string, bool) {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// TestWords_InTheCatalogue: no Korean text of a page is outside the catalogue.
func TestWords_InTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*.go", "*.templ", "static/*.js"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "words_") {
				continue
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.False(t, strings.ContainsFunc(string(text), isHangul), name)
		}
	}
}

// TestScript_IsSmall: the pages' own script is below 10 kB.
func TestScript_IsSmall(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("static/yeyak.js")
	require.NoError(t, err)
	require.Less(t, len(script), 10_000)
}
