package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
	"golang.org/x/oauth2"

	"github.com/yeyak/yeyak/booking"
)

const (
	loginPath    = "/login"
	callbackPath = "/login/callback"
)

// logins is the issuer where people log in. Its configuration is requested when it is
// needed, and again if the issuer was away.
type logins struct {
	issuer, client, audience string

	mu       sync.Mutex
	endpoint *oauth2.Endpoint
}

// config is the configuration of a login whose code comes back to the host under which the
// pages were reached. The issuer knows the allowed hosts.
func (l *logins) config(ctx context.Context, host string) (*oauth2.Config, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.endpoint == nil {
		provider, err := oidc.NewProvider(ctx, l.issuer)
		if err != nil {
			return nil, booking.Errorf(booking.Unavailable, "").WithCause(err)
		}
		endpoint := provider.Endpoint()
		endpoint.AuthStyle = oauth2.AuthStyleInParams // the pages have no secret
		l.endpoint = &endpoint
	}
	back := url.URL{Scheme: "https", Host: host, Path: callbackPath}
	if onLoopback(host) {
		back.Scheme = "http"
	}
	return &oauth2.Config{ClientID: l.client, Endpoint: *l.endpoint, RedirectURL: back.String(), Scopes: []string{oidc.ScopeOpenID}}, nil
}

// attempt is a login that has begun, stored in the browser: its answer has to come to the
// same browser.
type attempt struct {
	State    string `json:"state"`
	Verifier string `json:"verifier"`
	Back     string `json:"back"`
}

const (
	attemptCookie = "yeyak_login"
	loginWithin   = 10 * time.Minute
	// issuerTimeout bounds a call to the issuer during a login.
	issuerTimeout = 10 * time.Second
)

// beginLogin sends the browser to the issuer.
func (p *Pages) beginLogin(v *visit) error {
	ctx, cancel := context.WithTimeout(v.ctx, issuerTimeout)
	defer cancel()
	config, err := p.login.config(ctx, v.c.Request.Host)
	if err != nil {
		return err
	}
	a := attempt{State: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: ownPath(v.c.Query("back"))}
	if err := v.storeCookie(attemptCookie, a, v.Now().Add(loginWithin)); err != nil {
		return err
	}
	// Some issuers make tokens for an API only if it is named.
	at := config.AuthCodeURL(a.State, oauth2.S256ChallengeOption(a.Verifier), oauth2.SetAuthURLParam("audience", p.login.audience))
	v.c.Redirect(http.StatusSeeOther, at)
	return nil
}

// endLogin takes the code, and stores the token that it is exchanged for. The ID token is
// not used: the access token identifies the caller, as in the API.
func (p *Pages) endLogin(v *visit) error {
	a, begun := open[attempt](v, attemptCookie)
	v.dropCookie(attemptCookie)
	if !begun || subtle.ConstantTimeCompare([]byte(a.State), []byte(v.c.Query("state"))) != 1 {
		return booking.Errorf(loginFailed, "")
	}
	if refused := v.c.Query("error"); refused != "" {
		p.Log.Info("the issuer has refused a login", zap.String("error", refused))
		return booking.Errorf(loginFailed, "")
	}
	ctx, cancel := context.WithTimeout(v.ctx, issuerTimeout)
	defer cancel()
	config, err := p.login.config(ctx, v.c.Request.Host)
	if err != nil {
		return err
	}
	token, err := config.Exchange(ctx, v.c.Query("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		p.Log.Warn("the issuer gives no token for a code", zap.Error(err))
		return booking.Errorf(loginFailed, "")
	}
	if _, err := p.Callers.Caller(ctx, token.AccessToken); err != nil {
		p.Log.Warn("the issuer's access token is not valid here", zap.Error(err))
		return err
	}
	ends := token.Expiry
	if ends.IsZero() {
		ends = v.Now().Add(time.Hour) // the token itself may expire earlier
	}
	if err := v.storeCookie(sessionCookie, session{token.AccessToken, ends}, ends); err != nil {
		return err
	}
	return v.goTo(a.Back)
}

// loginFailed is the code for a login that was aborted, or took too long.
const loginFailed = booking.Code("login_failed")

// logout removes the session from this browser. The issuer's own session may continue.
func (p *Pages) logout(v *visit) error {
	v.dropCookie(sessionCookie)
	return v.goTo("/")
}
