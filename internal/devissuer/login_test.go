package devissuer_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devissuer"
	"github.com/yeyak/yeyak/internal/identity"
)

// pages is the OAuth configuration of the pages.
func pages(i *devissuer.Issuer) *oauth2.Config {
	return &oauth2.Config{
		ClientID: devissuer.PagesClient, RedirectURL: "http://127.0.0.1:8123/login/callback", Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: i.URL() + "/authorize", TokenURL: i.URL() + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// stays does not follow redirects, so that a test can check where they lead.
var stays = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// seen is an answer that was read. at is the target of its redirect, if it has one.
type seen struct {
	status int
	text   string
	at     *url.URL
}

func do(t *testing.T, method, target string, form url.Values, header ...string) seen {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	answer, err := stays.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	at, _ := answer.Location()
	return seen{answer.StatusCode, string(text), at}
}

// begin begins a login and returns its id.
func begin(t *testing.T, i *devissuer.Issuer, verifier string) string {
	t.Helper()
	answer := do(t, http.MethodGet, pages(i).AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), nil)
	require.Equal(t, http.StatusFound, answer.status, answer.text)
	return answer.at.Query().Get("id")
}

// code chooses an account and returns the code that the pages get.
func code(t *testing.T, i *devissuer.Issuer, login, account string) string {
	t.Helper()
	answer := do(t, http.MethodPost, i.URL()+"/login", url.Values{"id": {login}, "account": {account}})
	require.Equal(t, http.StatusSeeOther, answer.status, answer.text)
	answer = do(t, http.MethodGet, answer.at.String(), nil)
	require.Equal(t, http.StatusFound, answer.status, answer.text)
	require.Equal(t, "state", answer.at.Query().Get("state"))
	return answer.at.Query().Get("code")
}

// TestLogin: with one click a person logs in as any of the accounts, with a token that
// is a person's and not a program's.
func TestLogin(t *testing.T) {
	t.Parallel()
	i := start(t, t.TempDir())
	v := verifier(i)
	for _, account := range devissuer.Accounts() {
		secret := oauth2.GenerateVerifier()
		login := begin(t, i, secret)
		answer := do(t, http.MethodGet, i.URL()+"/login?id="+login, nil)
		require.Equal(t, http.StatusOK, answer.status)
		require.Len(t, regexp.MustCompile("<button").FindAllString(answer.text, -1), len(devissuer.Accounts()))
		token, err := pages(i).Exchange(t.Context(), code(t, i, login, account.ID), oauth2.VerifierOption(secret))
		require.NoError(t, err)
		s, err := v.Verify(t.Context(), token.AccessToken)
		require.NoError(t, err)
		require.Equal(t, identity.Subject{Issuer: i.URL(), ID: account.ID, Name: account.Name, Roles: []booking.Role{account.Role}}, s)
	}
}

// TestLogin_Refused: without PKCE, with another verifier, with a used code, for another
// site, from another site, and under a host name that is not this machine's.
func TestLogin_Refused(t *testing.T) {
	t.Parallel()
	i := start(t, t.TempDir())
	answer := do(t, http.MethodGet, pages(i).AuthCodeURL("state"), nil)
	require.Equal(t, "invalid_request", answer.at.Query().Get("error"))

	secret := oauth2.GenerateVerifier()
	authCode := code(t, i, begin(t, i, secret), "alice")
	_, err := pages(i).Exchange(t.Context(), authCode, oauth2.VerifierOption(oauth2.GenerateVerifier()))
	require.Error(t, err)
	authCode = code(t, i, begin(t, i, secret), "alice")
	_, err = pages(i).Exchange(t.Context(), authCode, oauth2.VerifierOption(secret))
	require.NoError(t, err)
	_, err = pages(i).Exchange(t.Context(), authCode, oauth2.VerifierOption(secret))
	require.Error(t, err)

	otherPages := pages(i)
	otherPages.RedirectURL = "https://example.com/login/callback"
	answer = do(t, http.MethodGet, otherPages.AuthCodeURL("state", oauth2.S256ChallengeOption(secret)), nil)
	require.Equal(t, http.StatusBadRequest, answer.status)

	login := begin(t, i, secret)
	form := url.Values{"id": {login}, "account": {"olga"}}
	answer = do(t, http.MethodPost, i.URL()+"/login", form, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, answer.status)
	answer = do(t, http.MethodGet, i.URL()+"/login?id="+login, nil, "Host", "evil.example.com")
	require.Equal(t, http.StatusMisdirectedRequest, answer.status)
	answer = do(t, http.MethodPost, i.URL()+"/login", url.Values{"id": {login}, "account": {"mallory"}})
	require.Equal(t, http.StatusUnprocessableEntity, answer.status)
}
