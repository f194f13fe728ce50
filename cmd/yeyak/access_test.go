package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

// unchanging are the commands that change nothing themselves: services, whose callers
// do, and commands that only read.
var unchanging = []string{
	"dev", "demo", "api", "worker", "marketing", "sandbox-payments", "actions", "status", "attention", "timeline", "token",
	"keys list", "healthcheck", "version",
}

// TestCommands_As: a command that changes something has a caller, the system by
// default.
func TestCommands_As(t *testing.T) {
	t.Parallel()
	vars := kong.Vars{"queues": "", "shutdown_grace": "20s", "drain_delay": "5s", "version": ""}
	parser, err := kong.New(new(commands), vars)
	require.NoError(t, err)
	var found []string
	for _, leaf := range parser.Model.Leaves(false) {
		name := strings.TrimSpace(leaf.FullPath()[len(parser.Model.Name):])
		name, _, _ = strings.Cut(name, " <")
		found = append(found, name)
		var as *kong.Flag
		for _, flag := range slices.Concat(leaf.AllFlags(false)...) {
			if flag.Name == "as" {
				as = flag
			}
		}
		if slices.Contains(unchanging, name) {
			require.Nil(t, as, name)
			continue
		}
		require.NotNil(t, as, "yeyak %s changes something, and has no caller", name)
		require.Equal(t, booking.SystemID, as.Default, name)
		require.Equal(t, []string{"YEYAK_AS"}, as.Envs, name)
	}
	require.Subset(t, found, unchanging)
	require.Subset(t, found, []string{"keys create", "keys revoke", "mypage rebuild", "settle", "migrate"})
}

// TestKeys_By: the callers that created and revoked a key are stored and listed.
func TestKeys_By(t *testing.T) {
	t.Parallel()
	where := config.Keys{
		Databases: config.Databases{Front: config.URL(pgtest.New(t))}.Resolved(),
		Log:       config.Log{Level: "info", Format: "console"},
	}
	require.NoError(t, app.Migrate(t.Context(), where.Settings(), zap.NewNop()))
	all := func() (keys []identity.Key) {
		require.NoError(t, app.OnKeys(t.Context(), app.Options{Config: where.Settings(), Log: zap.NewNop()}, func(k identity.Keys) (err error) {
			keys, err = k.AllKeys(t.Context())
			return err
		}))
		return keys
	}
	for _, by := range []string{"1027", booking.SystemID} {
		creation := config.KeyCreation{Keys: where, As: config.As{ID: by}, Lives: time.Hour}
		require.NoError(t, createKey{creation, "till"}.Run(t.Context()))
	}
	keys := all()
	require.Equal(t, []string{"1027", booking.SystemID}, []string{keys[0].CreatedBy, keys[1].CreatedBy})
	revoke := func(by string) string {
		t.Helper()
		var said strings.Builder
		require.NoError(t, revokeKey{config.KeyRevocation{Keys: where, As: config.As{ID: by}}, keys[0].ID}.revoke(t.Context(), &said))
		return said.String()
	}
	require.Contains(t, revoke("1028"), "Key "+keys[0].ID+" is revoked.")
	once := all()
	require.Contains(t, revoke("1029"), "Key "+keys[0].ID+" was revoked before, by 1028 at "+once[0].RevokedAt.UTC().Format(time.DateTime)+".")
	keys = all()
	require.Equal(t, once, keys)
	require.Equal(t, []string{"1028", ""}, []string{keys[0].RevokedBy, keys[1].RevokedBy})

	var listed strings.Builder
	require.NoError(t, writeKeys(&listed, keys, time.Now()))
	lines := strings.Split(listed.String(), "\n")
	require.Regexp(t, `^ID +NAME +STATE +ENDS +OWNER +MADE BY +REVOKED BY +SCOPES$`, lines[0])
	require.Regexp(t, `^`+keys[0].ID+` +till +revoked +\S+ \S+ +1027 +1028 *$`, lines[1])
	require.Regexp(t, `^`+keys[1].ID+` +till +live +\S+ \S+ +system *$`, lines[2])
}
