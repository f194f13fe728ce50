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
	defaults := config.Admission{Limits: admission.Limits{
		MaxWrites: 512, MaxStarts: 16, MaxReads: 256, MaxWaiting: 512, MaxWait: 500 * time.Millisecond, MaxStreams: 256, MaxWaitingCalls: 1000,
	}}
	cli, err := parse(t, nil, "dev")
	require.NoError(t, err)
	require.Equal(t, defaults, cli.Dev.Settings().Admission)
	cli, err = parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox"}, "api")
	require.NoError(t, err)
	require.Equal(t, defaults, cli.API.Settings().Admission)

	cli, err = parse(t, map[string]string{
		"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "YEYAK_MAX_WRITES": "1", "YEYAK_MAX_WAIT": "2s", "YEYAK_MAX_STREAMS": "7",
	}, "api", "--max-starts=4", "--max-reads=2", "--max-waiting=3", "--max-waiting-calls=0")
	require.NoError(t, err)
	require.Equal(t, admission.Limits{MaxWrites: 1, MaxStarts: 4, MaxReads: 2, MaxWaiting: 3, MaxWait: 2 * time.Second, MaxStreams: 7},
		cli.API.Settings().Admission.Limits)
}

func TestParse_AdmissionMistakes(t *testing.T) {
	_, err := parse(t, map[string]string{
		"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "YEYAK_MAX_WRITES": "0", "YEYAK_MAX_READS": "many", "YEYAK_MAX_WAIT": "2m",
	}, "api", "--max-starts=0", "--max-waiting=-1", "--max-streams=0", "--max-waiting-calls=-1")
	require.Error(t, err)
	require.Equal(t, []string{
		`--max-reads (YEYAK_MAX_READS) is "many": want a whole number`,
		`--max-starts (YEYAK_MAX_STARTS) is "0": want a whole number from 1 to 100000`,
		`--max-streams (YEYAK_MAX_STREAMS) is "0": want a whole number from 1 to 100000`,
		`--max-wait (YEYAK_MAX_WAIT) is "2m0s": want a duration above 0s and up to 1m, such as 2s`,
		`--max-waiting (YEYAK_MAX_WAITING) is "-1": want a whole number from 1 to 100000`,
		`--max-waiting-calls (YEYAK_MAX_WAITING_CALLS) is "-1": want a whole number from 0 to 1000000`,
		`--max-writes (YEYAK_MAX_WRITES) is "0": want a whole number from 1 to 100000`,
	}, strings.Split(err.Error(), "\n"))
}
