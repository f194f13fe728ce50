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

// logins is where people log in. What the issuer says of itself is asked for when it is
// needed, and again if it was away.
type logins struct {
	issuer, client, audience string

	mu       sync.Mutex
	endpoint *oauth2.Endpoint
}

// config is of a login whose code comes back to the host by which the pages were
// reached. The issuer knows which hosts may have it.
func (l *logins) config(ctx context.Context, host string) (*oauth2.Config, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.endpoint == nil {
		provider, err := oidc.NewProvider(ctx, l.issuer)
		if err != nil {
			return nil, booking.Errorf(booking.Unavailable, "").Because(err)
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

// attempt is a login that has begun, as the browser keeps it: its answer has to come to
// the same browser.
type attempt struct {
	State    string `json:"state"`
	Verifier string `json:"verifier"`
	Back     string `json:"back"`
}

const (
	attemptCookie = "yeyak_login"
	loginWithin   = 10 * time.Minute
	// askedWithin bounds what the issuer is asked during a login.
	askedWithin = 10 * time.Second
)

// beginLogin sends the browser to the issuer.
func (p *Pages) beginLogin(v *visit) error {
	ctx, cancel := context.WithTimeout(v.ctx, askedWithin)
	defer cancel()
	config, err := p.login.config(ctx, v.c.Request.Host)
	if err != nil {
		return err
	}
	a := attempt{State: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: own(v.c.Query("back"))}
	if err := v.keep(attemptCookie, a, v.Now().Add(loginWithin)); err != nil {
		return err
	}
	// Some issuers make tokens for an API only if it is named.
	at := config.AuthCodeURL(a.State, oauth2.S256ChallengeOption(a.Verifier), oauth2.SetAuthURLParam("audience", p.login.audience))
	v.c.Redirect(http.StatusSeeOther, at)
	return nil
}

// endLogin takes the code, and keeps the token that it stands for. The ID token is of
// no use here: who somebody is, the access token tells, to the pages as to the API.
func (p *Pages) endLogin(v *visit) error {
	a, begun := open[attempt](v, attemptCookie)
	v.drop(attemptCookie)
	if !begun || subtle.ConstantTimeCompare([]byte(a.State), []byte(v.c.Query("state"))) != 1 {
		return booking.Errorf(loginFailed, "")
	}
	if refused := v.c.Query("error"); refused != "" {
		p.Log.Info("the issuer has refused a login", zap.String("error", refused))
		return booking.Errorf(loginFailed, "")
	}
	ctx, cancel := context.WithTimeout(v.ctx, askedWithin)
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
		ends = v.Now().Add(time.Hour) // the token itself may end earlier
	}
	if err := v.keep(sessionCookie, session{token.AccessToken, ends}, ends); err != nil {
		return err
	}
	return v.goTo(a.Back)
}

// loginFailed is the code of a login that was broken off, or took too long.
const loginFailed = booking.Code("login_failed")

// logout forgets who the person is, in this browser. The issuer may still know.
func (p *Pages) logout(v *visit) error {
	v.drop(sessionCookie)
	return v.goTo("/")
}
