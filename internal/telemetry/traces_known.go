package telemetry

import (
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// workflowTraces keeps the traces of workflows in memory, for lines that the SDK logs
// without them. A nil workflowTraces knows none.
type workflowTraces struct {
	mu sync.Mutex
	// The older half is dropped when the younger one is full.
	young, old map[string]trace.TraceID
}

// remembered is how many workflows each half holds, of about 100 bytes each.
const remembered = 10_000

func (w *workflowTraces) note(workflow string, id trace.TraceID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.young[workflow]; known {
		return
	}
	if was, known := w.old[workflow]; known {
		id = was
	}
	if w.young == nil || len(w.young) >= remembered {
		w.young, w.old = map[string]trace.TraceID{}, w.young
	}
	w.young[workflow] = id
}

func (w *workflowTraces) of(workflow string) (id trace.TraceID, known bool) {
	if w == nil {
		return id, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if id, known = w.young[workflow]; !known {
		id, known = w.old[workflow]
	}
	return id, known
}

// span is a span of a workflow or a step. It records the trace of its workflow as soon as that is
// known. A workflow's span is then ended: the order may live for months, a span is sent when it
// ends, and its children are sent, and read by people, today.
type span struct {
	trace.Span
	brief bool
	known *workflowTraces
}

// watched wraps the span with a name that the SDK's interceptor makes.
func (w *workflowTraces) watched(s trace.Span, name string) trace.Span {
	brief := strings.HasPrefix(name, "RunWorkflow:")
	if !brief && !strings.HasPrefix(name, "RunActivity:") {
		return s
	}
	return span{s, brief, w}
}

// workflowTag is the interceptor's attribute for a workflow's id.
const workflowTag = "temporalWorkflowID"

// SetAttributes implements trace.Span.
func (s span) SetAttributes(attributes ...attribute.KeyValue) {
	s.Span.SetAttributes(attributes...)
	for _, a := range attributes {
		if a.Key == workflowTag {
			s.known.note(a.Value.AsString(), s.SpanContext().TraceID())
		}
	}
	if s.brief {
		s.End()
	}
}
