package visibility_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/visibility"
)

// rows are how many workflows the plans are made for; a million take some
// minutes and ten gigabytes.
func rows() int {
	if os.Getenv("YEYAK_FULL") != "" {
		return 1_000_000
	}
	return 20_000
}

// worse is how much more a lean store may cost than a stock one.
const worse = 1.1

// TestPlans asks a Temporal server what the web UI, the recipes of
// docs/operations, our own code and the server's own services ask it. The
// statements that it makes of that are planned and run on lean indexes and on
// stock ones, over the same rows and with the same statistics.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	statements := s.asked()
	lean := s.plans(statements)
	exchange(t, open(t, s.database), s.stock)
	stock := s.plans(statements)
	for i, of := range statements {
		cost, buffers := lean[i].Cost/stock[i].Cost, float64(lean[i].buffers())/float64(stock[i].buffers())
		t.Logf("%s\n\tcost %.1f, stock %.1f; buffers %d, stock %d; %s, stock %s", of.name,
			lean[i].Cost, stock[i].Cost, lean[i].buffers(), stock[i].buffers(), lean[i].indexes(), stock[i].indexes())
		if cost > worse || buffers > worse {
			t.Errorf("a lean store is worse: %s\n%s", of.name, of.sql)
		}
	}
}

// TestPlans_WhatIsMissed: what the rule keeps full needs to be. Where nearly
// everything has a parent, or a division, the few that have none are found by the
// full index, and by a partial one not.
func TestPlans_WhatIsMissed(t *testing.T) {
	t.Parallel()
	for index, of := range map[string]struct{ column, filled, search string }{
		"by_parent_workflow_id":          {"parent_workflow_id", "'parent-' || n / 50", "parent_workflow_id IS NULL"},
		"by_temporal_namespace_division": {"search_attributes", `'{"TemporalNamespaceDivision": "7"}'::jsonb`, "TemporalNamespaceDivision IS NULL"},
	} {
		t.Run(index, func(t *testing.T) {
			t.Parallel()
			database, db := made(t)
			crowd(t, db, of.column, of.filled, 20_000)
			change(t, database, visibility.Lean)
			execute(t.Context(), t, db, "VACUUM (ANALYZE) executions_visibility")
			// As the web UI counts what it shows.
			search := "SELECT status, COUNT(*) FROM executions_visibility WHERE namespace_id = 'crowd' AND " + of.search + " GROUP BY status"
			full := explain(t, db, search)
			require.Contains(t, strings.Join(full.indexes(), " "), index)
			kept := definitions(t, db)[index]
			require.NotContains(t, kept, "WHERE")

			column := regexp.MustCompile(`\(namespace_id, (\w+),`).FindStringSubmatch(kept)
			require.NotNil(t, column, kept)
			execute(t.Context(), t, db, "DROP INDEX "+index, kept+" WHERE "+column[1]+" IS NOT NULL")
			lean := explain(t, db, search)
			require.Greater(t, lean.Cost, worse*full.Cost)
			require.Greater(t, float64(lean.buffers()), worse*float64(full.buffers()))

			require.Equal(t, []string{index}, check(t, database, visibility.Lean).Differ)
			require.Equal(t, []string{index}, change(t, database, visibility.Lean).Changed)
			require.Equal(t, kept, definitions(t, db)[index])
		})
	}
}

// plan is a node of what EXPLAIN tells.
type plan struct {
	Type  string  `json:"Node Type"`
	Index string  `json:"Index Name"`
	Cost  float64 `json:"Total Cost"`
	Hit   int     `json:"Shared Hit Blocks"`
	Read  int     `json:"Shared Read Blocks"`
	Parts []plan  `json:"Plans"`
}

// buffers are the pages that it went through.
func (p plan) buffers() int { return p.Hit + p.Read }

// indexes are those that it uses, "table" when it reads that from end to end.
func (p plan) indexes() (names []string) {
	switch {
	case p.Index != "":
		names = append(names, strings.TrimSuffix(p.Type, " Scan")+" "+p.Index)
	case strings.HasSuffix(p.Type, "Seq Scan"):
		names = append(names, "table")
	}
	for _, part := range p.Parts {
		names = append(names, part.indexes()...)
	}
	return names
}

// plans runs the statements and answers how they were run.
func (s *store) plans(statements []statement) (all []plan) {
	s.Helper()
	db := open(s, s.database)
	for _, of := range statements {
		all = append(all, explain(s.T, db, of.sql))
	}
	return all
}

// explain runs a statement and answers how it was run.
func explain(t *testing.T, db *sql.DB, statement string) plan {
	t.Helper()
	var text []byte
	require.NoError(t, db.QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "+statement).Scan(&text), statement)
	var told []struct{ Plan plan }
	require.NoError(t, json.Unmarshal(text, &told))
	return told[0].Plan
}
