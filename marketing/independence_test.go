package marketing

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIndependence: this package imports no other package of the module, and none
// except the command imports it. So the folder can be deleted. Tests may import more.
func TestIndependence(t *testing.T) {
	t.Parallel()
	root, module := findModule(t)
	seen := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		inside := filepath.Dir(path) == filepath.Join(root, "marketing")
		wired := filepath.Dir(path) == filepath.Join(root, "cmd", "yeyak")
		for _, imported := range importsOf(t, path) {
			ours := imported == module || strings.HasPrefix(imported, module+"/")
			require.False(t, inside && ours, "%s imports %s", path, imported)
			this := imported == module+"/marketing" || strings.HasPrefix(imported, module+"/marketing/")
			require.False(t, this && !wired, "%s imports %s", path, imported)
		}
		return nil
	}))
	require.Greater(t, seen, 50, "it checked the whole module")
}

func findModule(t *testing.T) (root, module string) {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	file, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(file), "\n")
	module, isModule := strings.CutPrefix(strings.TrimSpace(line), "module ")
	require.True(t, isModule)
	return root, module
}

func importsOf(t *testing.T, path string) (paths []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	require.NoError(t, err)
	for _, i := range file.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		require.NoError(t, err)
		paths = append(paths, imported)
	}
	return paths
}
