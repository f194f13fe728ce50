package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/telemetry"
)

// Prepare makes sure that the namespace of Temporal's own settings exists, with the
// search attributes of orders. It waits up to `wait` for an engine that is starting.
func Prepare(ctx context.Context, wait time.Duration, log *zap.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	options, err := temporalSettings()
	if err != nil {
		return err
	}
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	options.Logger = telemetry.TemporalLogger(zap.NewNop(), nil) // failures are retried
	c, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("temporal client: %w", err)
	}
	defer c.Close()
	for {
		_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
		if err == nil {
			break
		}
		log.Info("waiting for Temporal", zap.String("address", options.HostPort), zap.Error(err))
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Temporal server at %s did not answer within %s: %w", options.HostPort, wait, err)
		case <-time.After(reconnectEvery):
		}
	}
	if err := PrepareNamespace(ctx, c, options.Namespace); err != nil {
		return err
	}
	log.Info("namespace is prepared", zap.String("namespace", options.Namespace))
	return nil
}
