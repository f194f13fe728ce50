package app

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestIssuerFailure: the public status says that the issuer is away; only the log says
// why, once per failure.
func TestIssuerFailure(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.WarnLevel)
	const why = "fetch keys: dial tcp 10.0.0.9:443: connection refused"
	now := ""
	said := issuerFailure(func() string { return now }, zap.New(core))
	require.Empty(t, said())
	for n := range 2 {
		now = why
		for range 3 {
			require.Equal(t, "the keys of the issuer of access tokens cannot be fetched"+accessPage, said())
		}
		require.Len(t, logs.All(), n+1)
		require.Equal(t, why, logs.All()[n].ContextMap()["problem"])
		now = ""
		require.Empty(t, said())
	}
}
