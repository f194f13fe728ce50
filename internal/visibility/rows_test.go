package visibility_test

import (
	"database/sql"
	"fmt"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/internal/visibility"
	"github.com/yeyak/yeyak/workflows/contract"
)

// fill inserts rows of workflows as after a month of orders: most are closed, each has the
// attributes of an order, few have any other. attributes are the columns of a namespace's
// search attributes by their names. Nothing is random.
func fill(t *testing.T, db *sql.DB, namespaceID string, attributes map[string]string, rows int) {
	t.Helper()
	column := func(name string) string {
		require.Contains(t, attributes, name)
		return attributes[name]
	}
	memo, err := (&commonpb.Memo{Fields: map[string]*commonpb.Payload{contract.RequestHashMemo: {
		Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"` + strings.Repeat("7c", 32) + `"`),
	}}}).Marshal()
	require.NoError(t, err)
	statement := strings.NewReplacer(
		":namespace", "'"+namespaceID+"'", ":memo", fmt.Sprintf(`'\x%x'`, memo), ":rows", strconv.Itoa(rows),
		":OrderKind", column("OrderKind"), ":CustomerId", column("CustomerId"), ":OwnerId", column("OwnerId"),
		":ItemId", column("ItemId"), ":OrderStatus", column("OrderStatus"), ":NeedsAttention", column("NeedsAttention"),
	).Replace(ordered)
	execute(t.Context(), t, db, statement, strings.NewReplacer(":namespace", "'"+namespaceID+"'").Replace(systems))
}

// crowd inserts rows of workflows, of which one in a hundred has NULL in the column, and the
// others the value filled.
func crowd(t *testing.T, db *sql.DB, column, filled string, rows int) {
	t.Helper()
	execute(t.Context(), t, db, strings.NewReplacer(
		":column", column, ":filled", filled, ":rows", strconv.Itoa(rows),
	).Replace(crowded))
}

const crowded = `
INSERT INTO executions_visibility (namespace_id, run_id, _version, start_time, execution_time, workflow_id, workflow_type_name, status,
	close_time, encoding, task_queue, root_workflow_id, root_run_id, :column)
SELECT 'crowd', md5('crowd' || n)::uuid::text, n, began, began, 'crowd-' || n, 'Work', CASE WHEN n % 30 = 0 THEN 1 ELSE 2 END,
	CASE WHEN n % 30 <> 0 THEN began + interval '1 minute' END, 'Proto3', 'work', 'crowd-' || n, md5('crowd' || n)::uuid::text,
	CASE WHEN n % 100 <> 7 THEN :filled END
FROM (SELECT n, timestamp '2026-03-31 12:00' - (:rows - n) * (interval '30 days' / :rows) AS began FROM generate_series(1, :rows) n) AS numbered`

// forms are the definitions of the indexes in either form. The store has to be lean and
// empty; it is stock afterwards.
func forms(t *testing.T, database string) (lean, stock map[string]string) {
	t.Helper()
	db := open(t, database)
	lean = definitions(t, db)
	change(t, database, visibility.Stock)
	return lean, definitions(t, db)
}

// constraints are the indexes of constraints: inserts need them.
func constraints(indexes map[string]string) map[string]string {
	kept := maps.Clone(indexes)
	maps.DeleteFunc(kept, func(_, definition string) bool { return !strings.HasPrefix(definition, "CREATE UNIQUE") })
	return kept
}

// exchange drops every index that does not have the wanted definition, and creates those
// that are missing, one on each core. No server runs that this could lock out, so it takes
// a fraction of the time of Change.
func exchange(t *testing.T, db *sql.DB, wanted map[string]string) {
	t.Helper()
	found := definitions(t, db)
	for name, definition := range found {
		if wanted[name] != definition {
			execute(t.Context(), t, db, "DROP INDEX "+name)
		}
	}
	builders, ctx := errgroup.WithContext(t.Context())
	builders.SetLimit(runtime.NumCPU())
	for name, definition := range wanted {
		if found[name] != definition {
			builders.Go(func() error {
				_, err := db.ExecContext(ctx, definition)
				return err
			})
		}
	}
	require.NoError(t, builders.Wait())
	require.Equal(t, wanted, definitions(t, db))
}

// ordered are the orders of the last month, and the runs of the repair's schedule. h is a
// pseudo-random number for each.
const ordered = `
INSERT INTO executions_visibility (namespace_id, run_id, _version, start_time, execution_time, workflow_id, workflow_type_name, status,
	close_time, history_length, history_size_bytes, execution_duration, state_transition_count, memo, encoding, task_queue,
	search_attributes, parent_workflow_id, parent_run_id, root_workflow_id, root_run_id)
SELECT CASE WHEN in_other_namespace THEN '7c9d3c0a-0000-4000-8000-000000000001' ELSE :namespace END, run, n, began, began, id, type,
	CASE WHEN open THEN 1 WHEN h % 500 = 0 THEN 5 WHEN h % 900 = 0 THEN 3 ELSE 2 END,
	CASE WHEN NOT open THEN began + h % 90000 * interval '1 second' END,
	CASE WHEN NOT open THEN 15 + h % 20 END, CASE WHEN NOT open THEN 6000 + h % 3000 END,
	CASE WHEN NOT open THEN (h % 90000)::bigint * 1000000000 END, CASE WHEN NOT open THEN 6 + h % 5 END,
	:memo, 'Proto3', 'sagas',
	jsonb_strip_nulls(jsonb_build_object('BuildIds', CASE WHEN version IS NULL THEN jsonb_build_array('unversioned', 'unversioned:development')
			ELSE jsonb_build_array('versioned:' || version) END,
		'TemporalWorkerDeployment', CASE WHEN version IS NOT NULL THEN 'yeyak' END,
		'TemporalWorkerDeploymentVersion', version, 'TemporalWorkflowVersioningBehavior', CASE WHEN version IS NOT NULL THEN 'Pinned' END,
		'TemporalUsedWorkerDeploymentVersions', CASE WHEN version IS NOT NULL THEN jsonb_build_array(version) END,
		'TemporalReportedProblems', CASE WHEN open AND h % 700 = 0 THEN '["category=WorkflowTaskFailed", "cause=WorkflowTaskFailedCauseNonDeterministicError"]'::jsonb END))
	|| CASE WHEN type = 'Repair'
		THEN jsonb_build_object('TemporalScheduledById', 'repair', 'TemporalScheduledStartTime', to_char(began, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
		ELSE jsonb_build_object(':OrderKind', lower(type), ':CustomerId', 'customer-' || h % (:rows / 20), ':OwnerId', 'owner-' || h % (:rows / 2000),
			':ItemId', 'item-' || h % (:rows / 500), ':NeedsAttention', open AND h % 400 = 0,
			':OrderStatus', CASE WHEN open AND h % 5 = 0 THEN 'awaiting_owner' WHEN open THEN 'confirmed' WHEN h % 7 = 0 THEN 'cancelled' ELSE 'completed' END) END,
	CASE WHEN child THEN 'parent-' || n / 1000 END, CASE WHEN child THEN md5('parent' || n / 1000)::uuid::text END,
	CASE WHEN child THEN 'parent-' || n / 1000 ELSE id END, CASE WHEN child THEN md5('parent' || n / 1000)::uuid::text ELSE run END
FROM (SELECT n, h, md5(n::text)::uuid::text AS run, timestamp '2026-03-31 12:00' - (:rows - n) * (interval '30 days' / :rows) AS began,
		h % 31 = 0 AS open, h % 1009 = 0 AS child, h % 53 = 0 AS in_other_namespace,
		CASE WHEN h % 20 = 3 THEN 'yeyak:blue' WHEN h % 20 = 4 THEN 'yeyak:green' END AS version,
		CASE WHEN n % 113 = 0 THEN 'Repair' ELSE (ARRAY['Lodging', 'Food', 'Cafe', 'Cleaning'])[1 + h % 4] END AS type,
		CASE WHEN n % 113 = 0 THEN 'yeyak-repair-' || n ELSE (ARRAY['lodging-', 'food-', 'cafe-', 'cleaning-'])[1 + h % 4] || md5('id' || n) END AS id
	FROM (SELECT n, ('x' || substr(md5('row' || n), 1, 7))::bit(28)::int AS h FROM generate_series(1, :rows) n) AS numbered) AS workflow_rows`

// systems are the workflows that Temporal itself runs in the namespace: two schedules,
// some batches, a deployment with its versions.
const systems = `
INSERT INTO executions_visibility (namespace_id, run_id, _version, start_time, execution_time, workflow_id, workflow_type_name, status,
	encoding, task_queue, search_attributes, root_workflow_id, root_run_id)
SELECT :namespace, md5('system' || n)::uuid::text, n, began, began, 'system-' || n, 'temporal-sys-' || lower(division), CASE WHEN n % 4 = 0 THEN 1 ELSE 2 END,
	'Proto3', 'temporal-sys-per-ns-tq', jsonb_build_object('TemporalNamespaceDivision', division, 'TemporalSchedulePaused', false, 'BatcherUser', 'operator'),
	'system-' || n, md5('system' || n)::uuid::text
FROM (SELECT n, timestamp '2026-03-31 12:00' - n * interval '1 hour' AS began,
	(ARRAY['TemporalScheduler', 'TemporalBatcher', 'TemporalWorkerDeployment', 'TemporalWorkerDeploymentVersion'])[1 + n % 4] AS division
	FROM generate_series(1, 60) n) AS numbered`
