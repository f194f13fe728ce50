package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// moment is a line of a timeline as the API shows it.
type moment struct {
	At                     time.Time
	Source, What, Says, By string
	Attempt                int
	Failed, Pending        bool
	RunID                  string
	Amount                 *booking.Money
}

// seenTimeline is the API's timeline of an order.
type seenTimeline struct {
	Items     []moment
	Runs      []struct{ ID, State, Link string }
	Unknown   map[string]string
	Attention struct{ Cause, Says, Lost string }
}

func (s *system) timeline(order string) (t seenTimeline) {
	s.Helper()
	s.eventually(func() bool { // each source has a limited time
		t = seenTimeline{}
		require.NoError(s, json.Unmarshal(s.get("/v1/orders/"+order+"/timeline").with(s, http.StatusOK).raw, &t))
		return len(t.Unknown) == 0
	})
	require.True(s, slices.IsSortedFunc(t.Items, func(a, b moment) int { return a.At.Compare(b.At) }), "in the order of time")
	return t
}

// where is the index of the first matching moment, from an index on; there must be one.
func (t seenTimeline) where(tb testing.TB, from int, what string, is func(moment) bool) int {
	tb.Helper()
	n := slices.IndexFunc(t.Items[from:], is)
	require.GreaterOrEqual(tb, n, 0, "%s is not in the timeline from %d on: %+v", what, from, t.Items)
	return from + n
}

// of are the names of all moments of a source.
func (t seenTimeline) of(source string) (what []string) {
	for _, m := range t.Items {
		if m.Source == source {
			what = append(what, m.What)
		}
	}
	return what
}

// TestTimeline: an order with a deferral, a kill, a retry, a partial refund and a reset
// has a complete timeline in order, compared with the event feed, the ledger and the
// engine's history.
func TestTimeline(t *testing.T) {
	t.Parallel()
	o := options(t)
	slowCallBreaker(&o)
	withCouriers(&o)
	o.Config.Pages.TemporalUI = "https://temporal.example.com/"
	o.Config.HTTP.Listen = "127.0.0.1:" + freePort(t)
	onPostgreSQL(t, &o)
	first := &audited{system: &system{TB: t, url: "http://" + o.Config.HTTP.Listen, options: o, namespace: o.Namespace}}
	child := startMortal(t, o, mortal{Point: "publish confirmed"}, first.url)
	place := first.place(50, byOwner)
	first.overloaded(place)
	deferred, _ := first.untilDeferred(place)
	order := deferred.body.ID
	first.sandbox(object{})
	first.eventually(func() bool { return first.get("/v1/mypages/"+order).body.Status == booking.AwaitingOwner })
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = first.send(http.MethodPost, reservations+"/"+order+"/confirm", nil)
	}()
	child.diesAtItsPoint(t) // before it answers: its task times out
	receive(first, sent, "the answer")

	s := &audited{system: start(t, o)}
	s.options = o
	s.becomes(order, booking.Confirmed)
	s.sandbox(object{"down": true})
	s.refundOf(order, "k", 30000)
	s.eventually(func() bool { return s.attempts(order, contract.RefundPartActivity) > 1 })
	s.sandbox(object{})
	s.eventually(func() bool { _, _, refunded := s.payment(order); return refunded == 30000 })
	s.finished(order)
	reset := s.newestRun(order)
	s.resetTo(order, s.workflowTask(order, 2))
	s.eventually(func() bool { return s.newestRun(order) != reset })
	s.finished(order)

	var line seenTimeline
	var published []string
	s.eventually(func() bool { // events are published after the answers to the steps that they are about
		line, published = s.timeline(order), s.typesOf(order)
		return len(line.Runs) == 2 && slices.Contains(published, "PaymentRefunded") && len(published) == len(line.of("event"))
	})
	at := line.where(t, 0, "the charge is deferred", func(m moment) bool { return m.What == "ChargePayment" && strings.Contains(m.Says, "deferred") })
	at = line.where(t, at, "its charge in line", func(m moment) bool { return m.What == "ChargeDeferredPayment" && m.Pending })
	at = line.where(t, at, "the owner's decision", func(m moment) bool { return m.What == "update confirm" && m.By != "" })
	killed := line.where(t, at, "the kill", func(m moment) bool { return m.What == "worker_gone" && m.Failed })
	requested := line.where(t, at, "the operator's refund", func(m moment) bool { return m.Source == "operator" && m.What == "refund" && m.By != "" })
	at = line.where(t, max(killed, requested), "a failed attempt", func(m moment) bool { return m.What == contract.RefundPartActivity && m.Failed && m.Says != "" })
	at = line.where(t, at, "the refund", func(m moment) bool { return m.Source == "money" && m.What == "refund done" && m.Amount.Amount == 30000 })
	line.where(t, at, "the reset", func(m moment) bool { return m.What == "reset" && m.Says == "test" && m.RunID != reset })
	line.where(t, 0, "the hold", func(m moment) bool { return m.Source == "stock" && strings.Contains(m.Says, place) })
	require.Equal(t, "https://temporal.example.com/namespaces/"+s.namespace+"/workflows/"+order+"/"+reset+"/history", line.Runs[0].Link)
	require.ElementsMatch(t, published, line.of("event"))
	s.agreesWithLedger(order, line)
	for _, run := range line.Runs {
		s.agreesWithHistory(order, run.ID, line)
	}
	code, out, logs := s.command(nil, "timeline", order)
	require.Zero(t, code, logs)
	require.Equal(t, len(line.Items), strings.Count(out, "\n"))
	require.Contains(t, out, "worker_gone")
}

