package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// All codes of orders are documented: a code without a kind is missing from
// /docs/problems and has no status of its own.
func TestProblemKinds_Complete(t *testing.T) {
	t.Parallel()
	for _, code := range constantsOf[booking.Code](t, "Code") {
		require.Contains(t, kindByCode, code)
	}
	reasons := constantsOf[booking.Reason](t, "Reason")
	require.ElementsMatch(t, reasons, booking.Reasons())
	for _, reason := range reasons {
		require.Contains(t, kindByCode, orders.CodeOf(reason))
	}
	require.Len(t, kindByCode, len(problemKinds), "each code once")

	page := setup(t).do("GET", problemsPath, "").text
	for code, kind := range kindByCode {
		require.Regexp(t, `^[a-z]+(_[a-z]+)*$`, string(code))
		require.NotEmpty(t, kind.meaning, code)
		require.Contains(t, page, `id="`+string(code)+`"`)
	}
	require.NotContains(t, kindByCode, booking.Code(booking.ByCustomer), "a reason that says too little as a code")
	require.NotContains(t, kindByCode, booking.Code(booking.ByOperator))
}

// TestProblemKinds_OfChanges: the order stands after a refused change, so a reason for which
// changes are refused, too, says what becomes of an order that was to be changed.
func TestProblemKinds_OfChanges(t *testing.T) {
	t.Parallel()
	page := setup(t).do("GET", "/openapi.json", "").text
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Description string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(page), &document))
	found := 0
	for _, path := range []string{reservationsPath, cafeOrdersPath} {
		for _, answer := range document.Paths[path+"/{id}/change"]["post"].Responses {
			for _, reason := range booking.Reasons() {
				if code := orders.CodeOf(reason); strings.Contains(answer.Description, "`"+string(code)+"`:") {
					require.Contains(t, kindByCode[code].meaning, "changed", code)
					found++
				}
			}
		}
	}
	require.Greater(t, found, 9, "both changes have such reasons")
}

// constantsOf reads the values of all constants of a string type out of the
// source of package booking.
func constantsOf[S ~string](t *testing.T, typeName string) (values []S) {
	t.Helper()
	files, err := filepath.Glob("../booking/*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if named, ok := spec.Type.(*ast.Ident); !ok || named.Name != typeName {
				return true
			}
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				require.NoError(t, err)
				values = append(values, S(text))
			}
			return true
		})
	}
	require.NotEmpty(t, values)
	return values
}
