package workflows_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

// histories are the recorded histories, by name. `make histories` records them against a
// real engine and real databases.
func histories(t *testing.T) map[string]*historypb.History {
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "there are no recorded histories: run `make histories`")
	all := make(map[string]*historypb.History)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		require.NoError(t, err)
		var h historypb.History
		require.NoError(t, unmarshalHistory(raw, &h))
		all[filepath.Base(f)] = &h
	}
	return all
}

func unmarshalHistory(raw []byte, h *historypb.History) error {
	return temporalproto.CustomJSONUnmarshalOptions{DiscardUnknown: true}.Unmarshal(raw, h)
}

// TestReplay replays every recorded history: a workflow that would now do something else
// than it did fails here, and not on a running order.
func TestReplay(t *testing.T) {
	for name, h := range histories(t) {
		t.Run(name, func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			workers.RegisterWorkflows(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, h))
		})
	}
}

// names collects the names of registered workflows.
type names []string

func (n *names) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	*n = append(*n, o.Name)
}

func TestHistories_EveryWorkflowHasOne(t *testing.T) {
	var registered, recorded names
	workers.RegisterWorkflows(&registered)
	for _, h := range histories(t) {
		recorded = append(recorded, h.Events[0].GetWorkflowExecutionStartedEventAttributes().WorkflowType.Name)
	}
	for _, name := range registered {
		require.Contains(t, recorded, name, "no recorded history of this workflow: add one to the e2e recordings and run `make histories`")
	}
}

type edge struct{ from, to booking.Status }

// TestHistories_EveryBranchHasOne checks the histories against the table of transitions:
// each move that an order can make, and each reason for which it can end, is in one of
// them.
func TestHistories_EveryBranchHasOne(t *testing.T) {
	moves, reasons := map[booking.Kind][]edge{}, []booking.Reason{}
	for name, h := range histories(t) {
		if !slices.ContainsFunc(booking.Kinds(), func(k booking.Kind) bool { return strings.HasPrefix(name, string(k)+"_") }) {
			continue
		}
		v := result(t, name, h)
		for i := range v.History[1:] {
			moves[v.Kind] = append(moves[v.Kind], edge{v.History[i].Status, v.History[i+1].Status})
		}
		reasons = append(reasons, v.Reason)
	}
	for _, kind := range booking.Kinds() {
		for _, from := range booking.Statuses() {
			for _, to := range kind.Next(from) {
				require.Contains(t, moves[kind], edge{from, to}, "no recorded %s goes from %s to %s", kind, from, to)
			}
		}
	}
	for _, reason := range booking.Reasons() {
		require.Contains(t, reasons, reason, "no recorded order was cancelled for %s", reason)
	}
}

// result is the result of a history's workflow.
func result(t *testing.T, name string, h *historypb.History) (v contract.View) {
	i := slices.IndexFunc(h.Events, func(e *historypb.HistoryEvent) bool {
		return e.EventType == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	})
	require.GreaterOrEqual(t, i, 0, "%s: the recorded workflow did not complete", name)
	payloads := h.Events[i].GetWorkflowExecutionCompletedEventAttributes().Result
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(payloads, &v))
	require.NotEmpty(t, v.History)
	return v
}
