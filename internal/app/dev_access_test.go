package app

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/devissuer"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/store"
)

// TestAdmitAccounts: the demonstration accounts have their names as ids at each start;
// an account that has a number already keeps it.
func TestAdmitAccounts(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "front.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	people := store.NewPeople(db)
	dana := identity.Person{Issuer: devissuer.Name, Subject: "dana", Kind: identity.CustomerKind}
	_, err = people.Add(t.Context(), dana, "1024")
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, admitAccounts(t.Context(), people))
		for person, id := range map[identity.Person]string{
			dana: "1024",
			{Issuer: devissuer.Name, Subject: "alice", Kind: identity.CustomerKind}: "alice",
			{Issuer: devissuer.Name, Subject: "bora", Kind: identity.CustomerKind}:  "bora",
			{Issuer: devissuer.Name, Subject: "bora", Kind: identity.OwnerKind}:     "bora",
			{Issuer: devissuer.Name, Subject: "alice", Kind: identity.OwnerKind}:    "",
		} {
			known, err := people.Find(t.Context(), person)
			require.NoError(t, err)
			require.Equal(t, id, known)
		}
	}
}
