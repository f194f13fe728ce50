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

// tokenLives is a working day.
const tokenLives = 12 * time.Hour

// storage is what the library asks for: the key, and the accounts as clients that
// get tokens of their own (client_credentials), and those by which the pages log in.
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

// CreateAccessToken implements op.Storage. Tokens are JWTs, of which nothing is kept.
func (*storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(tokenLives), nil
}

// GetPrivateClaimsFromScopes implements op.Storage.
func (*storage) GetPrivateClaimsFromScopes(_ context.Context, id, _ string, _ []string) (map[string]any, error) {
	account, _ := accountOf(id)
	return map[string]any{"name": account.Name, "roles": []string{string(account.Role)}}, nil
}

// request is the request of an account for a token.
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

// signingKey is the key that tokens are signed with.
type signingKey struct{ key jose.JSONWebKey }

// SignatureAlgorithm implements op.SigningKey.
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm {
	return jose.SignatureAlgorithm(k.key.Algorithm)
}

// Key implements op.SigningKey.
func (k signingKey) Key() any { return k.key.Key }

// ID implements op.SigningKey.
func (k signingKey) ID() string { return k.key.KeyID }

// publicKey is its public part.
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

// client is an account as a client of the issuer's.
type client string

// GetID implements op.Client, as all of these do.
func (c client) GetID() string { return string(c) }

// RedirectURIs are none: an account asks for itself.
func (client) RedirectURIs() []string { return nil }

// PostLogoutRedirectURIs are none.
func (client) PostLogoutRedirectURIs() []string { return nil }

// ApplicationType is one that keeps a secret.
func (client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }

// AuthMethod is by the secret.
func (client) AuthMethod() oidc.AuthMethod { return oidc.AuthMethodPost }

// ResponseTypes are none.
func (client) ResponseTypes() []oidc.ResponseType { return nil }

// GrantTypes is the one that is offered.
func (client) GrantTypes() []oidc.GrantType { return []oidc.GrantType{oidc.GrantTypeClientCredentials} }

// LoginURL is none.
func (client) LoginURL(string) string { return "" }

// AccessTokenType is a JWT.
func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// IDTokenLifetime is of no token.
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

// ClockSkew is none, on one machine.
func (client) ClockSkew() time.Duration { return 0 }

func unchanged(scopes []string) []string { return scopes }
