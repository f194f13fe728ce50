package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/internal/config"
)

func TestParse_Payments(t *testing.T) {
	cli, err := parse(t, nil, "dev")
	require.NoError(t, err)
	require.False(t, cli.Dev.Settings().Payments.Stripe())
	require.Equal(t, config.URL(config.DefaultStripeURL), cli.Dev.Settings().Payments.StripeURL)

	env := map[string]string{"STRIPE_SECRET_KEY": "sk_s3cret", "DATABASE_URL": someDatabase, "YEYAK_AUTH": "off"}
	cli, err = parse(t, env, "worker", "--stripe-url=http://127.0.0.1:8091")
	require.NoError(t, err)
	require.True(t, cli.Worker.Settings().Payments.Stripe())
	require.Equal(t, config.Secret("sk_s3cret"), cli.Worker.Settings().Payments.StripeKey)
	for _, command := range []string{"api", "audit"} {
		cli, err = parse(t, env, command, "--payments=stripe")
		require.NoError(t, err)
		require.True(t, cli.API.Settings().Payments.Stripe() || cli.Audit.Settings().Payments.Stripe())
	}
	cli, err = parse(t, env, "dev", "--payments=sandbox")
	require.NoError(t, err)
	require.False(t, cli.Dev.Settings().Payments.Stripe())
}

// TestParse_Notices: processes that serve the API check the secrets; several can be valid at once.
func TestParse_Notices(t *testing.T) {
	env := map[string]string{"STRIPE_SECRET_KEY": "sk_s3cret", "DATABASE_URL": someDatabase, "YEYAK_AUTH": "off", "STRIPE_WEBHOOK_SECRETS": "whsec_old,whsec_new"}
	for _, command := range []string{"api", "dev"} {
		cli, err := parse(t, env, command)
		require.NoError(t, err)
		for _, c := range []config.Config{cli.API.Settings(), cli.Dev.Settings()} {
			require.Equal(t, []string{"whsec_old", "whsec_new"}, c.Notices.Secrets())
		}
	}
	cli, err := parse(t, nil, "dev")
	require.NoError(t, err)
	require.Empty(t, cli.Dev.Settings().Notices.Secrets())
	_, err = parse(t, env, "worker")
	require.NoError(t, err, "what is for the API is none of its business")
}

// TestParse_NoPaymentsByMistake: without a key only `yeyak dev` accepts orders, unless
// the sandbox is named.
func TestParse_NoPaymentsByMistake(t *testing.T) {
	const unnamed = `--payments (YEYAK_PAYMENTS) is "auto": want stripe with a secret key (STRIPE_SECRET_KEY), or sandbox, which charges nobody`
	env := map[string]string{"DATABASE_URL": someDatabase, "YEYAK_AUTH": "off"}
	for _, command := range []string{"api", "worker"} {
		_, err := parse(t, env, command)
		require.EqualError(t, err, unnamed)
		_, err = parse(t, env, command, "--payments=sandbox")
		require.NoError(t, err)
		_, err = parse(t, env, command, "--serve=sagas,inventory")
		require.NoError(t, err, "it charges no customer")
	}
}

