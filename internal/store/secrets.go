package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// Secrets are known to all processes of the platform and to nothing else.
type Secrets struct{ db *DB }

// NewSecrets stores secrets in db, in the tables of the catalogue.
func NewSecrets(db *DB) *Secrets { return &Secrets{db} }

const secretBytes = 32

// Secret returns the secret with the name, which never changes. The first process that reads it
// makes it; of several concurrent ones, one does.
func (s *Secrets) Secret(ctx context.Context, name string) ([]byte, error) {
	var kept string
	err := s.db.run(ctx, "read secret", func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw("SELECT value FROM secrets WHERE name = ?", name).Scan(ctx, &kept)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		made := make([]byte, secretBytes)
		_, _ = rand.Read(made) // never fails
		_, err = q.NewRaw("INSERT INTO secrets (name, value, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
			name, hex.EncodeToString(made), now()).Exec(ctx)
		if err != nil {
			return err
		}
		return q.NewRaw("SELECT value FROM secrets WHERE name = ?", name).Scan(ctx, &kept)
	})
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(kept)
	if err != nil || len(secret) != secretBytes {
		return nil, fmt.Errorf("secret %s is not %d bytes in hexadecimal digits", name, secretBytes) // a wrapped error would quote the secret
	}
	return secret, nil
}
