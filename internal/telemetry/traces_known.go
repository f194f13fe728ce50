package telemetry

import (
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// workflowTraces remembers for a while to which traces workflows belong, for
// those lines that the SDK logs of them without saying so. nil knows none.
type workflowTraces struct {
	mu sync.Mutex
	// The older half is forgotten when the younger one is full.
	young, old map[string]trace.TraceID
}

// remembered is how many workflows each half holds, at some 100 bytes.
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

// span is one of a workflow or a step, whose trace is remembered as soon as it
// is known which. That of a workflow ends then: the order may live for months,
// and a span is sent when it ends, while those below it are sent, and looked
// at, today.
type span struct {
	trace.Span
	brief bool
	known *workflowTraces
}

// watched is the span with a name as the SDK's interceptor makes it.
func (w *workflowTraces) watched(s trace.Span, name string) trace.Span {
	brief := strings.HasPrefix(name, "RunWorkflow:")
	if !brief && !strings.HasPrefix(name, "RunActivity:") {
		return s
	}
	return span{s, brief, w}
}

// workflowTag is the interceptor's name for a workflow's id.
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
