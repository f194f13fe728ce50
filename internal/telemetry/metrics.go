package telemetry

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// NewMetrics collects the metrics of the engine's client and workers, the workflows
// and the Go runtime.
func NewMetrics(version, revision string) (*prometheus.Registry, client.MetricsHandler, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(version, revision))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, nil, fmt.Errorf("metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter), metric.WithView(inSeconds))
	handler := opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("temporal"), UseMonotonicCounters: true,
	})
	return registry, handler, nil
}

// inSeconds gives histograms in seconds suitable buckets: the library's own are for
// milliseconds.
func inSeconds(i metric.Instrument) (metric.Stream, bool) {
	if i.Kind != metric.InstrumentKindHistogram || i.Unit != "s" {
		return metric.Stream{}, false
	}
	bounds := []float64{.0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}
	return metric.Stream{
		Name: i.Name, Description: i.Description, Unit: i.Unit,
		Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: bounds},
	}, true
}

// buildInfo is a metric that identifies this build.
func buildInfo(version, revision string) prometheus.Collector {
	if info, ok := debug.ReadBuildInfo(); ok {
		version = cmp.Or(version, info.Main.Version, "unknown")
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = cmp.Or(revision, s.Value)
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "yeyak_build_info", Help: "1; its labels name the build.",
		ConstLabels: prometheus.Labels{"version": version, "revision": cmp.Or(revision, "unknown"), "goversion": runtime.Version()},
	})
	g.Set(1)
	return g
}
