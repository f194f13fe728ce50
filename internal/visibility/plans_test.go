package visibility_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
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
// docs/operations.md, our own code and the server's own services ask it. The
// statements that it makes of that are planned and run on lean indexes and on
// stock ones, over the same rows and with the same statistics.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	statements := s.asked()
	lean := s.plans(statements)
	s.needsWhole(statements)
	change(t, s.database, visibility.Stock)
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

// needsWhole shows that what the rule keeps whole needs to be: each search that
// an index is kept for reads more with a lean one. The command then makes it
// whole again.
func (s *store) needsWhole(statements []statement) {
	s.Helper()
	db := open(s, s.database)
	for index, of := range missed() {
		only := slices.DeleteFunc(slices.Clone(statements), func(st statement) bool { return st.name != of.name })
		require.NotEmpty(s, only, of.name)
		whole := definitions(s, db)[index]
		require.NotContains(s, whole, "WHERE")
		column := regexp.MustCompile(`\(namespace_id, (\w+),`).FindStringSubmatch(whole)
		require.NotNil(s, column, whole)
		before := s.plans(only)
		execute(s.Context(), s, db, "DROP INDEX "+index, whole+" WHERE "+column[1]+" IS NOT NULL")
		for i, p := range s.plans(only) {
			s.Logf("%s without its whole index\n\tcost %.1f, with %.1f; buffers %d, with %d; %s, with %s", of.name,
				p.Cost, before[i].Cost, p.buffers(), before[i].buffers(), p.indexes(), before[i].indexes())
			if float64(p.buffers()) <= worse*float64(before[i].buffers()) {
				s.Errorf("not needed: %s", index)
			}
		}
		require.Equal(s, []string{index}, check(s, s.database, visibility.Lean).Differ)
		require.Equal(s, []string{index}, change(s, s.database, visibility.Lean).Changed)
		require.Equal(s, whole, definitions(s, db)[index])
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
		var text []byte
		require.NoError(s, db.QueryRowContext(s.Context(), "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "+of.sql).Scan(&text), of.sql)
		var told []struct{ Plan plan }
		require.NoError(s, json.Unmarshal(text, &told))
		all = append(all, told[0].Plan)
	}
	return all
}
