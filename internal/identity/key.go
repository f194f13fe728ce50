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
	// ID is the public part of the key. Lists and revocations use it.
	ID string
	// Name is the program's. Keys of the same name belong to the same caller.
	Name string
	// Hash is the SHA-256 of the secret. The secret is random, so no slower hash is needed.
	Hash   string
	Scopes []booking.Scope
	// OwnerID is the organisation that the program belongs to, "" for none.
	OwnerID           string
	CreatedAt, EndsAt time.Time
	RevokedAt         time.Time // zero if the key is not revoked
	// CreatedBy and RevokedBy are ids of callers, or booking.SystemID.
	CreatedBy, RevokedBy string
}

// MaxLive is how many keys of a name may be live: the one in use and its successor.
const MaxLive = 2

// Live reports whether the key is accepted at the time.
func (k Key) Live(at time.Time) bool { return k.RevokedAt.IsZero() && at.Before(k.EndsAt) }

// Keys stores the API keys.
type Keys interface {
	// AddKey stores a new key. It returns Invalid if MaxLive keys of its name are live.
	AddKey(context.Context, Key) error
	// Key returns the key with the id. It returns NotFound if there is none.
	Key(ctx context.Context, id string) (Key, error)
	// AllKeys lists the keys by name, those of a name by their creation.
	AllKeys(context.Context) ([]Key, error)
	// RevokeKey revokes the key and returns it as it was before. It returns NotFound if
	// there is none with the id. A revoked key stays as it is.
	RevokeKey(ctx context.Context, id, by string, at time.Time) (earlier Key, err error)
}

const (
	keyPrefix   = "yeyak_"
	keyIDBytes  = 5  // 8 characters
	secretBytes = 32 // 52 characters
)

// keyText is the format of a key's text: prefix, id and secret. Secret scanners
// recognize it by the prefix.
var keyText = regexp.MustCompile(`^` + keyPrefix + `([0-9a-hjkmnp-tv-z]{8})_([0-9a-hjkmnp-tv-z]{52})$`)

// NewKey makes a key and its text, which is shown once. CreatedBy is the system unless
// the caller sets another one.
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

// is reports whether the secret is the key's.
func (k Key) is(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hashOf(secret))) == 1
}
