package telemetry

import (
	"context"
	"log/slog"

	temporallog "go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"github.com/yeyak/yeyak/booking"
)

// TemporalLogger lets the engine's client and workers write to log, with the traces of
// their workflows. It adds no stack traces: they would show where the SDK logs, ten
// lines for each error of a service that is away. A panic has a stack trace of its own.
func TemporalLogger(log *zap.Logger, traces *Traces) temporallog.Logger {
	const never = slog.LevelError + 1 // the SDK logs nothing above an error
	handler := zapslog.NewHandler(log.Core(), zapslog.WithName("temporal"), zapslog.AddStacktraceAt(never))
	return temporallog.NewStructuredLogger(slog.New(sdkLog{Handler: handler, known: traces.known()}))
}

// sdkLog rewrites the SDK's lines. A failed attempt at an activity, which the SDK logs
// as an error, becomes a warning: all activities are retried until they are done. If
// an undo takes too long, its saga logs an error. sdkLog adds the trace where the SDK
// leaves it out.
type sdkLog struct {
	slog.Handler
	known    *workflowTraces
	workflow string // the workflow of all lines, "" if there is none
	traced   bool   // all lines have their trace
}

// attemptFailed is the SDK's message.
const attemptFailed = "Activity error."

// Handle implements slog.Handler.
func (l sdkLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == attemptFailed {
		r.Level = min(r.Level, slog.LevelWarn)
	}
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	said, attrs := l.reword(attrs)
	if trace, known := l.known.of(said.workflow); known && !said.traced {
		attrs = append(attrs, slog.String(traceField, trace.String()))
	}
	reworded := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	reworded.AddAttrs(attrs...)
	return l.Handler.Handle(ctx, reworded)
}

// WithAttrs implements slog.Handler.
func (l sdkLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	said, attrs := l.reword(attrs)
	said.Handler = l.Handler.WithAttrs(attrs)
	return said
}

// WithGroup implements slog.Handler.
func (l sdkLog) WithGroup(name string) slog.Handler {
	l.Handler = l.Handler.WithGroup(name)
	return l
}

// reword renames attributes to the names in all our lines, and notes their values.
func (l sdkLog) reword(attrs []slog.Attr) (said sdkLog, reworded []slog.Attr) {
	for _, a := range attrs {
		switch a.Key {
		case "WorkflowID":
			l.workflow = a.Value.String()
		case "TraceID":
			l.traced = true
		}
		reworded = append(reworded, inOurWords(a)...)
	}
	return l, reworded
}

// traceField is the field name of a trace in all lines.
const traceField = "trace"

// inOurWords renames the SDK's attributes to the names in all our lines, so that one
// search finds an order. The id of an order's workflow is the id of the order.
func inOurWords(a slog.Attr) []slog.Attr {
	switch a.Key {
	case "WorkflowID":
		id := a.Value.String()
		attrs := []slog.Attr{slog.String("workflow", id)}
		if booking.KindOf(id) != "" {
			attrs = append(attrs, slog.String("order", id))
		}
		return attrs
	case "TraceID":
		return []slog.Attr{slog.String(traceField, a.Value.String())}
	case "SpanID":
		return []slog.Attr{slog.String("span", a.Value.String())}
	case "RunID":
		return []slog.Attr{slog.String("run", a.Value.String())}
	default:
		return []slog.Attr{a}
	}
}
