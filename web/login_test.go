package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devissuer"
)

// TestLogin: each account logs in with one click, and its name is shown until it logs out.
func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, account := range devissuer.Accounts() {
		b := s.as(account.ID, booking.English)
		require.Contains(t, b.get("/").words(), "Log out "+account.Name)
		require.Contains(t, b.post("/logout").words(), "Log in")
		require.NotContains(t, b.get("/").text, account.Name)
	}
}

// TestLogin_ShowsTheRequestedPage: after a login the requested page is shown, and never one of
// another site.
func TestLogin_ShowsTheRequestedPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for requested, seen := range map[string]string{
		"/orders?kind=food":                     "/orders?kind=food",
		"/login?back=%2Forders":                 "/orders",
		"/login?back=https%3A%2F%2Fevil.test":   "/",
		"/login?back=%2F%2Fevil.test":           "/",
		"/login?back=%2F%5Cevil.test":           "/",
		"/login?back=javascript%3Aalert%281%29": "/",
	} {
		b := s.browser(booking.English)
		chooser := b.get(requested)
		require.True(t, strings.HasPrefix(chooser.url.String(), s.issuer.URL()), chooser.url)
		came := b.send(http.MethodPost, s.issuer.URL()+"/login", url.Values{"id": {field(t, chooser.text, "id")}, "account": {"alice"}})
		require.Equal(t, http.StatusOK, came.status)
		require.Equal(t, s.url+seen, came.url.String(), requested)
	}
}

// TestLogin_Broken: a code that another browser requested, or that was never requested,
// logs no person in; nor does a manipulated session.
func TestLogin_Broken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/login/callback", "/login/callback?code=x&state=y", "/login/callback?error=access_denied&state=y"} {
		got := s.browser(booking.English).get(path)
		require.Equal(t, http.StatusUnauthorized, got.status)
		require.Contains(t, got.words(), "The login was broken off")
	}
	stolen := s.browser(booking.English)
	stolen.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/login/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	chooser := stolen.get("/login")
	got := stolen.send(http.MethodPost, s.issuer.URL()+"/login", url.Values{"id": {field(t, chooser.text, "id")}, "account": {"alice"}})
	at := got.header.Get("Location")
	require.Contains(t, at, "/login/callback?")
	require.Equal(t, http.StatusUnauthorized, s.browser(booking.English).send(http.MethodGet, at, nil).status)

	b := s.as("alice", booking.English)
	here, err := url.Parse(s.url)
	require.NoError(t, err)
	cookies := b.client.Jar.Cookies(here)
	require.Len(t, cookies, 1)
	require.NotContains(t, cookies[0].Value, ".", "no token in the clear")
	forged := *cookies[0]
	forged.Value = forged.Value[:len(forged.Value)-2] + "xx"
	b.client.Jar.SetCookies(here, []*http.Cookie{&forged})
	require.Equal(t, s.issuer.URL(), "http://"+b.get("/orders").url.Host)
}

// TestSession_Cookie: scripts and other sites cannot get the session, and it crosses no
// network unencrypted.
func TestSession_Cookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(booking.English)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie := b.get("/login").header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		require.Contains(t, cookie, part)
	}
	require.NotContains(t, cookie, "Secure")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/login", nil)
	require.NoError(t, err)
	r.Host = "book.example.com"
	answer, err := b.client.Do(r)
	require.NoError(t, err)
	answer.Body.Close()
	require.Contains(t, answer.Header.Get("Set-Cookie"), "; Secure")
	require.Contains(t, answer.Header.Get("Location"), url.QueryEscape("https://book.example.com/login/callback"))
}

// TestSession_Ended: a form sent without a session is answered with an explanation.
func TestSession_Ended(t *testing.T) {
	t.Parallel()
	b := newSite(t).browser(booking.Korean)
	got := b.post("/cleaning", "tel", "02-123-4567")
	require.Equal(t, http.StatusUnauthorized, got.status)
	require.Contains(t, got.words(), "로그인이 만료되었습니다")
	require.Contains(t, got.text, `href="/login"`)
}
