package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"github.com/yeyak/yeyak/internal/config"
)

// logged parses the settings and returns what a command would log of them.
func logged(t *testing.T, env map[string]string, args ...string) map[string]any {
	t.Helper()
	clearEnvironment(t)
	for name, value := range env {
		t.Setenv(name, value)
	}
	parser, err := config.New(new(commands))
	require.NoError(t, err)
	ctx, err := parser.Parse(args)
	require.NoError(t, err)
	fields := zapcore.NewMapObjectEncoder()
	_, err = ctx.Call(func(g config.NonDefault) error { return g.MarshalLogObject(fields) })
	require.NoError(t, err)
	return fields.Fields
}

func TestGiven(t *testing.T) {
	require.Equal(t, map[string]any{
		"database-url": "postgres://yeyak:xxxxx@db.example:5432/yeyak?sslmode=disable", "payments": "stripe", "stripe-secret-key": "(not shown)",
		"stripe-webhook-secrets": []any{"(not shown)", "(not shown)"},
		"reply-budget":           3 * time.Second, "requests-per-second": 1000, "serve": []string{"sagas"}, "versioning": true, "drain-delay": time.Duration(0),
		"auth-claims": []string{"id=preferred_username"}, "auth-issuer": "https://id.example.com",
	}, logged(t, map[string]string{
		"DATABASE_URL": someDatabase, "STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1,whsec_2", "YEYAK_REPLY_BUDGET": "3000ms", "YEYAK_REQUESTS_PER_SECOND": "1000",
		"YEYAK_SERVE": "sagas", "YEYAK_VERSIONING": "true", "YEYAK_LOG_LEVEL": "info", "YEYAK_PAY_WITHIN": "1800s",
		"YEYAK_AUTH_ISSUER": "https://id.example.com", "YEYAK_AUTH_CLAIMS": "id=preferred_username", "YEYAK_AUTH": "on",
	}, "api", "--payments=stripe", "--drain-delay=0s"))
}

// TestGiven_Defaults: a setting that is set to its default is not logged.
func TestGiven_Defaults(t *testing.T) {
	for _, command := range []string{"dev", "audit", "sandbox-payments"} {
		require.Empty(t, logged(t, nil, command), command)
	}
	needed := map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox"}
	require.Len(t, logged(t, needed, "worker"), len(needed))
	needed["YEYAK_AUTH"] = "off"
	require.Len(t, logged(t, needed, "api"), len(needed))
}
