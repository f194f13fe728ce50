package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/audit"
)

// TestResolve_Repeated: a payment by hand is recorded once. A repeat gets the first answer, by
// the API and by the command, while the order runs and after its end; other evidence is
// refused.
func TestResolve_Repeated(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		a := bootAudited(t, on)
		place := a.place(9)
		stays, cancelled, ended := a.accepted(a.reserve(place)), a.accepted(a.reserve(place)), checkedOutEarly(a.system)
		a.ended(ended)
		a.sandbox(object{"refunds": "fail"})
		for _, order := range []string{stays, ended} {
			a.refundBecomes(order, "a", 30000, "failed")
		}
		a.cancelling(cancelled)
		for _, order := range []string{stays, cancelled, ended} {
			a.eventually(func() bool { return a.page(order).NeedsAttention })
			a.carriedOut(func() answer { return a.paidByHand(order) })
			a.eventually(func() bool { return !a.page(order).NeedsAttention })
		}
		a.becomes(cancelled, booking.Cancelled)
		for _, order := range []string{stays, cancelled, ended} {
			require.Equal(t, order, a.made(func() answer { return a.paidByHand(order) }).with(t, http.StatusOK).body.ID)
			code, out, logs := a.resolves(order, "bank transfer 42")
			require.Zero(t, code, logs)
			require.Contains(t, out, "is recorded as paid by hand")
			other := a.post("/v1/payments/"+order+"/resolution", object{"evidence": "bank transfer 43"})
			require.Equal(t, "nothing_owed", other.with(t, http.StatusConflict).body.Code)
			require.Len(t, a.entries(order), 1)
		}
		a.sandbox(object{})
		a.requireClean()
	})
}

// resolves runs the command, and repeats it when its output says so: it is refused while
// the provider is being called for the refund.
func (a *audited) resolves(order, evidence string, more ...string) (code int, out, logs string) {
	a.Helper()
	a.eventually(func() bool {
		code, out, logs = a.command(nil, append([]string{"resolve", order, "--paid-by-hand", evidence}, more...)...)
		return !strings.Contains(logs, "repeat the request")
	})
	return code, out, logs
}

// TestResolve_ProviderHangs: the command waits longer than a call to the provider may take, and
// does not fail while the result is being recorded.
func TestResolve_ProviderHangs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		order := a.accepted(a.reserve(a.place(9)))
		stripe.turn(`{"refunds":"fail"}`)
		a.cancelling(order)
		a.eventually(func() bool { return a.page(order).NeedsAttention })
		stripe.turn(`{"refunds":"fail","latency":"30s"}`)
		code, out, logs := a.command(nil, "resolve", order, "--paid-by-hand", "bank transfer 42")
		require.Zero(t, code, logs)
		require.Contains(t, out, "is recorded as paid by hand")
		stripe.turn(`{}`)
		a.becomes(order, booking.Cancelled)
		a.requireClean()
	})
}

// TestResolve_TemporalAway: while Temporal is away, a payment by hand is accepted for an ended
// order, too. Its saga still runs, since its refund has failed.
func TestResolve_TemporalAway(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	order := c.accepted(c.reserve(c.system.place(9, fromMidnight), object{"checkIn": dawn.day}))
	c.becomes(order, booking.Confirmed)
	c.sandbox(object{"refunds": "fail"})
	c.refundBecomes(order, "a", 30000, "failed")
	c.carriedOut(func() answer { return c.decide(order, "complete") })
	c.becomes(order, booking.Completed)
	c.wire.cut()
	c.requireKept(order, c.paidByHand(order))
	c.wire.resume()
	c.delivered()
	c.eventually(func() bool { return c.entries(order)[0].ByHand })
	require.Equal(t, "bank transfer 42", c.entries(order)[0].Ref)
	c.sandbox(object{})
}