// typesOf are the types of an order's events in the feed.
func (s *system) typesOf(order string) (types []string) {
	s.Helper()
	for _, e := range s.events(order) {
		name, _, _ := strings.Cut(e, " ")
		types = append(types, name)
	}
	return types
}

// agreesWithLedger compares a timeline with the payment: its charge and each refund.
func (s *system) agreesWithLedger(order string, line seenTimeline) {
	s.Helper()
	want := []string{"charge"}
	for _, e := range s.entries(order) {
		want = append(want, "refund", "refund "+e.State)
	}
	require.ElementsMatch(s, want, line.of("money"))
}

// agreesWithHistory compares a timeline with the engine's history of a run: each step
// that was begun, each in place, and each that failed once and was begun again.
func (s *system) agreesWithHistory(order, run string, line seenTimeline) {
	s.Helper()
	var steps, updates int
	published := map[int64]bool{} // events that scheduled the writing of a row
	for _, e := range s.historyOf(order, run) {
		switch {
		case isReset(e):
			steps, updates = 0, 0
		case e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == contract.PublishActivity:
			published[e.GetEventId()] = true
		case e.GetActivityTaskScheduledEventAttributes() != nil, failedOnce(e) && !published[e.GetActivityTaskStartedEventAttributes().GetScheduledEventId()]:
			steps++
		case e.GetMarkerRecordedEventAttributes().GetMarkerName() == "LocalActivity" &&
			!strings.Contains(e.GetMarkerRecordedEventAttributes().GetDetails()["data"].String(), contract.PublishActivity):
			steps++
		case e.GetWorkflowExecutionUpdateAcceptedEventAttributes() != nil:
			updates++
		}
	}
	var shown, decided int
	for _, m := range line.Items {
		switch {
		case m.RunID != run:
		case m.Source == "step" && (strings.HasPrefix(m.Says, "to the queue ") || !m.Pending && m.Attempt == 1 && m.What != contract.PublishActivity):
			shown++
		case strings.HasPrefix(m.What, "update "):
			decided++
		}
	}
	require.Equal(s, []int{steps, updates}, []int{shown, decided}, "run %s", run)
}

