package identity

import (
	"errors"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Refusal is the reason why the caller of a request is not known.
type Refusal string

// All refusals.
const (
	NoCredential Refusal = "no_credential"
	InvalidToken Refusal = "invalid_token"
	InvalidKey   Refusal = "invalid_key"   // an API key that is unknown, wrong, revoked or expired
	IssuerAway   Refusal = "issuer_away"   // the token's key has to be fetched, and the issuer does not answer
	DatabaseAway Refusal = "database_away" // the database of persons and API keys does not answer
)

// Refusals lists all refusals.
func Refusals() []Refusal {
	return []Refusal{NoCredential, InvalidToken, InvalidKey, IssuerAway, DatabaseAway}
}

// RefusalOf is the reason of an error that Caller returned for a non-empty credential.
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
