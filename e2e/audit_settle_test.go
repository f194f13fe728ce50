package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/workflows/contract"
)

// terminate terminates an order's workflow, without its undos. The list of workflows,
// with which an audit begins, shows it a little later.
func (a *audited) terminate(order string) {
	a.Helper()
	a.finished(order)
	require.NoError(a, a.temporal.TerminateWorkflow(a.Context(), order, "", "by mistake"))
	a.eventually(func() bool { return len(a.search("WorkflowId = '"+order+"' AND ExecutionStatus = 'Terminated'")) == 1 })
}

// settler is the number of the operator who settles orders.
const settler = "1027"

// settle settles an order as an operator would.
func (a *audited) settle(order string) (contract.View, error) {
	a.Helper()
	return app.Settle(a.Context(), a.options, order, "by mistake", settler, waitLimit)
}

// TestSettle_Lodging: a confirmed reservation whose workflow was terminated is
// undone and cancelled, once.
func TestSettle_Lodging(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place := a.place(1)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	before := a.becomes(order, booking.Confirmed)
	a.terminate(order)
	report := a.audit()
	require.Len(t, report.Findings, 1)
	f := report.Findings[0]
	require.Equal(t, audit.Abandoned, f.Kind)
	require.Equal(t, order, f.OrderID)
	require.Equal(t, "yeyak settle "+order, f.Remedy)
	require.Contains(t, f.Says, "its workflow was terminated while it was confirmed: 100000 KRW charged, 1 × "+place+" held from ")

	v, err := a.settle(order)
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, v.Status)
	require.Equal(t, booking.ByOperator, v.Reason)
	after := a.requireUndone(order, place, 1, booking.ByOperator)
	require.Equal(t, before.PlacedAt(), after.PlacedAt())
	require.Equal(t, append(statuses(before.View), booking.Cancelling, booking.Cancelled), statuses(after))
	require.Equal(t, settler, after.History[len(before.History)].By)
	callers := map[any]any{}
	for _, e := range a.get("/v1/events?limit=200").with(t, http.StatusOK).body.Items {
		callers[e["type"]] = e["data"].(map[string]any)["by"]
	}
	require.Equal(t, settler, callers[string(booking.ReservationCanceled)])
	require.Contains(t, a.messagesAbout(order), "reservation_cancelled")
	a.requireClean()

	_, err = a.settle(order)
	require.ErrorIs(t, err, audit.ErrNotLost)
	require.ErrorContains(t, err, "is cancelled, and nothing is owed")
}

// TestSettle_EveryKind: an order of each kind that was lost in the middle of its work
// is settled.
func TestSettle_EveryKind(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	a.cleaner("Min-jun")
	orders := a.oneOfEach()
	want := map[string][]audit.Kind{}
	for _, order := range orders {
		a.terminate(order)
		want[order] = []audit.Kind{audit.Abandoned}
	}
	a.requireKinds(want)
	for _, order := range orders {
		v, err := a.settle(order)
		require.NoError(t, err)
		require.Equal(t, booking.Cancelled, v.Status)
		status, _, _ := a.payment(order)
		require.Equal(t, "refunded", status)
	}
	require.Empty(t, a.atWork(), "the cleaner is free again")
	a.requireClean()
}

// onEmptyEngine restarts the system on an engine without any order, as if all were beyond
// its retention.
func (a *audited) onEmptyEngine() {
	a.Helper()
	stop(a, a.app)
	a.options.TemporalAddress, a.options.Namespace = newNamespace(a)
	a.options.Migrate = false
	a.system = start(a.TB, a.options)
}

// TestSettle_Forgotten: mypage's row suffices and, without that, the ledger.
func TestSettle_Forgotten(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	a.cleaner("Min-jun")
	orders := slices.Concat(a.oneOfEach(), a.oneOfEach())
	for _, order := range orders {
		a.terminate(order)
	}
	a.onEmptyEngine()
	for _, order := range orders[4:] {
		a.exec("DELETE FROM orders WHERE id = $1", order)
	}
	about := map[string]bool{}
	for _, f := range a.audit().Findings {
		about[f.OrderID] = true
		require.Equal(t, "yeyak settle "+f.OrderID, f.Remedy, "%+v", f)
		require.Equal(t, slices.Index(orders, f.OrderID) < 4, f.Kind == audit.Abandoned, "%+v", f)
	}
	require.Len(t, about, len(orders))
	for _, order := range orders {
		v, err := a.settle(order)
		require.NoError(t, err)
		require.Equal(t, booking.Cancelled, v.Status)
		status, _, _ := a.payment(order)
		require.Equal(t, "refunded", status)
		require.Equal(t, booking.Cancelled, a.page(order).Status)
	}
	require.Empty(t, a.atWork())
	a.requireClean()
}

// TestSettle_Refuses: orders that run, have ended by themselves or are unknown are not
// settled.
func TestSettle_Refuses(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place := a.place(3)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	_, err := a.settle(order)
	require.ErrorIs(t, err, audit.ErrNotLost)
	require.ErrorContains(t, err, "runs; cancel it instead")

	order = a.reserve(place).with(t, http.StatusCreated).body.ID
	a.decide(order, "cancel").with(t, http.StatusOK)
	a.ended(order)
	_, err = a.settle(order)
	require.ErrorIs(t, err, audit.ErrNotLost)

	_, err = a.settle("lodging-unknown")
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	require.Equal(t, []int{2, 2}, a.remaining(place))
}

// TestSettle_GoesOn: the compensation goes on after its caller has stopped waiting.
func TestSettle_GoesOn(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place := a.place(1)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	a.terminate(order)
	a.sandbox(object{"down": true})
	_, err := app.Settle(t.Context(), a.options, order, "", booking.SystemID, time.Second)
	require.NoError(t, err)
	a.becomes(order, booking.Cancelling)
	a.requireClean()
	a.sandbox(object{})
	a.becomes(order, booking.Cancelled)
	a.requireUndone(order, place, 1, booking.ByOperator)
}
