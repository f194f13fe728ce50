// Package config stands in for the settings of Amazon's clients. There are none.
package config

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// LoadOption is none.
type LoadOption struct{}

// EnvConfig is what the environment would say.
type EnvConfig struct{ Credentials aws.Credentials }

// LoadDefaultConfig fails.
func LoadDefaultConfig(context.Context, ...LoadOption) (aws.Config, error) {
	return aws.Config{}, aws.ErrLeftOut
}

// NewEnvConfig fails.
func NewEnvConfig() (EnvConfig, error) { return EnvConfig{}, aws.ErrLeftOut }

// WithRegion is none.
func WithRegion(string) LoadOption { return LoadOption{} }

// WithClientLogMode is none.
func WithClientLogMode(aws.ClientLogMode) LoadOption { return LoadOption{} }
