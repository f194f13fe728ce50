package app

import (
	"cmp"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// newClient makes a client to the engine that connects when it is first used:
// an API must be able to start, and to answer reads, while the engine is away.
// Its settings are Temporal's own (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …);
// what o names goes before.
func newClient(o Options, metrics client.MetricsHandler) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("settings of the Temporal client: %w", err)
	}
	options.HostPort = cmp.Or(o.TemporalAddress, options.HostPort)
	options.Namespace = cmp.Or(o.Namespace, options.Namespace)
	options.Logger = temporalLogger(o.Log)
	options.MetricsHandler = metrics
	// What an order sends to the engine is small: to compress it costs both sides
	// more than it saves on the wire.
	options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	if tune := o.Comparison.Client; tune != nil {
		tune(&options)
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("temporal client: %w", err)
	}
	return c, nil
}

// newMetrics collects what the engine's client and workers, and the Go
// runtime, measure.
func newMetrics() (*prometheus.Registry, client.MetricsHandler, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, nil, fmt.Errorf("metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter))
	return registry, opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{Meter: provider.Meter("temporal")}), nil
}
