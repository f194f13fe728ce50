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

// rows is the number of workflows for which plans are made; a million take some minutes
// and ten gigabytes.
func rows() int {
	if os.Getenv("YEYAK_FULL") != "" {
		return 1_000_000
	}
	return 20_000
}

// worse is the allowed ratio of the cost of a lean store to that of a stock one.
const worse = 1.1

// TestPlans sends a Temporal server the searches of the web UI, the recipes of
// docs/operations, our own code and the server's own services. The statements that the
// server makes of them are planned and run on lean indexes and on stock ones, over the same
// rows and with the same statistics.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	statements := s.statements()
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

// TestPlans_WhatIsMissed: the indexes that the rule keeps full have to be full. If nearly
// every workflow has a parent, or a division, a full index finds the few that have none,
// and a partial one does not.
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
			// This is how the web UI counts the listed workflows.
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

// plan is a node of the output of EXPLAIN.
type plan struct {
	Type  string  `json:"Node Type"`
	Index string  `json:"Index Name"`
	Cost  float64 `json:"Total Cost"`
	Hit   int     `json:"Shared Hit Blocks"`
	Read  int     `json:"Shared Read Blocks"`
	Parts []plan  `json:"Plans"`
}

// buffers are the pages that the plan reads.
func (p plan) buffers() int { return p.Hit + p.Read }

// indexes are the indexes that the plan uses, "table" for a scan of the whole table.
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

// plans runs the statements and returns their plans.
func (s *store) plans(statements []statement) (all []plan) {
	s.Helper()
	db := open(s, s.database)
	for _, of := range statements {
		all = append(all, explain(s.T, db, of.sql))
	}
	return all
}

// explain runs a statement and returns its plan.
func explain(t *testing.T, db *sql.DB, statement string) plan {
	t.Helper()
	var text []byte
	require.NoError(t, db.QueryRowContext(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "+statement).Scan(&text), statement)
	var explained []struct{ Plan plan }
	require.NoError(t, json.Unmarshal(text, &explained))
	return explained[0].Plan
}
