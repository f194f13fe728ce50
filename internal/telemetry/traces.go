package telemetry

import (
	"context"
	"fmt"
	neturl "net/url"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
)

// Traces makes the spans of this process and sends them to a collector. A nil Traces
// makes none, and adds nothing to requests, steps and statements.
type Traces struct {
	*sdktrace.TracerProvider
	workflows workflowTraces
}

// NewTraces makes the traces of a service, nil if the settings name no collector. It
// does not connect yet: a collector that is down costs spans and nothing else.
func NewTraces(ctx context.Context, cfg config.Traces, service string, log *zap.Logger) (*Traces, error) {
	if !cfg.On() {
		return nil, nil
	}
	url, err := neturl.JoinPath(string(cfg.Endpoint), "v1", "traces")
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	described, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", service)),
		resource.WithHost(), resource.WithProcessPID(), resource.WithTelemetrySDK(),
		resource.WithFromEnv(), // OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES
	)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// The library reports failures in one place per process only.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", zap.Error(err)) }))
	// OTEL_TRACES_SAMPLER decides which requests are traced; without it all are.
	return &Traces{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))}, nil
}

// Provider returns nil if no traces are made, for callers that check for that.
func (t *Traces) Provider() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.TracerProvider
}

// Interceptors propagate a trace from the request to the workflow and to its steps, in
// the headers of commands. Those of a client are those of its workers as well.
func (t *Traces) Interceptors() ([]interceptor.ClientInterceptor, error) {
	if t == nil {
		return nil, nil
	}
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.Tracer("temporal"), SpanStarter: t.startSpan,
		DisableBaggage:          true, // otherwise histories would keep a request's baggage
		AllowInvalidParentSpans: true, // a header that cannot be read must not fail an order
	})
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return []interceptor.ClientInterceptor{tracing}, nil
}

func (t *Traces) startSpan(ctx context.Context, tracer trace.Tracer, name string, opts ...trace.SpanStartOption) trace.Span {
	_, span := tracer.Start(ctx, name, opts...)
	return t.workflows.watched(span, name)
}

// known returns the traces of the workflows in this process.
func (t *Traces) known() *workflowTraces {
	if t == nil {
		return nil
	}
	return &t.workflows
}

// sendLast bounds the sending of the last spans.
const sendLast = 3 * time.Second

// Stop sends the remaining spans. It has a time limit of its own: the shutdown's may
// be used up, and then the spans of the shutdown are of interest.
func (t *Traces) Stop(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLast)
	defer cancel()
	_ = t.Shutdown(ctx)
}
