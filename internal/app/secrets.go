package app

import (
	"context"
	"sync/atomic"

	"github.com/yeyak/yeyak/internal/store"
)

// requestHashes is the name of the secret that keys requests' hashes.
const requestHashes = "request-hashes"

// sharedKey reads a secret when it is first needed, and remembers it. While the
// database is away and the secret is not known, whatever needs it fails.
func sharedKey(secrets *store.Secrets, name string) func(context.Context) ([]byte, error) {
	var known atomic.Pointer[[]byte]
	return func(ctx context.Context) ([]byte, error) {
		if key := known.Load(); key != nil {
			return *key, nil
		}
		key, err := secrets.Secret(ctx, name)
		if err != nil {
			return nil, err
		}
		known.Store(&key)
		return key, nil
	}
}

// hashKey is the key of requests' hashes. It is read when the process starts, so that a
// database that is away later does not matter.
func (a *App) hashKey() func(context.Context) ([]byte, error) {
	key := sharedKey(store.NewSecrets(a.dbs[catalogueDB]), requestHashes)
	a.beside.Go(func() { _, _ = key(context.Background()) }) // requests read it again
	return key
}
