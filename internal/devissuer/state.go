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

// State is what the data folder keeps of the issuer, so that tokens outlive a
// restart.
type State struct {
	// Port is where it listened last.
	Port int `json:"port"`
	// Key signs tokens.
	Key jose.JSONWebKey `json:"key"`
	// Secret is what the accounts prove themselves with.
	Secret string `json:"secret"`
	// APIKey is of the services that follow the feed: APIKeyText is its text.
	APIKey     identity.Key `json:"apiKey"`
	APIKeyText string       `json:"apiKeyText"`
}

// keyLives is longer than any data folder.
const keyLives = 100 * 365 * 24 * time.Hour

func fileOf(dir string) string { return filepath.Join(dir, "issuer.json") }

// ReadState reads what the folder keeps; fs.ErrNotExist when it never had an issuer.
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

// stateOf is what the folder keeps, made anew if that is nothing.
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
	s.APIKey, s.APIKeyText = identity.NewKey("services", []booking.Scope{booking.AllEvents}, "", time.Now(), keyLives)
	return s, nil
}

// write keeps the state for nobody but the user: the file appears complete.
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