// failedOnce reports whether the event begins the second attempt of a step.
func failedOnce(e *historypb.HistoryEvent) bool {
	a := e.GetActivityTaskStartedEventAttributes()
	return a.GetAttempt() == 2 && a.GetLastFailure() != nil
}

func isReset(e *historypb.HistoryEvent) bool {
	return e.GetWorkflowTaskFailedEventAttributes().GetCause() == enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
}

// seenNeed is an order that needs attention, as the API lists it.
type seenNeed struct {
	OrderID, Cause, Says, ProviderSays, Lost, Remedy string
	Waits                                            []struct{ Step, Failure string }
}

func (s *system) attention(query string) (needs []seenNeed) {
	s.Helper()
	var list struct{ Items []seenNeed }
	require.NoError(s, json.Unmarshal(s.get("/v1/attention"+query).with(s, http.StatusOK).raw, &list))
	return list.Items
}

// TestAttention: an order whose refund fails for good is listed with the reason and the
// provider's error; one whose workflow was terminated is shown as such, on its timeline
// at once and in the list once an audit has found it. Commands and the status report
// the same.
func TestAttention(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		a := bootAudited(t, runsAudits, on)
		before := a.awaitAudit(0).Done.ID
		code, out, logs := a.command(nil, "status")
		require.Zero(t, code, out+logs)
		require.Empty(t, a.attention(""))
		place := a.place(9)
		fails, lost := a.accepted(a.reserve(place)), a.accepted(a.reserve(place))
		a.becomes(fails, booking.Confirmed)
		a.becomes(lost, booking.Confirmed)
		a.sandbox(object{"refunds": "fail"})
		a.cancelling(fails)
		a.eventually(func() bool { return a.page(fails).NeedsAttention })
		a.terminate(lost)

		var needs []seenNeed
		a.eventually(func() bool { needs = a.attention(""); return len(needs) == 1 && needs[0].ProviderSays != "" })
		require.Equal(t, []string{fails, "marked"}, []string{needs[0].OrderID, needs[0].Cause})
		require.NotEmpty(t, needs[0].Says)
		var line seenTimeline
		a.eventually(func() bool { line = a.timeline(lost); return line.Attention.Lost == "terminated" })
		require.Equal(t, "abandoned", line.Attention.Cause)
		require.Contains(t, line.of("run"), "terminated")

		a.eventually(func() bool { // an audit that the engine does not answer in time leaves an order to the next one
			a.post("/v1/audit/runs", nil).with(t, http.StatusAccepted)
			before = a.awaitAudit(before).Done.ID
			needs = a.attention("")
			return len(needs) == 2 && needs[0].Lost != ""
		})
		require.Equal(t, []string{lost, "abandoned", "terminated", "yeyak settle " + lost}, []string{needs[0].OrderID, needs[0].Cause, needs[0].Lost, needs[0].Remedy})
		require.Equal(t, fails, needs[1].OrderID)
		require.Len(t, a.attention("?cause=abandoned&kind=lodging"), 1)
		require.Empty(t, a.attention("?kind=food"))

		code, out, logs = a.command(nil, "attention")
		require.Zero(t, code, logs)
		require.Regexp(t, lost+` +abandoned`, out)
		require.Contains(t, out, needs[1].ProviderSays)
		code, out, logs = a.command(nil, "status", "--json")
		require.Equal(t, 1, code, logs)
		require.Contains(t, out, `"findings":{"abandoned":1`)
		require.Contains(t, out, `{"kind":"lodging","status":"cancelling","orders":1}`)
		require.JSONEq(t, `{"looked":1,"behind":0,"oldestSeconds":0}`, field(t, a.get("/v1/status").with(t, http.StatusOK).raw, "readModel"))
	})
}

// field is a field of a JSON object, as JSON.
func field(t *testing.T, raw []byte, name string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &fields))
	return string(fields[name])
}
