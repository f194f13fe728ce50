// Package identity turns the credential of a request, an access token of an OIDC
// issuer or an API key, into its caller.
package identity
