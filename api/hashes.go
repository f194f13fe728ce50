package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// hashes returns the request hash that orders keep, and the one that orders of earlier
// builds keep. A request contains telephone numbers and addresses, which can be
// guessed, so the first hash is keyed. Both hash the parsed request: its spelling does
// not matter.
func (s *server) hashes(ctx context.Context, request any) (keyed, plain string, err error) {
	key, err := s.HashKey(ctx)
	if err != nil {
		return "", "", err
	}
	text, err := json.Marshal(request)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", request, err)) // requests consist of strings and numbers
	}
	return keyedHash(key, text), plainHash(text), nil
}

// keyedHash has a prefix that no plain hash has.
func keyedHash(key, text []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(text) // never fails
	return "hmac:" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func plainHash(text []byte) string {
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}

// ownHashKey makes a key for an API whose orders no other process reads.
func ownHashKey() func(context.Context) ([]byte, error) {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return func(context.Context) ([]byte, error) { return key, nil }
}
