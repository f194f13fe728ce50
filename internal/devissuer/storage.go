package devissuer

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// tokenLifetime is a little more than a working day.
const tokenLifetime = 12 * time.Hour

// storage provides the library with the key and the clients: the accounts, which get
// tokens of their own (client_credentials), and the pages, by which people log in.
type storage struct {
	unoffered
	logins   logins
	state    State
	audience string
}

// Health implements op.Storage.
func (*storage) Health(context.Context) error { return nil }

// SigningKey implements op.Storage.
func (s *storage) SigningKey(context.Context) (op.SigningKey, error) {
	return signingKey{s.state.Key}, nil
}

// SignatureAlgorithms implements op.Storage.
func (*storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

// KeySet implements op.Storage.
func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.state.Key.Public()}}, nil
}

// GetClientByClientID implements op.Storage.
func (*storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id == PagesClient {
		return pages{client(id)}, nil
	}
	if _, known := accountOf(id); !known {
		return nil, errors.New("there is no such account")
	}
	return client(id), nil
}

// AuthorizeClientIDSecret implements op.Storage.
func (s *storage) AuthorizeClientIDSecret(_ context.Context, _, secret string) error {
	if subtle.ConstantTimeCompare([]byte(secret), []byte(s.state.Secret)) != 1 {
		return errors.New("the secret is another one")
	}
	return nil
}

// ClientCredentials implements op.ClientCredentialsStorage.
func (s *storage) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if id == PagesClient {
		return nil, errors.New("the pages have no secret")
	}
	if err := s.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return s.GetClientByClientID(ctx, id)
}

// ClientCredentialsTokenRequest implements op.ClientCredentialsStorage.
func (s *storage) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return request{id, s.audience, scopes}, nil
}

// CreateAccessToken implements op.Storage. Tokens are JWTs and are not stored.
func (*storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(tokenLifetime), nil
}

// GetPrivateClaimsFromScopes implements op.Storage.
func (*storage) GetPrivateClaimsFromScopes(_ context.Context, id, _ string, _ []string) (map[string]any, error) {
	account, _ := accountOf(id)
	return map[string]any{"name": account.Name, "roles": []string{string(account.Role)}}, nil
}

// request is an account's request for a token.
type request struct {
	subject, audience string
	scopes            []string
}

// GetSubject implements op.TokenRequest.
func (r request) GetSubject() string { return r.subject }

// GetAudience implements op.TokenRequest.
func (r request) GetAudience() []string { return []string{r.audience} }

// GetScopes implements op.TokenRequest.
func (r request) GetScopes() []string { return r.scopes }

// signingKey is the key that signs tokens.
type signingKey struct{ key jose.JSONWebKey }

// SignatureAlgorithm implements op.SigningKey.
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm {
	return jose.SignatureAlgorithm(k.key.Algorithm)
}

// Key implements op.SigningKey.
func (k signingKey) Key() any { return k.key.Key }

// ID implements op.SigningKey.
func (k signingKey) ID() string { return k.key.KeyID }

// publicKey is the public part of the signing key.
type publicKey struct{ key jose.JSONWebKey }

// Algorithm implements op.Key.
func (k publicKey) Algorithm() jose.SignatureAlgorithm {
	return jose.SignatureAlgorithm(k.key.Algorithm)
}

// Use implements op.Key.
func (k publicKey) Use() string { return k.key.Use }

// Key implements op.Key.
func (k publicKey) Key() any { return k.key.Key }

// ID implements op.Key.
func (k publicKey) ID() string { return k.key.KeyID }

// client is an account as a client of the issuer.
type client string

// GetID implements op.Client, like the methods below.
func (c client) GetID() string { return string(c) }

// RedirectURIs are none: an account requests its token itself.
func (client) RedirectURIs() []string { return nil }

// PostLogoutRedirectURIs are none.
func (client) PostLogoutRedirectURIs() []string { return nil }

// ApplicationType is web, an application that can keep a secret.
func (client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }

// AuthMethod is the secret, in the request's body.
func (client) AuthMethod() oidc.AuthMethod { return oidc.AuthMethodPost }

// ResponseTypes are none.
func (client) ResponseTypes() []oidc.ResponseType { return nil }

// GrantTypes are the offered ones: client credentials.
func (client) GrantTypes() []oidc.GrantType { return []oidc.GrantType{oidc.GrantTypeClientCredentials} }

// LoginURL is none.
func (client) LoginURL(string) string { return "" }

// AccessTokenType is a JWT.
func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// IDTokenLifetime is 0: there are no ID tokens.
func (client) IDTokenLifetime() time.Duration { return 0 }

// DevMode is off.
func (client) DevMode() bool { return false }

// RestrictAdditionalIdTokenScopes restricts nothing.
func (client) RestrictAdditionalIdTokenScopes() func([]string) []string { return unchanged } //nolint:staticcheck // the library's name

// RestrictAdditionalAccessTokenScopes restricts nothing.
func (client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return unchanged }

// IsScopeAllowed allows no scopes of the issuer's own.
func (client) IsScopeAllowed(string) bool { return false }

// IDTokenUserinfoClaimsAssertion is off.
func (client) IDTokenUserinfoClaimsAssertion() bool { return false }

// ClockSkew is 0: client and issuer are on one machine.
func (client) ClockSkew() time.Duration { return 0 }

func unchanged(scopes []string) []string { return scopes }
