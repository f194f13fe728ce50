package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Key is an API key of a program, without its secret.
type Key struct {
	// ID is its public part, by which it is listed and revoked.
	ID string
	// Name is the program's. Two keys of a name are the same caller.
	Name string
	// Hash is the SHA-256 of the secret, which is random: nothing slower is needed.
	Hash   string
	Scopes []booking.Scope
	// OwnerID is the organisation that the program belongs to, "" for none.
	OwnerID           string
	CreatedAt, EndsAt time.Time
	RevokedAt         time.Time // the zero time unless it was revoked
	// CreatedBy and RevokedBy are the ids of the callers that did so, or booking.SystemID.
	CreatedBy, RevokedBy string
}

// MostLive is how many keys of a name may be live: the one in use, and the one
// that is about to take its place.
const MostLive = 2

// Live tells whether the key is taken at the time.
func (k Key) Live(at time.Time) bool { return k.RevokedAt.IsZero() && at.Before(k.EndsAt) }

// Keys are all API keys.
type Keys interface {
	// AddKey keeps a new key; Invalid when MostLive of its name are live.
	AddKey(context.Context, Key) error
	// Key answers the key with the id, or NotFound.
	Key(ctx context.Context, id string) (Key, error)
	// AllKeys lists them by name, and then as they were made.
	AllKeys(context.Context) ([]Key, error)
	// RevokeKey ends the key; NotFound when there is none with the id. One that was
	// revoked before stays as it is, and is earlier.
	RevokeKey(ctx context.Context, id, by string, at time.Time) (earlier Key, err error)
}

const (
	keyPrefix   = "yeyak_"
	keyIDBytes  = 5  // 8 characters
	secretBytes = 32 // 52 characters
)

// keyText is what a key looks like to its program: prefix, id and secret. Scanners
// that look for secrets in code know it by the prefix.
var keyText = regexp.MustCompile(`^` + keyPrefix + `([0-9a-hjkmnp-tv-z]{8})_([0-9a-hjkmnp-tv-z]{52})$`)

// NewKey makes a key and its text, which is shown once. The system makes it unless
// CreatedBy is set to another.
func NewKey(name string, scopes []booking.Scope, ownerID string, now time.Time, lives time.Duration) (k Key, text string) {
	random := make([]byte, keyIDBytes+secretBytes)
	_, _ = rand.Read(random) // never fails
	id, secret := booking.IDText(random[:keyIDBytes]), booking.IDText(random[keyIDBytes:])
	k = Key{
		ID: id, Name: name, Hash: hashOf(secret), Scopes: scopes, OwnerID: ownerID,
		CreatedAt: now, EndsAt: now.Add(lives), CreatedBy: booking.SystemID,
	}
	return k, keyPrefix + id + "_" + secret
}

func hashOf(secret string) string {
	digest := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(digest[:])
}

// is tells whether the secret is the key's.
func (k Key) is(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hashOf(secret))) == 1
}
