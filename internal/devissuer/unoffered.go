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

// unoffered is the part of op.Storage that refresh tokens and user information
// need.
type unoffered struct{}

// CreateAccessAndRefreshTokens implements op.Storage, as all of these do.
func (unoffered) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (id, refresh string, ends time.Time, err error) {
	return "", "", time.Time{}, errNotOffered
}

// TokenRequestByRefreshToken finds none.
func (unoffered) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errNotOffered
}

// TerminateSession ends none.
func (unoffered) TerminateSession(context.Context, string, string) error { return errNotOffered }

// RevokeToken revokes none.
func (unoffered) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrInvalidRequest()
}

// GetRefreshTokenInfo knows none.
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

// GetKeyByIDAndClientID knows none.
func (unoffered) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

// ValidateJWTProfileScopes takes none.
func (unoffered) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
