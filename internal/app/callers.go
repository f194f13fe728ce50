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

// accessPage documents what to do without an issuer.
const accessPage = ": see docs/operations/access.md#an-issuer-that-is-away"

// authOff is a process's status if authentication is off.
const authOff = "off: every caller may do everything (--auth=off)"

// knowCallers sets up the identification of callers, unless authentication is off.
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
	a.health.callers = issuerFailure(a.verifier.LastError, a.log)
	a.beside.Go(func() { // so that the first request need not wait for it
		if err := a.verifier.FetchKeys(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("the keys of the issuer of access tokens cannot be fetched", zap.Stringer("issuer", auth.Issuer), zap.Error(err))
		}
	})
	return nil
}

// issuerFailure reports that the issuer is not available. The cause is only logged:
// anyone can read /readyz, and errors of an HTTP client contain addresses and
// certificates.
func issuerFailure(failure func() string, log *zap.Logger) func() string {
	logged := ""
	return func() string { // health makes one call at a time
		now := failure()
		if now != "" && now != logged {
			log.Warn("the keys of the issuer of access tokens cannot be fetched", zap.String("problem", now))
		}
		if logged = now; now == "" {
			return ""
		}
		return "the keys of the issuer of access tokens cannot be fetched" + accessPage
	}
}

// measureIssuer adds the metric of the issuer's availability.
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

// callers identifies callers by their tokens and keys. Orders, offers, members and
// cleaners may have ids from before there were tokens.
func (a *App) callers(catalogue *store.Catalogue, crew *store.Crew) *identity.Callers {
	return identity.New(identity.Options{
		Tokens: a.verifier, IssuerName: a.options.IssuerName,
		People: store.NewPeople(a.pages), Keys: store.NewKeys(a.pages),
		Carriers: []identity.IDs{store.NewMypage(a.pages), catalogue, store.NewMembers(a.pages), crew},
	})
}
