package visibility_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/fullserver"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
	"github.com/yeyak/yeyak/internal/visibility"
	"github.com/yeyak/yeyak/workflows/contract"
)

// store is a server's visibility store with many rows and lean indexes.
type store struct {
	*testing.T
	database, log string
	namespaceID   string
	server        *fullserver.Server
	lean, stock   map[string]string // the definitions of its indexes in either form
}

const namespace = "orders"

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{T: t, log: filepath.Join(t.TempDir(), "postgres.log")}
	settings := pgserver.Settings{
		"log_statement": "all", "log_line_prefix": mark,
		"autovacuum": "off", // statistics are gathered once: two samples would lead to two plans
		// These settings make rows and indexes fast to create. Plans do not depend on them.
		"shared_buffers": "512MB", "maintenance_work_mem": "512MB", "max_parallel_maintenance_workers": "0",
	}
	for name, value := range pgserver.Forgetful {
		settings[name] = value
	}
	cluster, err := pgserver.LaunchLogging(settings, s.log)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Close()) })
	s.server, err = fullserver.New(t.Context(), fullserver.Options{
		Server: program("YEYAK_TEMPORAL_SERVER", "temporal-server"),
		Dir:    t.TempDir(), Postgres: cluster.URL(), Visibility: visibility.Lean,
	})
	require.NoError(t, err)
	require.NoError(t, s.server.Start(t.Context()))
	t.Cleanup(s.server.Kill)
	s.database = cluster.URLOf("temporal_visibility")

	columns := s.prepare()
	db := open(t, s.database)
	s.lean, s.stock = forms(t, s.database)
	exchange(t, db, constraints(s.lean))
	execute(t.Context(), t, db, "ALTER TABLE executions_visibility SET UNLOGGED")
	fill(t, db, s.namespaceID, columns, rows())
	exchange(t, db, s.lean)
	execute(t.Context(), t, db, "VACUUM (ANALYZE) executions_visibility")
	return s
}

// prepare creates the namespace and returns the columns of its search attributes by their
// names.
func (s *store) prepare() map[string]string {
	s.Helper()
	c := s.dial()
	ctx, cancel := context.WithTimeout(s.Context(), 3*time.Minute)
	defer cancel()
	require.NoError(s, devserver.EnsureNamespace(ctx, c, namespace))
	attributes := map[string]enumspb.IndexedValueType{contract.NeedsAttentionAttribute.GetName(): contract.NeedsAttentionAttribute.GetValueType()}
	for _, k := range contract.KeywordAttributes() {
		attributes[k.GetName()] = k.GetValueType()
	}
	require.NoError(s, devserver.EnsureSearchAttributes(ctx, c, namespace, attributes))
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(s, err)
	s.namespaceID = described.GetNamespaceInfo().GetId()
	columns := map[string]string{}
	for column, name := range described.GetConfig().GetCustomSearchAttributeAliases() {
		columns[name] = column
	}
	return columns
}

func (s *store) dial() client.Client {
	s.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: s.server.Addr(), Namespace: namespace, Logger: devserver.Quiet()})
	require.NoError(s, err)
	s.Cleanup(c.Close)
	return c
}

// statement is the statement that the server makes of a search.
type statement struct{ name, sql string }

// statements runs every search and returns the statements of the server.
func (s *store) statements() (all []statement) {
	s.Helper()
	c := s.dial()
	for _, of := range searches() {
		info, err := os.Stat(s.log)
		require.NoError(s, err)
		require.NoError(s, of.run(s.Context(), c), of.name)
		found := s.logged(info.Size())
		require.NotEmpty(s, found, "%s: no statement", of.name)
		for _, sql := range found {
			if !slices.ContainsFunc(all, func(known statement) bool { return known.sql == sql }) {
				all = append(all, statement{of.name, sql})
			}
		}
	}
	require.NoError(s, s.server.Stop())
	return all
}

// mark begins each entry of PostgreSQL's log.
const mark = "@@ "

var (
	executed  = regexp.MustCompile(`(?s)^LOG:  (?:execute [^:]*|statement): (SELECT .* FROM\s+executions_visibility.*)$`)
	details   = regexp.MustCompile(`(?s)^DETAIL:  parameters: (.*)$`)
	parameter = regexp.MustCompile(`(\$\d+) = ('(?:[^']|'')*'|NULL)`)
)

// logged are the statements on the namespace in PostgreSQL's log from the offset on, with
// their parameters filled in.
func (s *store) logged(offset int64) (found []string) {
	s.Helper()
	text, err := os.ReadFile(s.log)
	require.NoError(s, err)
	entries := strings.Split(string(text[offset:]), mark)
	for i, entry := range entries {
		m := executed.FindStringSubmatch(strings.TrimSpace(entry))
		if m == nil {
			continue
		}
		sql := m[1]
		if i+1 < len(entries) {
			if m := details.FindStringSubmatch(strings.TrimSpace(entries[i+1])); m != nil {
				values := parameter.FindAllStringSubmatch(m[1], -1)
				slices.Reverse(values) // $10 before $1
				for _, v := range values {
					sql = strings.ReplaceAll(sql, v[1], v[2])
				}
			}
		}
		if strings.Contains(sql, s.namespaceID) {
			found = append(found, sql)
		}
	}
	return found
}
