// Package aws stands in for Amazon's SDK, which an archive of old histories and
// requests to a hosted Elasticsearch are made with. Neither can be configured.
package aws

import (
	"context"
	"errors"
)

// ErrLeftOut is what everything that would ask Amazon fails with.
var ErrLeftOut = errors.New("this server was built without Amazon's SDK: it keeps no archive there and signs no requests")

// What the server configures.
type (
	Config        struct{ Credentials CredentialsProvider }
	ClientLogMode uint64
	Credentials   struct{ AccessKeyID, SecretAccessKey, SessionToken string }

	CredentialsProvider interface {
		Retrieve(ctx context.Context) (Credentials, error)
	}
	Retryer interface {
		IsErrorRetryable(err error) bool
	}
)

// String is a pointer to the value.
func String(v string) *string { return &v }

// Int32 is a pointer to the value.
func Int32(v int32) *int32 { return &v }
