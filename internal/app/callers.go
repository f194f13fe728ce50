package app

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/store"
)

// accessPage is where to read what to do without an issuer.
const accessPage = ": see docs/operations/access.md#an-issuer-that-is-away"

// authOff is what a process says of itself that knows no callers.
const authOff = "off: every caller may do everything (--auth=off)"

// knowCallers makes what callers are known by, unless authentication is off.
func (a *App) knowCallers(ctx context.Context) error {
	auth := a.options.Config.Auth
	switch {
	case auth.Off():
		a.log.Warn("authentication is " + authOff)
		a.health.callers = func() string { return authOff }
		return nil
	case auth.Issuer == "":
		return errors.New("no issuer of access tokens is named (--auth-issuer), and authentication is not off (--auth=off)")
	}
	a.verifier = newVerifier(auth)
	a.health.callers = issuerTrouble(a.verifier.LastError, a.log)
	a.beside.Go(func() { // so that the first request need not wait for it
		if err := a.verifier.FetchKeys(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("the issuer of access tokens cannot be asked for its keys", zap.Stringer("issuer", auth.Issuer), zap.Error(err))
		}
	})
	return nil
}

// issuerTrouble says that the issuer cannot be asked. Why is for the log alone: anybody
// can ask for /readyz, and errors of an HTTP client name addresses and certificates.
func issuerTrouble(trouble func() string, log *zap.Logger) func() string {
	logged := ""
	return func() string { // of which health has one call at a time
		now := trouble()
		if now != "" && now != logged {
			log.Warn("the issuer of access tokens cannot be asked for its keys", zap.String("trouble", now))
		}
		if logged = now; now == "" {
			return ""
		}
		return "the issuer of access tokens cannot be asked for its keys" + accessPage
	}
}

// measureIssuer shows whether the issuer of access tokens can be asked.
func (a *App) measureIssuer(registry prometheus.Registerer) {
	promauto.With(registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "yeyak_issuer_away", Help: "1 while the keys of the issuer of access tokens cannot be fetched.",
	}, func() float64 {
		if a.verifier != nil && a.verifier.LastError() != "" {
			return 1
		}
		return 0
	})
}

func newVerifier(auth config.Auth) *identity.Verifier {
	return identity.NewVerifier(identity.VerifierOptions{
		Issuer: string(auth.Issuer), Audience: auth.Audience,
		Claims: identity.Claims{ID: auth.Claim("id"), Name: auth.Claim("name"), Roles: auth.Claim("roles"), Scopes: auth.Claim("scopes"), Names: auth.Claim("names")},
	})
}

// callers knows callers by their tokens and keys. What carries ids of the time
// before there were tokens are the orders, what is offered, members and cleaners.
func (a *App) callers(catalogue *store.Catalogue, crew *store.Crew) *identity.Callers {
	return identity.New(identity.Options{
		Tokens: a.verifier, IssuerName: a.options.IssuerName,
		People: store.NewPeople(a.pages), Keys: store.NewKeys(a.pages),
		Carriers: []identity.IDs{store.NewMypage(a.pages), catalogue, store.NewMembers(a.pages), crew},
	})
}
