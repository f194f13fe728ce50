package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readers are the folders besides the store that may read a database's errors.
var readers = []string{
	"bench/plain",    // it measures a driver without a store
	"marketing",      // a separate service with its own store
	"tools/temporal", // the Temporal server, a separate module
}

// sqlstate matches a code of PostgreSQL of the classes that matter.
var sqlstate = regexp.MustCompile("^[\"`](0[38]|2[1-8]|40|42|5[3578])[0-9A-Z]{3}[\"`]$")

// TestErrors_AreReadHereOnly: no code outside the store reads a database's error. The
// linter sees imports; a code can be read without one, through an interface.
func TestErrors_AreReadHereOnly(t *testing.T) {
	t.Parallel()
	root, files := filepath.Join("..", ".."), 0
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		place = filepath.ToSlash(place)
		if d.IsDir() {
			if place == "internal/store" || strings.HasPrefix(d.Name(), ".") && place != "." {
				return fs.SkipDir
			}
			for _, reader := range readers {
				if place == reader {
					return fs.SkipDir
				}
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil && readsCause(n) {
				t.Errorf("%s reads a database's error: the store has translated it to a code of booking", set.Position(n.Pos()))
			}
			return true
		})
		return nil
	}))
	require.Greater(t, files, 200)
}

func readsCause(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		return n.Kind == token.STRING && (sqlstate.MatchString(n.Value) || strings.Contains(n.Value, "no such table"))
	case *ast.SelectorExpr: // sql.ErrNoRows, driver.ErrBadConn, pgdriver.Error
		of, ok := n.X.(*ast.Ident)
		return ok && (of.Name == "sql" || of.Name == "driver" || of.Name == "pgdriver") && strings.HasPrefix(n.Sel.Name, "Err")
	case *ast.CallExpr: // err.Field('C') and the like
		called, ok := n.Fun.(*ast.SelectorExpr)
		if ok && slices.Contains([]string{"SQLState", "IntegrityViolation", "StatementTimeout"}, called.Sel.Name) {
			return true
		}
		if !ok || called.Sel.Name != "Field" || len(n.Args) != 1 {
			return false
		}
		field, ok := n.Args[0].(*ast.BasicLit)
		return ok && field.Kind == token.CHAR
	default:
		return false
	}
}
