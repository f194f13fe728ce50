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
