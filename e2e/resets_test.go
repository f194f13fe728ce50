package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestReset_ToBeforeADecision: the order no longer has the decision. The page, the owner's list,
// fresh=true, the repair and the audit agree on that.
func TestReset_ToBeforeADecision(t *testing.T) {
	t.Parallel()
	s := bootAudited(t)
	order := s.reserve(s.place(9, byOwner)).with(t, http.StatusCreated).body.ID
	s.decide(order, "confirm").with(t, http.StatusOK)
	s.becomes(order, booking.Confirmed)
	confirmed := s.fresh(order).Version

	s.resetTo(order, s.workflowTask(order, 2)) // it accepted the decision
	s.becomes(order, booking.AwaitingOwner)
	require.Greater(t, s.fresh(order).Version, confirmed)
	s.requirePages([]string{order})
	require.Equal(t, []string{order}, s.listed("/v1/orders?ownerId=bora&status=awaiting_owner"))
	require.Equal(t, booking.AwaitingOwner, s.get("/v1/mypages/"+order+"?fresh=true").with(t, http.StatusOK).body.Status)
	require.Zero(t, s.repaired(), "there is nothing to repair")
	s.requireClean()
	s.requireEvents(order, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged awaiting_owner",
		"ReservationStatusChanged confirmed", "ReservationStatusChanged awaiting_owner")

	s.decide(order, "confirm").with(t, http.StatusOK)
	s.becomes(order, booking.Confirmed)
	s.requireClean()
}

// TestReset_ToAnyTask: after a reset to any workflow task of any run, the page shows the
// workflow's view.
func TestReset_ToAnyTask(t *testing.T) {
	t.Parallel()
	s := boot(t)
	order := s.reserve(s.place(9, byOwner)).with(t, http.StatusCreated).body.ID
	s.decide(order, "confirm").with(t, http.StatusOK)
	s.decide(order, "cancel").with(t, http.StatusOK)
	s.ended(order)
	first := s.newestRun(order)
	tasks := s.tasksCompleted(order, first)
	require.GreaterOrEqual(t, len(tasks), 4)
	var shown int64
	for n, task := range tasks {
		s.resetRun(order, first, task, fmt.Sprint("first ", n))
		s.ended(order)
		s.eventually(func() bool { return s.page(order).Version > shown })
		s.requirePages([]string{order})
		shown = s.page(order).Version
	}
}

// TestReset_OfAResetRun: a run that began with a reset is reset, too.
func TestReset_OfAResetRun(t *testing.T) {
	t.Parallel()
	s := boot(t)
	order := s.reserve(s.place(9, byOwner)).with(t, http.StatusCreated).body.ID
	s.decide(order, "confirm").with(t, http.StatusOK)
	first := s.newestRun(order)
	s.resetRun(order, first, s.tasksCompleted(order, first)[1], "first")
	s.becomes(order, booking.AwaitingOwner)
	second := s.newestRun(order)
	s.decide(order, "confirm").with(t, http.StatusOK)
	s.becomes(order, booking.Confirmed)
	shown := s.page(order).Version
	for n, task := range s.tasksCompleted(order, second)[1:] {
		s.resetRun(order, second, task, fmt.Sprint("second ", n))
		s.eventually(func() bool { return s.page(order).Version > shown })
		s.requirePages([]string{order})
		shown = s.page(order).Version
	}
}

// TestReset_OfAnOrderThatIsUndone: a cancelled order is reset to before the cancel, which is not
// applied again or is refused. Nothing is held or charged, so the order is cancelled once more,
// for the same reason.
func TestReset_OfAnOrderThatIsUndone(t *testing.T) {
	t.Parallel()
	s := bootAudited(t)
	for _, order := range []string{undoneAndReset(s.system), cupUndoneAndReset(s.system)} {
		v := s.ended(order)
		require.Equal(t, booking.Cancelled, v.Status)
		require.Equal(t, booking.ByCustomer, v.Reason)
	}
	s.requireClean()
}

// newestRun is the id of the order's newest run.
func (s *system) newestRun(order string) string {
	s.Helper()
	d, err := s.temporal.DescribeWorkflowExecution(s.Context(), order, "")
	require.NoError(s, err)
	return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// tasksCompleted are the events that completed the workflow tasks of a run.
func (s *system) tasksCompleted(order, run string) (ids []int64) {
	s.Helper()
	for _, e := range s.historyOf(order, run) {
		if e.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			ids = append(ids, e.EventId)
		}
	}
	return ids
}

// resetRun resets an order to before the completion of a run's workflow task.
func (s *system) resetRun(order, run string, taskCompleted int64, request string) {
	s.Helper()
	execution := execution(order)
	execution.RunId = run
	_, err := s.temporal.WorkflowService().ResetWorkflowExecution(s.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: s.namespace, WorkflowExecution: execution, Reason: "test", RequestId: request,
		WorkflowTaskFinishEventId: taskCompleted,
		ResetReapplyExcludeTypes:  []enumspb.ResetReapplyExcludeType{enumspb.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE},
	})
	require.NoError(s, err)
}

// repaired runs the repair, and returns how many rows it has corrected.
func (s *system) repaired() int {
	s.Helper()
	var done contract.Repair
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{TaskQueue: contract.SagasQueue}, contract.RepairWorkflow, contract.Repair{Pages: 9})
	require.NoError(s, err)
	require.NoError(s, s.outcome(run, &done))
	return done.Healed
}
