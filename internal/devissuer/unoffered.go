package devissuer

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

var errNotOffered = errors.New("this issuer does not offer that")

// unoffered implements the part of op.Storage for refresh tokens and user information,
// which are not offered.
type unoffered struct{}

// CreateAccessAndRefreshTokens implements op.Storage, like the methods below.
func (unoffered) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (id, refresh string, ends time.Time, err error) {
	return "", "", time.Time{}, errNotOffered
}

// TokenRequestByRefreshToken finds no token.
func (unoffered) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errNotOffered
}

// TerminateSession fails: there are no sessions.
func (unoffered) TerminateSession(context.Context, string, string) error { return errNotOffered }

// RevokeToken fails: no token can be revoked.
func (unoffered) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrInvalidRequest()
}

// GetRefreshTokenInfo finds no token.
func (unoffered) GetRefreshTokenInfo(context.Context, string, string) (userID, tokenID string, err error) {
	return "", "", op.ErrInvalidRefreshToken
}

// SetUserinfoFromScopes sets nothing.
func (unoffered) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromToken sets nothing.
func (unoffered) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errNotOffered
}

// SetIntrospectionFromToken sets nothing.
func (unoffered) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}

// GetKeyByIDAndClientID finds no key.
func (unoffered) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

// ValidateJWTProfileScopes accepts no scopes.
func (unoffered) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
