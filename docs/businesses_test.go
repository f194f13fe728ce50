package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	row        = regexp.MustCompile(`(?m)^\| ([LFKCO]\d+) \| `)
	shows      = regexp.MustCompile(`(?m)^Rows? ((?:[A-Z]\d+)(?:, [A-Z]\d+)*)\.$`)
	namedByRow = regexp.MustCompile(`^Test[LFKCO]\d`)
)

// tests are the doc comments of all Go tests by file and name.
func tests(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for file, text := range sources(t) {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path.Base(file), text, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err, file)
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				all[file+": "+f.Name.Name] = f.Doc.Text()
			}
		}
	}
	require.Greater(t, len(all), 500)
	return all
}

// TestBusinesses_EveryRowIsShown: a test shows each row, every row that a test names exists,
// and tests are named for what they show and not for a row.
func TestBusinesses_EveryRowIsShown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("businesses.md")
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, r := range row.FindAllStringSubmatch(string(text), -1) {
		require.NotContains(t, shown, r[1], "two rows of one name")
		shown[r[1]] = false
	}
	require.Len(t, shown, 13+11+8+8+14)
	for test, comment := range tests(t) {
		require.False(t, namedByRow.MatchString(test[strings.LastIndex(test, " ")+1:]), test)
		for _, named := range shows.FindAllStringSubmatch(comment, -1) {
			for r := range strings.SplitSeq(named[1], ", ") {
				require.Contains(t, shown, r, "%s names a row that docs/businesses.md does not have", test)
				shown[r] = true
			}
		}
	}
	for r, is := range shown {
		require.True(t, is, "no test says that it shows row %s", r)
	}
}