func TestParse_PaymentsMistakes(t *testing.T) {
	const noKey = `--stripe-secret-key (STRIPE_SECRET_KEY) is empty: want the secret key, since --payments is stripe; or --payments=sandbox`
	for name, tt := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"NoKey":     {nil, []string{"dev", "--payments=stripe"}, noKey},
		"URLOnly":   {map[string]string{"STRIPE_URL": "http://127.0.0.1:8091"}, []string{"dev"}, noKey},
		"Unknown":   {nil, []string{"dev", "--payments=cash"}, `--payments (YEYAK_PAYMENTS) is "cash": want one of auto, sandbox, stripe`},
		"SpacedKey": {map[string]string{"STRIPE_SECRET_KEY": "sk_s3cret "}, []string{"dev"}, `--stripe-secret-key (STRIPE_SECRET_KEY) is (not shown): want a key without spaces around it`},
		"NoWebhookSecret": {map[string]string{"STRIPE_WEBHOOK_SECRETS": "whsec_1,sk_s3cret"}, []string{"dev"},
			`--stripe-webhook-secrets (STRIPE_WEBHOOK_SECRETS) is (not shown): want secrets of Stripe's webhooks, whsec_…, with a comma between them and no spaces`},
		"SpacedWebhookSecret": {map[string]string{"STRIPE_WEBHOOK_SECRETS": "whsec_s3cret, whsec_2"}, []string{"dev"},
			`--stripe-webhook-secrets (STRIPE_WEBHOOK_SECRETS) is (not shown): want secrets of Stripe's webhooks, whsec_…, with a comma between them and no spaces`},
		"NoURL": {map[string]string{"STRIPE_SECRET_KEY": "sk_s3cret"}, []string{"dev", "--stripe-url=api.stripe.com"},
			`--stripe-url (STRIPE_URL) is (not shown): want a URL without a path, such as https://api.stripe.com`},
		"URLWithPath": {map[string]string{"STRIPE_SECRET_KEY": "sk_s3cret"}, []string{"dev", "--stripe-url=https://x/v1"},
			`--stripe-url (STRIPE_URL) is "https://x/v1": want a URL without a path, such as https://api.stripe.com`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, tt.env, tt.args...)
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestConfig_SecretKeyIsNotShown(t *testing.T) {
	cli, err := parse(t, map[string]string{"STRIPE_SECRET_KEY": "sk_s3cret", "STRIPE_WEBHOOK_SECRETS": "whsec_s3cret"}, "dev")
	require.NoError(t, err)
	c := cli.Dev.Settings()
	core, logs := observer.New(zapcore.InfoLevel)
	zap.New(core).Info("settings", zap.Object("settings", c))
	logged, err := json.Marshal(logs.All()[0].ContextMap())
	require.NoError(t, err)
	marshalled, err := json.Marshal(c)
	require.NoError(t, err)
	require.NotContains(t, string(logged)+string(marshalled)+fmt.Sprintf("%v %+v %#v %s", c, c, c, c.Payments.StripeKey), "s3cret")
	require.Contains(t, string(logged), `"stripe-secret-key":"(not shown)"`)
	require.Contains(t, string(logged), `"stripe-webhook-secrets":["(not shown)"]`)
	require.Empty(t, config.Secret("").String())
}

func TestParse_SandboxPayments(t *testing.T) {
	cli, err := parse(t, nil, "sandbox-payments")
	require.NoError(t, err)
	c := cli.SandboxPayments
	require.Equal(t, []time.Duration{400 * time.Millisecond, 620 * time.Millisecond}, []time.Duration{c.Latency, c.LatencyUpTo})
	require.Zero(t, c.Capacity)

	cli, err = parse(t, map[string]string{"YEYAK_SANDBOX_CAPACITY": "20", "YEYAK_SANDBOX_QUEUE": "true"}, "sandbox-payments", "--latency=1s", "--down")
	require.NoError(t, err)
	c = cli.SandboxPayments
	require.Equal(t, 20, c.Capacity)
	require.True(t, c.Queue && c.Down)

	_, err = parse(t, map[string]string{"SANDBOX_DATABASE_URL": "mysql://u:s3cret@x/y", "YEYAK_SANDBOX_LISTEN": "8090"},
		"sandbox-payments", "--latency=2h", "--latency-up-to=-1s", "--capacity=-1", "--refuse-percent=101")
	require.Error(t, err)
	require.Equal(t, []string{
		`--capacity (YEYAK_SANDBOX_CAPACITY) is "-1": want a whole number from 0 to 1000000`,
		`--latency (YEYAK_SANDBOX_LATENCY) is "2h0m0s": want a duration from 0s to 1h`,
		`--latency-up-to (YEYAK_SANDBOX_LATENCY_UP_TO) is "-1s": want a duration from 0s to 1h`,
		`--refuse-percent (YEYAK_SANDBOX_REFUSE_PERCENT) is "101": want a whole number from 0 to 100`,
		`--sandbox-database-url (SANDBOX_DATABASE_URL) is "mysql://u:xxxxx@x/y": want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
		`--sandbox-listen (YEYAK_SANDBOX_LISTEN) is "8090": want an address and a port, such as 127.0.0.1:8091`,
	}, strings.Split(err.Error(), "\n"))
}
