package devissuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// State is the stored state of the issuer, in the data folder. With it tokens stay
// valid after a restart.
type State struct {
	// Port is the last port on which it listened.
	Port int `json:"port"`
	// Key signs tokens.
	Key jose.JSONWebKey `json:"key"`
	// Secret is the secret of all accounts.
	Secret string `json:"secret"`
	// APIKey is the key of the services that follow the feed, and APIKeyText its text.
	APIKey     identity.Key `json:"apiKey"`
	APIKeyText string       `json:"apiKeyText"`
}

// keyLifetime is longer than any data folder is kept.
const keyLifetime = 100 * 365 * 24 * time.Hour

func fileOf(dir string) string { return filepath.Join(dir, "issuer.json") }

// ReadState reads the state in the folder; fs.ErrNotExist if it never had an issuer.
func ReadState(dir string) (s State, err error) {
	text, err := os.ReadFile(fileOf(dir))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", fileOf(dir), err)
	}
	return s, nil
}

// stateOf reads the state in the folder, and creates it if there is none.
func stateOf(dir string) (State, error) {
	s, err := ReadState(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return s, err
	}
	s.Key = jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.ES256), Use: "sig"}
	s.Secret = rand.Text()
	s.APIKey, s.APIKeyText = identity.NewKey("services", []booking.Scope{booking.AllEvents}, "", time.Now(), keyLifetime)
	return s, nil
}

// write stores the state, readable only for the user. It replaces the file atomically.
func (s State) write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	part := fileOf(dir) + ".part"
	if err := os.WriteFile(part, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(part, fileOf(dir))
}
