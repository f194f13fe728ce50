package e2e

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

// collector receives traces over OTLP, as a collector in production does.
type collector struct {
	url string

	mu    sync.Mutex
	spans []span
}

// span is a span of a process.
type span struct {
	*tracepb.Span
	service string
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var sent collectorpb.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &sent) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.add(&sent)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	atEnd(t, server.Close)
	c.url = server.URL
	return c
}

func (c *collector) add(sent *collectorpb.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range sent.ResourceSpans {
		service := attribute(of.Resource.Attributes, "service.name")
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans = append(c.spans, span{s, service})
			}
		}
	}
}

// traced sends a process's traces to the collector.
func (c *collector) traced(o *app.Options) {
	o.Config.Traces = config.Traces{Endpoint: config.URL(c.url)}
}

// all are the spans so far, in the order of their beginnings.
func (c *collector) all() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := slices.Clone(c.spans)
	slices.SortStableFunc(spans, func(a, b span) int { return int(a.StartTimeUnixNano) - int(b.StartTimeUnixNano) })
	return spans
}

func attribute(of []*commonpb.KeyValue, key string) string {
	for _, a := range of {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// label is a span in one line.
func (s span) label() string {
	if statement := attribute(s.Attributes, "db.query.text"); statement != "" {
		return "SQL " + strings.Join(strings.Fields(statement), " ")
	}
	return s.Name
}

// tree is a trace: a span with the spans below it.
type tree struct {
	spans []span
}

// traceWith is the trace with a span of a workflow, as far as it has been received.
func (c *collector) traceWith(workflow string) (t tree) {
	all := c.all()
	n := slices.IndexFunc(all, func(s span) bool { return attribute(s.Attributes, "temporalWorkflowID") == workflow })
	if n < 0 {
		return t
	}
	for _, s := range all {
		if string(s.TraceId) == string(all[n].TraceId) {
			t.spans = append(t.spans, s)
		}
	}
	return t
}

func (t tree) children(of []byte) (spans []span) {
	for _, s := range t.spans {
		if string(s.ParentSpanId) == string(of) {
			spans = append(spans, s)
		}
	}
	return spans
}

// print draws the tree.
func (t tree) print() string {
	var b strings.Builder
	if len(t.spans) > 0 {
		fmt.Fprintf(&b, "trace %s\n", hex.EncodeToString(t.spans[0].TraceId))
	}
	var draw func(of []byte, depth int)
	draw = func(of []byte, depth int) {
		for _, s := range t.children(of) {
			lasted := float64(s.EndTimeUnixNano-s.StartTimeUnixNano) / 1e6
			fmt.Fprintf(&b, "%s%s  [%s, %.1f ms]\n", strings.Repeat("  ", depth), s.label(), s.service, lasted)
			draw(s.SpanId, depth+1)
		}
	}
	draw(nil, 0)
	return b.String()
}

// below finds the spans at a path from the root, by the beginnings of labels.
func (t tree) below(way ...string) (found []span) {
	from := [][]byte{nil}
	for _, label := range way {
		found = nil
		for _, of := range from {
			for _, s := range t.children(of) {
				if strings.HasPrefix(s.label(), label) {
					found = append(found, s)
				}
			}
		}
		from = nil
		for _, s := range found {
			from = append(from, s.SpanId)
		}
	}
	return found
}

// requireWhole requires that every span is connected to the root, and that there is one
// root.
func (t tree) requireWhole(tb testing.TB) {
	known := map[string]bool{"": true}
	for _, s := range t.spans {
		known[string(s.SpanId)] = true
	}
	for _, s := range t.spans {
		require.True(tb, known[string(s.ParentSpanId)], "%s has no parent:\n%s", s.label(), t.print())
	}
	require.Len(tb, t.children(nil), 1, t.print())
}
