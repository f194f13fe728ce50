package main

import (
	"flag"
	"fmt"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
)

// start runs all services until the process gets a signal to end. Without a file it reads the
// variables of the official image.
func start(args []string) error {
	flags := flag.NewFlagSet("start", flag.ContinueOnError)
	file := flags.String("config-file", "", "`file` of the configuration")
	if err := flags.Parse(args); err != nil {
		return err
	}
	source := config.WithEmbedded()
	if *file != "" {
		source = config.WithConfigFile(*file)
	}
	c, err := config.Load(source)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return serve(c, log.NewZapLogger(log.BuildZapLogger(c.Log)), temporal.InterruptOn(temporal.InterruptCh()))
}

// serve runs the server. With InterruptOn it returns once the server has ended.
func serve(c *config.Config, logger log.Logger, options ...temporal.ServerOption) error {
	s, err := newServer(c, logger, options...)
	if err != nil {
		return err
	}
	return s.Start()
}

func newServer(c *config.Config, logger log.Logger, options ...temporal.ServerOption) (temporal.Server, error) {
	authorizer, err := authorization.GetAuthorizerFromConfig(&c.Global.Authorization)
	if err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	claims, err := authorization.GetClaimMapperFromConfig(&c.Global.Authorization, logger)
	if err != nil {
		return nil, fmt.Errorf("claim mapper: %w", err)
	}
	audience, err := authorization.GetAudienceMapperFromConfig(&c.Global.Authorization)
	if err != nil {
		return nil, fmt.Errorf("audience mapper: %w", err)
	}
	// The server has workers of its own. Without this identifier the SDK reads this whole
	// program at each start, to compute a checksum: a fifth of a start's processor time.
	worker.SetBinaryChecksum("temporal-server-" + headers.ServerVersion)
	return temporal.NewServer(append([]temporal.ServerOption{
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(c),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorizer),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return claims }),
		temporal.WithAudienceGetter(func(*config.Config) authorization.JWTAudienceMapper { return audience }),
	}, options...)...)
}
