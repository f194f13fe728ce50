package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// breaking is what breaks the version before, which runs beside the new one during a
// rollout.
var breaking = map[string]*regexp.Regexp{
	"drops what it may use":      regexp.MustCompile(`(?i)\bDROP\s+(TABLE|COLUMN|VIEW|TYPE|SCHEMA|DEFAULT)\b`),
	"renames what it uses":       regexp.MustCompile(`(?i)\bRENAME\b`),
	"changes what it reads":      regexp.MustCompile(`(?i)\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b`),
	"refuses what it writes":     regexp.MustCompile(`(?i)\bSET\s+NOT\s+NULL\b|\bADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b`),
	"deletes what it has stored": regexp.MustCompile(`(?i)\b(TRUNCATE|DELETE\s+FROM)\b`),
}

var (
	// contracted is how a migration states since which version its target is unused.
	contracted = regexp.MustCompile(`(?m)^-- contract: unused since (v\d+\.\d+\.\d+)$`)
	comments   = regexp.MustCompile(`(?m)--.*$`)
	added      = regexp.MustCompile(`(?i)\bADD\s+COLUMN\b`)
	required   = regexp.MustCompile(`(?i)\bNOT\s+NULL\b`)
	defaults   = regexp.MustCompile(`(?i)\bDEFAULT\b`)
	unique     = regexp.MustCompile(`(?i)\bCREATE\s+UNIQUE\s+INDEX\b.*\bON\s+(\w+)`)
	created    = regexp.MustCompile(`(?i)\bCREATE\s+TABLE\s+(\w+)`)
)

// breaks returns what a migration breaks, "" for one that only expands.
func breaks(migration string) string {
	sql := comments.ReplaceAllString(migration, "")
	var fresh []string
	for _, m := range created.FindAllStringSubmatch(sql, -1) {
		fresh = append(fresh, m[1])
	}
	for statement := range strings.SplitSeq(sql, ";") {
		statement = strings.Join(strings.Fields(statement), " ")
		for what, pattern := range breaking {
			if pattern.MatchString(statement) {
				return what + ": " + statement
			}
		}
		for one := range strings.SplitSeq(statement, ",") {
			if added.MatchString(one) && required.MatchString(one) && !defaults.MatchString(one) {
				return "requires what it does not write: " + statement
			}
		}
		if m := unique.FindStringSubmatch(statement); m != nil && !slices.Contains(fresh, m[1]) {
			return "refuses what it writes: " + statement
		}
	}
	return ""
}

// TestMigrations_NeverBreakTheVersionBefore holds the rule of
// docs/operations/upgrade.md: expand first, and contract once a version is released
// that does not need the old form.
func TestMigrations_NeverBreakTheVersionBefore(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	files, err := filepath.Glob("migrations/*/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		what := breaks(string(text))
		if m := contracted.FindStringSubmatch(string(text)); m != nil {
			require.NotEmpty(t, what, "%s breaks nothing, and need not say since when", file)
			require.Contains(t, string(changelog), "\n## "+m[1], "%s: %s was never released", file, m[1])
			continue
		}
		require.Empty(t, what, "%s would break the version before it; see Migrations in docs/operations/upgrade.md", file)
	}
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"CREATE TABLE t (id text PRIMARY KEY); CREATE UNIQUE INDEX i ON t (id);": "",
		"ALTER TABLE t ADD COLUMN a text":                                        "",
		"ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT ''":                    "",
		"-- DROP TABLE t;\nCREATE INDEX i ON t (a)":                              "",
		"DROP INDEX i": "",
		"ALTER TABLE t ADD COLUMN a text NOT NULL":                   "requires",
		"ALTER TABLE t ADD COLUMN a text, ADD COLUMN b int NOT NULL": "requires",
		"ALTER TABLE t DROP COLUMN a":                                "drops",
		"drop table t":                                               "drops",
		"ALTER TABLE t RENAME COLUMN a TO b":                         "renames",
		"ALTER TABLE t ALTER COLUMN a TYPE int":                      "changes",
		"ALTER TABLE t ALTER COLUMN a SET NOT NULL":                  "refuses",
		"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)":               "refuses",
		"CREATE UNIQUE INDEX i ON t (a)":                             "refuses",
		"DELETE FROM t":                                              "deletes",
	} {
		if got := breaks(sql); want == "" {
			require.Empty(t, got, sql)
		} else {
			require.Contains(t, got, want, sql)
		}
	}
}
