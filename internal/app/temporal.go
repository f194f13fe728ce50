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

// temporalSettings are Temporal's own (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …).
// What they do not name is "".
func temporalSettings() (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("settings of the Temporal client: %w", err)
	}
	return options, nil
}

// newClient makes a client to the engine that connects when it is first used:
// an API must be able to start, and to answer reads, while the engine is away.
// Its settings are Temporal's own; what o names goes before. Its calls go through what
// is given.
//
// It returns the client's namespace as well.
func newClient(o Options, metrics client.MetricsHandler, traces *telemetry.Traces, through ...grpc.UnaryClientInterceptor) (_ client.Client, namespace string, _ error) {
	options, err := temporalSettings()
	if err != nil {
		return nil, "", err
	}
	options.HostPort = cmp.Or(o.TemporalAddress, options.HostPort)
	options.Namespace = cmp.Or(o.Namespace, options.Namespace, client.DefaultNamespace)
	options.Logger = telemetry.TemporalLogger(o.Log, traces)
	options.MetricsHandler = metrics
	// What an order sends to the engine is small: to compress it costs both sides
	// more than it saves on the wire.
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
