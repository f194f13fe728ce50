// Package identity turns what a request presents, an access token of an OIDC
// issuer or an API key, into the caller behind it.
package identity
