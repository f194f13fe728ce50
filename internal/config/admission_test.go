package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/config"
)

func TestParse_Admission(t *testing.T) {
	// Zero fields use the API's defaults.
	defaults := config.Admission{Limits: admission.Limits{MaxWait: 10 * time.Second, MaxWaitingCalls: 1000, PerSecond: 20}}
	cli, err := parse(t, nil, "dev")
	require.NoError(t, err)
	require.Equal(t, defaults, cli.Dev.Settings().Admission)
	cli, err = parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "YEYAK_AUTH": "off"}, "api")
	require.NoError(t, err)
	require.Equal(t, defaults, cli.API.Settings().Admission)

	cli, err = parse(t, map[string]string{
		"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "YEYAK_AUTH": "off", "YEYAK_MAX_WAIT": "3s",
	}, "api", "--requests-per-second=7", "--max-waiting-calls=0")
	require.NoError(t, err)
	require.Equal(t, admission.Limits{MaxWait: 3 * time.Second, PerSecond: 7}, cli.API.Settings().Admission.Limits)
}

func TestParse_AdmissionMistakes(t *testing.T) {
	_, err := parse(t, map[string]string{
		"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "YEYAK_AUTH": "off", "YEYAK_MAX_WAIT": "1m", "YEYAK_REQUESTS_PER_SECOND": "many",
	}, "api", "--max-waiting-calls=-1")
	require.Error(t, err)
	require.Equal(t, []string{
		`--max-wait (YEYAK_MAX_WAIT) is "1m0s": want a duration above 0s and up to 30s, such as 2s`,
		`--max-waiting-calls (YEYAK_MAX_WAITING_CALLS) is "-1": want a whole number from 0 to 1000000`,
		`--requests-per-second (YEYAK_REQUESTS_PER_SECOND) is "many": want a whole number`,
	}, strings.Split(err.Error(), "\n"))
}
