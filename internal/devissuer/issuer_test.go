package devissuer_test

import (
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devissuer"
	"github.com/yeyak/yeyak/internal/identity"
)

const audience = "yeyak"

func start(t *testing.T, dir string) *devissuer.Issuer {
	t.Helper()
	i, err := devissuer.Start(dir, audience, log.Default())
	require.NoError(t, err)
	t.Cleanup(i.Stop)
	return i
}

func verifier(i *devissuer.Issuer) *identity.Verifier {
	return identity.NewVerifier(identity.VerifierOptions{Issuer: i.URL(), Audience: audience})
}

// TestToken: each account gets a valid token with its role.
func TestToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	i := start(t, dir)
	v := verifier(i)
	for _, account := range devissuer.Accounts() {
		token, err := devissuer.Token(t.Context(), dir, i.URL(), account.ID)
		require.NoError(t, err)
		s, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, identity.Subject{Issuer: i.URL(), ID: account.ID, Name: account.Name, Roles: []booking.Role{account.Role}, Program: true}, s)
	}
	_, err := devissuer.Token(t.Context(), dir, i.URL(), "mallory")
	require.ErrorContains(t, err, `there is no account "mallory", only alice, minho,`)
}

// TestStart_Again: a token that was signed before a restart is valid after it, also if
// the issuer's port has changed.
func TestStart_Again(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dir)
	token, err := devissuer.Token(t.Context(), dir, first.URL(), "alice")
	require.NoError(t, err)
	first.Stop()

	again := start(t, dir)
	require.Equal(t, first.URL(), again.URL())
	require.Equal(t, first.APIKeyText, again.APIKeyText)
	_, err = verifier(again).Verify(t.Context(), token)
	require.NoError(t, err)
	again.Stop()

	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first.Port)))
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	moved := start(t, dir)
	require.NotEqual(t, first.Port, moved.Port)
	require.Equal(t, first.Key.KeyID, moved.Key.KeyID)
	_, err = devissuer.Token(t.Context(), dir, moved.URL(), "alice")
	require.NoError(t, err)
}

// TestIssuer_OffersNothingElse: no login without PKCE, and no token without a code or
// the secret, which only the user can read.
func TestIssuer_OffersNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	i := start(t, dir)
	info, err := os.Stat(filepath.Join(dir, "issuer.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for _, path := range []string{"/userinfo", "/revoke", "/end_session", "/oauth/introspect", "/device_authorization", "/login", "/login?id=guess"} {
		answer, err := http.Get(i.URL() + path)
		require.NoError(t, err)
		answer.Body.Close()
		require.Equal(t, http.StatusNotFound, answer.StatusCode, path)
	}
	for name, form := range map[string]url.Values{
		"OtherSecret":  {"grant_type": {"client_credentials"}, "client_id": {"olga"}, "client_secret": {"guess"}},
		"NoSecret":     {"grant_type": {"client_credentials"}, "client_id": {"olga"}},
		"OtherGrant":   {"grant_type": {"password"}, "username": {"olga"}, "password": {i.Secret}},
		"Code":         {"grant_type": {"authorization_code"}, "code": {"x"}, "client_id": {"olga"}, "client_secret": {i.Secret}},
		"Refresh":      {"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_id": {"olga"}, "client_secret": {i.Secret}},
		"Pages":        {"grant_type": {"client_credentials"}, "client_id": {devissuer.PagesClient}, "client_secret": {i.Secret}},
		"NoVerifier":   {"grant_type": {"authorization_code"}, "code": {"x"}, "client_id": {devissuer.PagesClient}},
		"NoSuchClient": {"grant_type": {"client_credentials"}, "client_id": {"mallory"}, "client_secret": {i.Secret}},
	} {
		answer, err := http.PostForm(i.URL()+"/oauth/token", form)
		require.NoError(t, err)
		answer.Body.Close()
		require.GreaterOrEqual(t, answer.StatusCode, 400, name)
		require.Less(t, answer.StatusCode, 500, name)
	}
}
