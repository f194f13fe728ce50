package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseUI(t *testing.T) {
	t.Parallel()
	o, err := parseUI([]string{"--port", "8000", "--temporal-address", "10.0.0.1:7233"})
	require.NoError(t, err)
	require.Equal(t, uiOptions{ip: "127.0.0.1", port: 8000, frontend: "10.0.0.1:7233"}, o)
	_, err = parseUI(nil)
	require.ErrorContains(t, err, `--temporal-address "": want host:port`)
	_, err = parseUI([]string{"--temporal-address", "a:1", "start"})
	require.ErrorContains(t, err, `unexpected argument "start"`)
}

// TestUI_Named: on loopback the web UI has its own names, on other addresses any.
func TestUI_Named(t *testing.T) {
	t.Parallel()
	local := uiOptions{ip: "127.0.0.1", port: 8233}
	for _, host := range []string{"127.0.0.1:8233", "localhost:9000", "[::1]:8233", "localhost"} {
		require.True(t, local.named(host), host)
	}
	for _, host := range []string{"evil.example", "evil.example:8233", "127.0.0.1.evil.example:8233", "localhost:8233.evil.example", ""} {
		require.False(t, local.named(host), host)
		require.True(t, uiOptions{ip: "0.0.0.0", port: 8233}.named(host), host)
	}
}
