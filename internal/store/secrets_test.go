package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/store"
)

// testSecrets: concurrent processes get the same secret, also later and through another
// connection.
func testSecrets(t *testing.T, fresh newURL) {
	url := fresh(t)
	_, err := store.Migrate(t.Context(), open(t, url), "catalogue")
	require.NoError(t, err)
	all := together(t, 8, func(int) (string, error) {
		db, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			return "", err
		}
		defer db.Close()
		secret, err := store.NewSecrets(db).Secret(t.Context(), "hashes")
		return string(secret), err
	})
	for _, secret := range all {
		require.Equal(t, all[0], secret)
		require.Len(t, secret, 32)
	}
	secrets := store.NewSecrets(open(t, url))
	again, err := secrets.Secret(t.Context(), "hashes")
	require.NoError(t, err)
	require.Equal(t, all[0], string(again))
	other, err := secrets.Secret(t.Context(), "another")
	require.NoError(t, err)
	require.NotEqual(t, again, other)
}
