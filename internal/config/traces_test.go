package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/config"
)

func TestParse_Traces(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	cli, err := parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox"}, "worker")
	require.NoError(t, err)
	require.False(t, cli.Worker.Settings().Traces.On())

	cli, err = parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "YEYAK_AUTH": "off"}, "api")
	require.NoError(t, err)
	require.Equal(t, config.Traces{Endpoint: "http://collector:4318"}, cli.API.Settings().Traces)

	_, err = parse(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "ftp://collector"}, "dev")
	require.EqualError(t, err, "--traces-endpoint (OTEL_EXPORTER_OTLP_ENDPOINT) is \"ftp://collector\": want http://host:4318 or https://host")
}
