package app

import (
	"cmp"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"google.golang.org/grpc"

	"github.com/yeyak/yeyak/internal/telemetry"
	"github.com/yeyak/yeyak/workers"
)

// temporalSettings are Temporal's own (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …); "" if
// they are not set.
func temporalSettings() (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("settings of the Temporal client: %w", err)
	}
	return options, nil
}

// newClient makes a client of the engine that connects when it is first used: an API
// must be able to start, and to answer reads, while the engine is away. It uses
// Temporal's own settings; o has precedence. Its calls pass the interceptors.
//
// It also returns the client's namespace.
func newClient(o Options, metrics client.MetricsHandler, traces *telemetry.Traces, through ...grpc.UnaryClientInterceptor) (_ client.Client, namespace string, _ error) {
	options, err := temporalSettings()
	if err != nil {
		return nil, "", err
	}
	options.HostPort = cmp.Or(o.TemporalAddress, options.HostPort)
	options.Namespace = cmp.Or(o.Namespace, options.Namespace, client.DefaultNamespace)
	options.Logger = telemetry.TemporalLogger(o.Log, traces)
	options.MetricsHandler = metrics
	// Orders send little data to the engine: compression costs more than it saves.
	options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(append(through, workers.EmptyLargeUpdates)...), grpc.WithStatsHandler(sentCalls{}))
	if options.Interceptors, err = traces.Interceptors(); err != nil {
		return nil, "", err
	}
	if tune := o.Comparison.Client; tune != nil {
		tune(&options)
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, "", fmt.Errorf("temporal client: %w", err)
	}
	return c, options.Namespace, nil
}
