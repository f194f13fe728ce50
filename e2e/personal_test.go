package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/prototext"

	"github.com/yeyak/yeyak/booking"
)

// Personal data in these tests.
const (
	markedTel   = "+821055550188" // as it is stored
	markedWords = "marked5555"    // in each address, location and reason
)

// TestPersonal_ShownToThoseConcerned: a telephone number, an address, a location and
// people's notes are in the answers about their one order, and in nothing else that
// leaves the processes: no list, no part of the feed or of its stream, no message,
// metric or trace, nothing that the engine lists or describes, and no report of an
// audit.
func TestPersonal_ShownToThoseConcerned(t *testing.T) {
	t.Parallel()
	spans := newCollector(t)
	s := bootAudited(t, spans.traced)
	cleaner := s.cleaner("Min-jun")
	reason := object{"reason": "because " + markedWords}
	food := s.order(s.menu(), object{"address": "1 " + markedWords}).with(t, http.StatusCreated).body.ID
	call := s.post(calls, visit(object{"tel": markedTel, "location": "2 " + markedWords}), "Idempotency-Key", "k").with(t, http.StatusCreated).body.ID
	waiting := s.call(object{"tel": markedTel, "location": "3 " + markedWords}).with(t, http.StatusCreated).body.ID
	stay := s.reserve(s.place(1, byOwner)).with(t, http.StatusCreated).body.ID
	s.becomes(food, booking.Delivering)
	s.becomes(call, booking.Assigned)
	s.post(reservations+"/"+stay+"/reject", reason).with(t, http.StatusOK)
	s.post(calls+"/"+waiting+"/cancel", reason).with(t, http.StatusOK)
	all := []string{food, call, waiting, stay}
	s.becomes(stay, booking.Cancelled)
	s.becomes(waiting, booking.Cancelled)

	for _, path := range []string{
		"/v1/mypages/" + food, "/v1/mypages/" + call, "/v1/mypages/" + waiting, "/v1/mypages/" + stay, "/v1/mypages/" + stay + "?fresh=true",
		foodOrders + "/" + food, calls + "/" + call, reservations + "/" + stay, deliveries + "/" + food,
		calls + "/" + call + "/contact", cleaners + "/" + cleaner + "/assignments",
	} {
		require.Contains(t, string(s.get(path).with(t, http.StatusOK).raw), markedWords, path)
	}
	for _, path := range []string{calls + "/" + call + "/contact", cleaners + "/" + cleaner + "/assignments"} {
		require.Contains(t, string(s.get(path).with(t, http.StatusOK).raw), markedTel, path)
	}
	require.NotContains(t, string(s.get(calls+"/"+call).raw), markedTel)

	for _, path := range []string{
		"/v1/mypages?customerId=alice", "/v1/orders?ownerId=bora", "/v1/orders?ownerId=olivia", deliveries, productions, calls, cleaners,
		"/v1/messages?recipientId=alice", "/v1/messages?recipientId=bora", "/v1/messages?recipientId=olivia", "/v1/messages?recipientId=" + cleaner,
		"/v1/events?limit=200", "/metrics", "/readyz",
	} {
		requireUnmarked(t, string(s.get(path).raw), path)
	}
	for _, line := range s.streamed(len(s.get("/v1/events?limit=200").body.Items)) {
		requireUnmarked(t, line, "stream")
	}
	s.requireUnmarkedInEngine(all)
	report, err := json.Marshal(s.audit())
	require.NoError(t, err)
	requireUnmarked(t, string(report), "audit")
	for _, line := range s.log.All() {
		text, err := json.Marshal(line.ContextMap())
		require.NoError(t, err)
		requireUnmarked(t, line.Message+string(text), "log")
	}
	s.eventually(func() bool { return len(spans.traceWith(waiting).below("POST "+calls)) > 0 }) // they are sent every few seconds
	for _, sent := range spans.all() {
		requireUnmarked(t, prototext.Format(sent.Span), "trace")
	}
}

func requireUnmarked(t *testing.T, text, where string) {
	t.Helper()
	require.NotContains(t, text, markedWords, where)
	require.NotContains(t, text, strings.TrimPrefix(markedTel, "+"), where)
}

// streamed are n events of the feed in a stream's format.
func (s *system) streamed(n int) (lines []string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.url+"/v1/events", nil)
	require.NoError(s, err)
	r.Header.Set("Accept", "text/event-stream")
	s.present(r)
	a, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer func() { _ = a.Body.Close() }()
	for in := bufio.NewScanner(a.Body); len(lines) < n && in.Scan(); {
		if strings.HasPrefix(in.Text(), "data: ") {
			lines = append(lines, in.Text())
		}
	}
	require.Len(s, lines, n)
	return lines
}

// requireUnmarkedInEngine checks what the engine and its web UI show of workflows
// besides their histories: search attributes, memos, summaries, details.
func (a *audited) requireUnmarkedInEngine(orders []string) {
	t := a.TB.(*testing.T)
	t.Helper()
	listed, err := a.temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: a.namespace})
	require.NoError(t, err)
	requireUnmarked(t, prototext.Format(listed), "list of workflows")
	for _, order := range orders {
		described, err := a.temporal.DescribeWorkflowExecution(t.Context(), order, "")
		require.NoError(t, err)
		requireUnmarked(t, prototext.Format(described), order)
		answer, err := a.temporal.QueryWorkflow(t.Context(), order, "", "__temporal_workflow_metadata")
		require.NoError(t, err)
		var shown sdkpb.WorkflowMetadata
		require.NoError(t, answer.Get(&shown))
		require.NotEmpty(t, shown.CurrentDetails)
		requireUnmarked(t, prototext.Format(&shown), order)
	}
}
