package identity

import (
	"errors"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Refusal is why the caller of a request is not known.
type Refusal string

// All of them.
const (
	NoCredential Refusal = "no_credential"
	InvalidToken Refusal = "invalid_token"
	InvalidKey   Refusal = "invalid_key"   // an API key that is unknown, wrong, revoked or over
	IssuerAway   Refusal = "issuer_away"   // the token is by a key that has to be fetched, and cannot be
	DatabaseAway Refusal = "database_away" // the database of persons and API keys does not answer
)

// Refusals lists them.
func Refusals() []Refusal {
	return []Refusal{NoCredential, InvalidToken, InvalidKey, IssuerAway, DatabaseAway}
}

// RefusalOf is why Caller failed, for a credential that is not empty.
func RefusalOf(credential string, err error) Refusal {
	_, away := errors.AsType[errAway](err)
	switch {
	case away:
		return IssuerAway
	case !errors.Is(err, &booking.Error{Code: booking.Unauthenticated}):
		return DatabaseAway
	case strings.HasPrefix(credential, keyPrefix):
		return InvalidKey
	default:
		return InvalidToken
	}
}
