package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestSagas_ListTheTablesOfKinds: a file that names every kind of order is one to
// which a new kind is added, and docs/sagas.md links it. Tests and internal/rig, on
// which they run, are left out.
func TestSagas_ListTheTablesOfKinds(t *testing.T) {
	t.Parallel()
	files := sources(t)
	_, passage, found := strings.Cut(files["docs/sagas.md"], "\n## Adding a business\n")
	require.True(t, found)
	tables := 0
	for name, text := range files {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/rig/") || slices.ContainsFunc(booking.Kinds(), func(k booking.Kind) bool {
			identifier := strings.ToUpper(string(k[:1])) + string(k[1:])
			return !regexp.MustCompile(`(?:\b|[a-z])` + identifier + `\b`).MatchString(text)
		}) {
			continue
		}
		tables++
		require.Contains(t, passage, "(../"+name+")")
	}
	require.GreaterOrEqual(t, tables, 5)
}
