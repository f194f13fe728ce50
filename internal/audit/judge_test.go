package audit_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/workflows/contract"
)

// statusesOf lists the statuses of the kind's orders.
func statusesOf(k booking.Kind) []booking.Status {
	found := []booking.Status{booking.Received}
	for i := 0; i < len(found); i++ {
		for _, next := range k.Next(found[i]) {
			if !slices.Contains(found, next) {
				found = append(found, next)
			}
		}
	}
	return found
}

// everyOrder calls test with an order of every kind in every status.
func everyOrder(t *testing.T, test func(*testing.T, contract.View)) {
	for _, k := range booking.Kinds() {
		for _, s := range statusesOf(k) {
			t.Run(string(k)+"/"+string(s), func(t *testing.T) {
				t.Parallel()
				test(t, order(k, s))
			})
		}
	}
}

func TestRun_CleanInEveryStatus(t *testing.T) {
	t.Parallel()
	everyOrder(t, func(t *testing.T, v contract.View) {
		b := newBooks()
		b.add(v)
		report, duration := b.run(t)
		require.Empty(t, report.Findings)
		require.True(t, report.Clean())
		require.Zero(t, duration, "without findings there is no second pass")
		require.Equal(t, 1, report.Orders)
	})
}

// TestRun_ForgottenOrders: after the engine's retention the row has the order's state.
func TestRun_ForgottenOrders(t *testing.T) {
	t.Parallel()
	everyOrder(t, func(t *testing.T, v contract.View) {
		b := newBooks()
		b.add(v)
		b.sagas = nil
		report, _ := b.run(t)
		if v.Status.Final() || !began(v) && len(b.called) == 0 {
			require.Empty(t, report.Findings)
			return
		}
		require.Len(t, report.Findings, 1)
		require.Equal(t, audit.Abandoned, report.Findings[0].Kind)
		require.Contains(t, report.Findings[0].Says, "the engine has forgotten its workflow while it was "+string(v.Status))
		require.Equal(t, "yeyak settle "+v.ID, report.Findings[0].Remedy)
	})
}

func TestRun_Abandoned(t *testing.T) {
	t.Parallel()
	for how, words := range map[enumspb.WorkflowExecutionStatus]string{
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: "was terminated",
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:     "failed",
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  "timed out",
	} {
		everyOrder(t, func(t *testing.T, v contract.View) {
			b := newBooks()
			b.add(v)
			b.sagas[0].Execution = how
			report, _ := b.run(t)
			if v.Status.Final() {
				require.Empty(t, report.Findings, "it came to its end before its workflow did")
				return
			}
			require.Len(t, report.Findings, 1)
			require.Equal(t, audit.Abandoned, report.Findings[0].Kind)
			require.Contains(t, report.Findings[0].Says, "its workflow "+words+" while it was "+string(v.Status))
			require.Equal(t, "yeyak settle "+v.ID, report.Findings[0].Remedy)
			if !began(v) && len(b.called) == 0 {
				require.Contains(t, report.Findings[0].Says, "it holds nothing, and its page shows it as under way")
				b.rows = nil
				report, _ = b.run(t)
				require.Empty(t, report.Findings, "nothing is owed, and nothing is shown")
			}
		})
	}
}

// TestRun_AbandonedSaysWhatIsHeld: it uses the row if the lost workflow does not
// answer.
func TestRun_AbandonedSaysWhatIsHeld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   booking.Kind
		status booking.Status
		says   string
	}{
		{booking.Lodging, booking.Confirmed, "100000 KRW charged, 2 × thing held from 2026-12-24 to 2026-12-26"},
		{booking.Food, booking.Delivering, "100000 KRW charged, a delivery that is started"},
		{booking.Cafe, booking.InProduction, "100000 KRW charged, 2 × thing held from 2026-12-24 to 2026-12-25, a production that is started"},
		{booking.Cleaning, booking.Assigned, "100000 KRW charged, cleaner kim, a registration with management"},
		{booking.Cleaning, booking.Calling, "100000 KRW charged, a call that waits for a cleaner, a registration with management"},
	} {
		t.Run(string(c.kind)+"/"+string(c.status), func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.add(order(c.kind, c.status))
			b.sagas[0].Execution = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
			clear(b.views)
			id := string(c.kind) + "-1"
			b.requireFindings(t, audit.Finding{
				Kind: audit.Abandoned, OrderID: id, Remedy: "yeyak settle " + id,
				Says: "its workflow was terminated while it was " + string(c.status) + ": " + c.says,
			})
		})
	}
}
