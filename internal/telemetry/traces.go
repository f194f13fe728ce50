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

// Traces makes the spans of this process and sends them to a collector. nil
// makes none: nothing is put into the way of requests, steps and statements.
type Traces struct {
	*sdktrace.TracerProvider
	workflows workflowTraces
}

// NewTraces makes the traces of a service, nil when the settings name no
// collector. It does not connect yet: a collector that is away costs spans and
// nothing else.
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
	// The library tells of failures in one place for the whole process only.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", zap.Error(err)) }))
	// Which requests are traced is OTEL_TRACES_SAMPLER's to say; without it all are.
	return &Traces{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))}, nil
}

// Provider is nil when no traces are made, for those who ask whether they are.
func (t *Traces) Provider() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.TracerProvider
}

// Interceptors carry a trace from the request into the workflow and on into its
// steps, in the headers of commands. A client's are its workers' as well.
func (t *Traces) Interceptors() ([]interceptor.ClientInterceptor, error) {
	if t == nil {
		return nil, nil
	}
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.Tracer("temporal"), SpanStarter: t.startSpan,
		DisableBaggage:          true, // a request's baggage would be kept in histories
		AllowInvalidParentSpans: true, // a header that cannot be read is no reason to fail an order
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

// known are the traces of the workflows that this process works on.
func (t *Traces) known() *workflowTraces {
	if t == nil {
		return nil
	}
	return &t.workflows
}

// sendLast is how long the last spans may take to be sent.
const sendLast = 3 * time.Second

// Stop sends what has not been sent yet. It has time of its own: that of the
// shutdown may be used up, and how it went is then what one wants to see.
func (t *Traces) Stop(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLast)
	defer cancel()
	_ = t.Shutdown(ctx)
}