// TestRefunds_TerminatedWorkflow: a refund after the end whose workflow was terminated
// is a finding, and is continued when it is requested again.
func TestRefunds_TerminatedWorkflow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		for _, state := range []string{"pending", "failed"} {
			a := bootAudited(t, on)
			order := checkedOutEarly(a.system)
			a.ended(order)
			a.sandbox(object{"refunds": map[string]string{"pending": "wait", "failed": "fail"}[state]})
			a.refundBecomes(order, "a", 30000, state)
			if state == "failed" {
				a.eventually(func() bool { return a.page(order).NeedsAttention })
			}
			key := a.entries(order)[0].Key
			id := order + "/" + key
			require.NoError(t, a.temporal.TerminateWorkflow(t.Context(), id, "", "by mistake"))
			report := a.audit()
			require.Len(t, report.Findings, 1)
			require.Equal(t, audit.Money, report.Findings[0].Kind)
			require.Contains(t, report.Findings[0].Says, "refund "+key+" of 30000 KRW is "+state+", and nothing follows it")
			remedy := map[string]string{
				"pending": "repeat the request for it under its Idempotency-Key", "failed": "yeyak payments look " + order,
			}
			require.Equal(t, remedy[state], report.Findings[0].Remedy)

			a.refundByStaff(order, "a", 30000).with(t, http.StatusOK)
			a.requireClean()
			a.sandbox(object{})
			a.eventually(func() bool { return a.entries(order)[0].State == "done" })
			a.eventually(func() bool { return !a.page(order).NeedsAttention })
			_, _, refunded := a.payment(order)
			require.EqualValues(t, 30000, refunded)
			a.refundByStaff(order, "a", 30000).with(t, http.StatusOK)
			a.requireClean()
		}
	})
}

// TestRefunds_TerminatedSaga: a refund that the order's saga followed is a finding, too, if the
// saga was terminated after the order's end.
func TestRefunds_TerminatedSaga(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		a := bootAudited(t, on)
		order := a.accepted(a.reserve(a.place(9, fromMidnight), object{"checkIn": dawn.day}))
		a.sandbox(object{"refunds": "wait"})
		a.refundBecomes(order, "a", 30000, "pending")
		a.carriedOut(func() answer { return a.decide(order, "complete") })
		a.becomes(order, booking.Completed)
		a.requireClean()
		require.NoError(t, a.temporal.TerminateWorkflow(t.Context(), order, "", "by mistake"))
		a.eventually(func() bool {
			return len(a.search("WorkflowId = '"+order+"' AND ExecutionStatus = 'Terminated'")) == 1
		})
		report := a.audit()
		require.Len(t, report.Findings, 1)
		require.Contains(t, report.Findings[0].Says, "of 30000 KRW is pending, and nothing follows it")
		a.refundByStaff(order, "a", 30000).with(t, http.StatusOK)
		a.requireClean()
		a.sandbox(object{})
		a.eventually(func() bool { return a.entries(order)[0].State == "done" })
		a.requireClean()
	})
}

// TestPolicy_CancelKeepsItsTime: a cancel under a tier that has ended since refunds the same
// amount when the engine applies it again after a reset.
func TestPolicy_CancelKeepsItsTime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		const within = 45 * time.Second
		a.ofCalls(object{"within": within.String(), "percent": 100}).with(t, http.StatusOK)
		quick := a.withDefaultBudget()
		order := a.accepted(a.call())
		ends := a.page(order).PlacedAt().Add(within)
		a.outages.ledger.begin(errAway)
		require.Equal(t, "within:45s/30000", a.quoted(calls+"/"+order).Quote)
		quick.acceptsPending(func() answer { return quick.post(calls+"/"+order+"/cancel", nil) })
		a.eventually(func() bool { return time.Now().After(ends) })
		_, err := a.temporal.WorkflowService().ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: a.namespace, WorkflowExecution: execution(order), Reason: "test", RequestId: order,
			WorkflowTaskFinishEventId: a.acceptingTask(order),
		})
		require.NoError(t, err)
		a.outages.ledger.end()
		a.becomes(order, booking.Cancelled)
		status, paid, refunded := a.payment(order)
		require.Equal(t, string(booking.Refunded), status)
		require.Equal(t, paid, refunded)
		a.requireClean()
	})
}

// acceptingTask is the event that completed the workflow task which accepted an update of the
// order.
func (s *system) acceptingTask(order string) (taskCompleted int64) {
	s.Helper()
	for _, e := range s.history(order) {
		switch e.EventType {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			taskCompleted = e.EventId
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			return taskCompleted
		}
	}
	require.Fail(s, "no update was accepted")
	return 0
}
