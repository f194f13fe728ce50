package app

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestIssuerTrouble: what everybody can ask for says that the issuer is away, and only
// the log, once each time, says why.
func TestIssuerTrouble(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.WarnLevel)
	const why = "fetch keys: dial tcp 10.0.0.9:443: connection refused"
	now := ""
	said := issuerTrouble(func() string { return now }, zap.New(core))
	require.Empty(t, said())
	for n := range 2 {
		now = why
		for range 3 {
			require.Equal(t, "the issuer of access tokens cannot be asked for its keys"+accessPage, said())
		}
		require.Len(t, logs.All(), n+1)
		require.Equal(t, why, logs.All()[n].ContextMap()["trouble"])
		now = ""
		require.Empty(t, said())
	}
}
