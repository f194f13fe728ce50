package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/visibility"
)

// TestParse_Operators: operators' commands need no settings beside `yeyak dev`, and
// use its data folder.
func TestParse_Operators(t *testing.T) {
	cli, err := parse(t, nil, "audit")
	require.NoError(t, err)
	require.Equal(t, ".yeyak", cli.Audit.Settings().Dev.DataDir)
	require.Empty(t, cli.Audit.Settings().Databases.Resolved().Payments)
	require.Equal(t, 15*time.Second, cli.Audit.Moment)
	cli, err = parse(t, nil, "settle")
	require.NoError(t, err)
	require.Equal(t, ".yeyak", cli.Settle.Settings().Dev.DataDir)
	require.Equal(t, 30*time.Second, cli.Settle.Wait)
	require.Equal(t, booking.SystemID, cli.Settle.As.ID)

	cli, err = parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_AUDIT_MOMENT": "1m", "YEYAK_DATA_DIR": "other"}, "audit")
	require.NoError(t, err)
	require.Equal(t, config.URL(someDatabase), cli.Audit.Settings().Databases.Resolved().Mypage)
	require.Equal(t, "other", cli.Audit.Settings().Dev.DataDir)
	require.Equal(t, time.Minute, cli.Audit.Moment)
}

func TestParse_OperatorsMistakes(t *testing.T) {
	_, err := parse(t, map[string]string{"YEYAK_DATA_DIR": "", "DATABASE_URL": "mysql://x"}, "audit", "--moment=0s")
	require.Error(t, err)
	require.Equal(t, []string{
		`--data-dir (YEYAK_DATA_DIR) is empty: want a folder`,
		`--database-url (DATABASE_URL) is "mysql://x": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
		`--moment (YEYAK_AUDIT_MOMENT) is "0s": want a duration above 0s and up to 1h, such as 2s`,
	}, strings.Split(err.Error(), "\n"))
	_, err = parse(t, nil, "settle", "--as=no one")
	require.EqualError(t, err, `--as (YEYAK_AS) is "no one": want the id of a caller, such as 1024`)
	_, err = parse(t, nil, "settle", "--wait=2h")
	require.EqualError(t, err, `--wait (YEYAK_SETTLE_WAIT) is "2h0m0s": want a duration above 0s and up to 1h, such as 2s`)
}

// TestCommands_EverySettingIsForOperators: every setting is in the operators' table
// of settings, and their number stays small enough to know them all.
func TestCommands_EverySettingIsForOperators(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations/deploy.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "\n## Settings\n")
	require.True(t, found)
	parser, err := kong.New(new(commands), kong.Vars{"queues": "", "shutdown_grace": "20s", "drain_delay": "5s", "version": ""})
	require.NoError(t, err)
	offered := map[string]bool{}
	for _, node := range parser.Model.Children {
		if node.Name != "api" && node.Name != "worker" {
			continue
		}
		for _, flag := range slices.Concat(node.AllFlags(true)...) {
			if flag.Name != "help" {
				offered[flag.Name] = true
				require.Contains(t, table, "`--"+flag.Name+"`", node.Name)
			}
		}
	}
	for _, named := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(table, -1) {
		require.True(t, offered[named[1]], "there is no --%s", named[1])
	}
	// The 41st is a secret that another system makes. The 42nd is whether there are
	// pages, and their client id at the issuer. The 43rd is how often an audit may use
	// the databases. The 44th is where Temporal's web UI is. None of these can be a constant.
	require.LessOrEqual(t, len(offered), 44, "a setting is there when an operator will turn it; what is not is a constant")
}

// TestParse_Audits: workers and `yeyak dev` run audits; an API does not.
func TestParse_Audits(t *testing.T) {
	cli, err := parse(t, map[string]string{"DATABASE_URL": someDatabase, "YEYAK_AUDIT_EVERY": "24h"}, "worker", "--payments=sandbox")
	require.NoError(t, err)
	require.Equal(t, config.Audits{Every: 24 * time.Hour, Run: true}, cli.Worker.Settings().Audits)
	cli, err = parse(t, nil, "dev")
	require.NoError(t, err)
	require.Equal(t, config.Audits{Every: 6 * time.Hour, Run: true}, cli.Dev.Settings().Audits)
	cli, err = parse(t, nil, "dev", "--audit-every=0")
	require.NoError(t, err)
	require.Zero(t, cli.Dev.Settings().Audits.Every)
	for _, wrong := range []string{"5m", "-1h", "721h"} {
		_, err = parse(t, nil, "dev", "--audit-every="+wrong)
		require.ErrorContains(t, err, "want 0s, or a duration from 10m to 720h")
	}
	require.Zero(t, config.API{}.Settings().Audits)
}

func TestParse_Visibility(t *testing.T) {
	const database = "postgres://temporal@db.example:5432/temporal_visibility"
	cli, err := parse(t, map[string]string{"TEMPORAL_VISIBILITY_DATABASE_URL": database}, "visibility")
	require.NoError(t, err)
	require.Equal(t, config.Visibility{
		Log: cli.Visibility.Log, As: config.As{ID: booking.SystemID}, Database: database, Indexes: visibility.Lean, Wait: time.Hour,
	}, cli.Visibility)

	_, err = parse(t, map[string]string{"DATABASE_URL": someDatabase}, "visibility", "--indexes=thin", "--wait=0s")
	require.Error(t, err)
	require.Equal(t, []string{
		`--database-url (TEMPORAL_VISIBILITY_DATABASE_URL) is empty: want postgres://user:password@host:port/database`,
		`--indexes (YEYAK_VISIBILITY_INDEXES) is "thin": want one of lean, stock`,
		`--wait (YEYAK_VISIBILITY_WAIT) is "0s": want a duration above 0s and up to 24h, such as 2s`,
	}, strings.Split(err.Error(), "\n"))
	_, err = parse(t, nil, "visibility", "--database-url=sqlite://visibility.db")
	require.ErrorContains(t, err, "want postgres://user:password@host:port/database")
}
