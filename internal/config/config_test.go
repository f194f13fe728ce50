package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workflows/contract"
)

type commands struct {
	Dev     config.Dev        `cmd:""`
	API     config.API        `cmd:""`
	Worker  config.WorkerOnly `cmd:""`
	Migrate config.Migrate    `cmd:""`
	Audit   config.Audit      `cmd:""`
	Settle  config.Settle     `cmd:""`

	Visibility      config.Visibility      `cmd:""`
	SandboxPayments config.SandboxPayments `cmd:""`
}

// parse runs in an environment without the settings that the tests themselves are
// run with. It changes the environment, so its tests are not parallel.
func parse(t *testing.T, env map[string]string, args ...string) (commands, error) {
	t.Helper()
	clearEnvironment(t)
	for name, value := range env {
		t.Setenv(name, value)
	}
	var cli commands
	parser, err := config.New(&cli)
	require.NoError(t, err)
	_, err = parser.Parse(args)
	return cli, err
}

func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "YEYAK_") || strings.HasPrefix(name, "STRIPE_") || strings.HasSuffix(name, "DATABASE_URL") {
			t.Setenv(name, "") // t.Setenv restores it after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

const someDatabase = "postgres://yeyak:s3cret@db.example:5432/yeyak?sslmode=disable"

func TestParse_Defaults(t *testing.T) {
	cli, err := parse(t, nil, "dev")
	require.NoError(t, err)
	c := cli.Dev.Settings()
	require.Equal(t, config.HTTP{Listen: "127.0.0.1:8080", TrustedProxies: []string{"127.0.0.0/8", "::1/128"}}, c.HTTP)
	require.Equal(t, config.DevServer{DataDir: ".yeyak", TemporalPort: 7233, UIPort: 8233}, c.Dev)
	policy, err := json.Marshal(c.Policy())
	require.NoError(t, err)
	require.JSONEq(t, `{
		"inPlace": true, "attentionAfter": "5m", "payWithin": "30m", "handOverWithin": "30m", "reserveWithin": "24h",
		"deliverWithin": "2h", "serveWithin": "1h", "serveAfterDay": "3h", "assignWithin": "2h", "cleanWithin": "24h", "confirmPaymentWithin": "15m"
	}`, string(policy), "as operators see it")
	require.Equal(t, c.Policy(), contract.Policy{InPlace: true, PayWithin: booking.Duration(30 * time.Minute)}.WithDefaults(),
		"a time that an order's input lacks is the default of its setting")
	require.Equal(t, 2*time.Second, c.Orders.ReplyBudget)
	require.Equal(t, 5*time.Second, c.Process.ShutdownGrace, "after Ctrl-C a person waits")
	require.Zero(t, c.HTTP.DrainDelay, "no proxy is in front of dev")
	require.Equal(t, contract.Queues(), c.Worker.Serve)
	require.Equal(t, zapcore.InfoLevel, c.Log.ZapLevel())
	require.True(t, c.Sandbox.Control, "dev offers the sandbox's switchboard")
	require.Empty(t, c.Databases.Resolved().Payments, "dev keeps its data in files")
}

func TestParse_FlagsAndEnvironment(t *testing.T) {
	cli, err := parse(t, map[string]string{
		"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "MYPAGE_DATABASE_URL": "sqlite://pages.db",
		"YEYAK_AUTH_ISSUER":       "https://id.example.com",
		"FULFILMENT_DATABASE_URL": "sqlite://jobs.db",
		"YEYAK_LISTEN":            ":9000", "YEYAK_ATTENTION_AFTER": "1m", "YEYAK_SERVE": "sagas,payments",
	}, "api", "--listen=127.0.0.1:9001", "--reply-budget=500ms")
	require.NoError(t, err)
	c := cli.API.Settings()
	require.Equal(t, "127.0.0.1:9001", c.HTTP.Listen, "a flag goes before its variable")
	require.Equal(t, 500*time.Millisecond, c.Orders.ReplyBudget)
	require.Equal(t, booking.Duration(time.Minute), c.Policy().AttentionAfter)
	require.Equal(t, []string{"sagas", "payments"}, c.Worker.Serve)
	require.False(t, c.Sandbox.Control, "an API that accepts orders does not offer it")
	databases := c.Databases.Resolved()
	require.Equal(t, config.URL(someDatabase), databases.Inventory)
	require.Equal(t, config.URL(someDatabase), databases.Management)
	require.Equal(t, config.URL("sqlite://jobs.db"), databases.Fulfilment)
	require.Equal(t, config.URL("sqlite://pages.db"), databases.Mypage)
}

func TestParse_EveryMistakeAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		args []string
		want []string
	}{
		"Dev": {
			env: map[string]string{
				"YEYAK_REPLY_BUDGET": "fast", "YEYAK_TEMPORAL_PORT": "http", "YEYAK_LOG_LEVEL": "loud",
				"YEYAK_VERSIONING": "perhaps", "DATABASE_URL": "mysql://root:s3cret@db/x", "YEYAK_DATA_DIR": "",
			},
			args: []string{"dev", "--requests-per-second=-1", "--mypage-feed=sideways", "--listen=8080", "--serve=sagas,kitchen", "--ui-port=70000"},
			want: []string{
				`--data-dir (YEYAK_DATA_DIR) is empty: want a folder`,
				`--database-url (DATABASE_URL) is "mysql://root:xxxxx@db/x": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
				`--listen (YEYAK_LISTEN) is "8080": want an address and a port, such as 127.0.0.1:8080`,
				`--log-level (YEYAK_LOG_LEVEL) is "loud": want one of debug, info, warn, error`,
				`--mypage-feed (MYPAGE_FEED) is "sideways": want one of push, query`,
				`--reply-budget (YEYAK_REPLY_BUDGET) is "fast": want a duration such as 2s or 5m`,
				`--requests-per-second (YEYAK_REQUESTS_PER_SECOND) is "-1": want a whole number from 0 to 10000`,
				`--serve (YEYAK_SERVE) is "sagas,kitchen": want a list of ` + strings.Join(contract.Queues(), ", "),
				`--temporal-port (YEYAK_TEMPORAL_PORT) is "http": want a whole number`,
				`--ui-port (YEYAK_UI_PORT) is "70000": want a whole number from 0 to 65535`,
				`--versioning (YEYAK_VERSIONING) is "perhaps": want true or false`,
			},
		},
		"OutOfRange": {
			env:  map[string]string{"YEYAK_REPLY_BUDGET": "61s", "YEYAK_ATTENTION_AFTER": "-1s", "YEYAK_UI_PORT": "7233"},
			args: []string{"dev", "--serve-after-day=25h", "--hand-over-within=0s"},
			want: []string{
				`--attention-after (YEYAK_ATTENTION_AFTER) is "-1s": want a duration above 0s and up to 24h, such as 2s`,
				`--hand-over-within (YEYAK_HAND_OVER_WITHIN) is "0s": want a duration above 0s and up to 12h, such as 2s`,
				`--reply-budget (YEYAK_REPLY_BUDGET) is "1m1s": want a duration above 0s and up to 1m, such as 2s`,
				`--serve-after-day (YEYAK_SERVE_AFTER_DAY) is "25h0m0s": want a duration above 0s and up to 24h, such as 2s`,
				`--ui-port (YEYAK_UI_PORT) is "7233": want another port than --temporal-port (YEYAK_TEMPORAL_PORT)`,
			},
		},
		"PortsThatMeet": {
			env:  map[string]string{"YEYAK_LISTEN": ":9001", "YEYAK_TEMPORAL_PORT": "9001", "YEYAK_UI_PORT": "9001"},
			args: []string{"dev"},
			want: []string{
				`--listen (YEYAK_LISTEN) is ":9001": want another port than --temporal-port (YEYAK_TEMPORAL_PORT)`,
				`--ui-port (YEYAK_UI_PORT) is "9001": want another port than --temporal-port (YEYAK_TEMPORAL_PORT)`,
			},
		},
		"DatabasesThatCannotBeOpened": {
			env: map[string]string{
				"DATABASE_URL":               "sqlite:///var/yeyak.db?mode=ro",
				"PAYMENTS_DATABASE_URL":      "postgres://db.example/pay?user=u&password=s3cret",
				"INVENTORY_DATABASE_URL":     "postgres://u:s3cret@db.example/stock?sslmode=prefer",
				"NOTIFICATIONS_DATABASE_URL": "postgres://u:s3cret@db.example",
				"MANAGEMENT_DATABASE_URL":    "mysql://u:s3cret@db.example/calls",
				"FULFILMENT_DATABASE_URL":    "sqlite://jobs.db?mode=ro",
				"MYPAGE_DATABASE_URL":        "sqlite://",
			},
			args: []string{"migrate"},
			want: []string{
				`--database-url (DATABASE_URL) is "sqlite:///var/yeyak.db?mode=ro": want sqlite://path/to/file.db, which takes no parameters`,
				`--fulfilment-database-url (FULFILMENT_DATABASE_URL) is "sqlite://jobs.db?mode=ro": want sqlite://path/to/file.db, which takes no parameters`,
				`--inventory-database-url (INVENTORY_DATABASE_URL) is "postgres://u:xxxxx@db.example/stock?sslmode=prefer": want sslmode=verify-full, or sslmode=disable`,
				`--management-database-url (MANAGEMENT_DATABASE_URL) is "mysql://u:xxxxx@db.example/calls": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
				`--mypage-database-url (MYPAGE_DATABASE_URL) is "sqlite:": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
				`--notifications-database-url (NOTIFICATIONS_DATABASE_URL) is "postgres://u:xxxxx@db.example": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
				`--payments-database-url (PAYMENTS_DATABASE_URL) is "postgres://db.example/pay?password=xxxxx&user=u": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
			},
		},
		"OnlyWhatTheCommandOffers": {
			env:  map[string]string{"YEYAK_REPLY_BUDGET": "fast", "YEYAK_LOG_FORMAT": "xml", "PAYMENTS_DATABASE_URL": "s3cret"},
			args: []string{"migrate"},
			want: []string{
				`--database-url (DATABASE_URL) is empty: want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
				`--log-format (YEYAK_LOG_FORMAT) is "xml": want one of console, json`,
				`--payments-database-url (PAYMENTS_DATABASE_URL) is (not shown): want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
			},
		},
		"UsageAndSettings": {
			env:  map[string]string{"YEYAK_SHUTDOWN_GRACE": "20"},
			args: []string{"worker", "--nonsense"},
			want: []string{
				`unknown flag --nonsense`,
				`--shutdown-grace (YEYAK_SHUTDOWN_GRACE) is "20": want a duration such as 2s or 5m`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, tt.env, tt.args...)
			require.Error(t, err)
			require.Equal(t, tt.want, strings.Split(err.Error(), "\n"))
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

// The dev server listens on 127.0.0.1 only.
func TestParse_PortsOfTheAPIAndTheDevServer(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:7233":        "another port than --temporal-port (YEYAK_TEMPORAL_PORT)",
		"localhost:7233":        "another port than --temporal-port (YEYAK_TEMPORAL_PORT)",
		"0.0.0.0:8233":          "another port than --ui-port (YEYAK_UI_PORT)",
		"[::]:8233":             "another port than --ui-port (YEYAK_UI_PORT)",
		":8233":                 "another port than --ui-port (YEYAK_UI_PORT)",
		"[::ffff:7f00:1]:8233":  "another port than --ui-port (YEYAK_UI_PORT)",
		"[::1]:7233":            "",
		"192.0.2.1:7233":        "",
		"yeyak.example.com:733": "",
		":8080":                 "",
		":0":                    "",
	} {
		t.Run(listen, func(t *testing.T) {
			_, err := parse(t, map[string]string{"YEYAK_LISTEN": listen}, "dev")
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, fmt.Sprintf("--listen (YEYAK_LISTEN) is %q: want %s", listen, want))
		})
	}
	_, err := parse(t, map[string]string{"YEYAK_TEMPORAL_PORT": "0", "YEYAK_UI_PORT": "0", "YEYAK_LISTEN": ":0"}, "dev")
	require.NoError(t, err, "0 uses a free one each time")
	_, err = parse(t, map[string]string{"YEYAK_LISTEN": ":7233", "DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox", "YEYAK_AUTH_ISSUER": "https://id.example.com"}, "api")
	require.NoError(t, err, "only dev runs a dev server")
}

func TestConfig_SecretsAreNotShown(t *testing.T) {
	cli, err := parse(t, map[string]string{
		"DATABASE_URL":           someDatabase,
		"PAYMENTS_DATABASE_URL":  "postgres://u@db.example/pay?password=s3cret&sslpassword=s3cret",
		"INVENTORY_DATABASE_URL": "postgresql://u:s3cret@db.example/stock",
	}, "dev")
	require.NoError(t, err)
	c := cli.Dev.Settings()

	core, logs := observer.New(zapcore.InfoLevel)
	zap.New(core).Info("settings", zap.Object("settings", c))
	logged, err := json.Marshal(logs.All()[0].ContextMap())
	require.NoError(t, err)
	marshalled, err := json.Marshal(c)
	require.NoError(t, err)
	for _, shown := range []string{
		string(logged), string(marshalled), fmt.Sprintf("%v %+v %#v %s", c, c, c, c.Databases.Front),
	} {
		require.NotContains(t, shown, "s3cret")
		require.Contains(t, shown, "db.example:5432", "where the database is may be read")
	}
	require.Contains(t, string(logged), `"reply-budget"`)
}
