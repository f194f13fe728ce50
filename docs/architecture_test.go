package docs_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestArchitecture_Imports: the table of packages names what each of them imports
// of this module.
func TestArchitecture_Imports(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("architecture.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| (`+"`"+`[^|]*) \| [^|]* \| ([^|]*)\|$`).FindAllStringSubmatch(string(text), -1)
	checked := 0
	for _, row := range rows {
		if strings.Contains(row[2], "everything") || strings.Contains(row[2], "what they need") {
			continue
		}
		for _, folder := range strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ") {
			if _, err := os.Stat(filepath.Join("..", folder, "go.mod")); err == nil {
				continue // a module of its own
			}
			for _, imported := range importsOf(t, filepath.Join("..", folder)) {
				require.Contains(t, row[2], filepath.Base(imported), "%s imports %s", folder, imported)
				checked++
			}
		}
	}
	require.Greater(t, checked, 40)
}

// importsOf lists what the package in a folder imports of this module, tests
// left out.
func importsOf(t *testing.T, folder string) (imports []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range file.Imports {
			if ours, is := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "github.com/yeyak/yeyak/"); is {
				imports = append(imports, ours)
			}
		}
	}
	return imports
}
