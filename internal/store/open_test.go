package store_test

import (
	"context"
	"io/fs"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
)

func TestOpen_RefusesBadURLsWithoutShowingThePassword(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"NotAURL":         "postgres://user:s3cret@host:port/db",
		"ControlChar":     "postgres://user:s3cret@host/db\x7f",
		"BadEscape":       "postgres://user:s3cret%zz@host/db",
		"Scheme":          "mysql://user:s3cret@host/db",
		"NoScheme":        "user:s3cret@host/db",
		"NoDatabase":      "postgres://user:s3cret@host",
		"NoHost":          "postgres://user:s3cret@/db",
		"SSLMode":         "postgres://user:s3cret@host/db?sslmode=prefer",
		"MissingRootCert": "postgres://user:s3cret@host/db?sslrootcert=/does/not/exist",
		"SQLiteNoPath":    "sqlite://",
		"Empty":           "",
	} {
		run(t, name, func(t *testing.T) {
			_, err := store.Open(t.Context(), url, store.Options{})
			require.Error(t, err)
			require.NotContains(t, err.Error(), "s3cret")
			require.Contains(t, err.Error(), "database URL")
		})
	}
}

func TestOpen_SQLiteInAPlaceThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), "sqlite:///dev/null/test.db", store.Options{})
	require.Error(t, err)
	var path *fs.PathError
	require.ErrorAs(t, err, &path)
}

func TestOpen_SQLiteKeepsRelativePathsAndMakesFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	db := open(t, "sqlite://data/a folder/yeyak.db")
	require.NoError(t, db.Ping(t.Context()))
	require.FileExists(t, filepath.Join("data", "a folder", "yeyak.db"))
}

// silence is a server that accepts connections and never answers.
func silence(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l.Addr().String()
}

func TestDB_EveryOperationHasADeadline(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), "postgres://user:s3cret@"+silence(t)+"/db?sslmode=disable",
		store.Options{Timeout: 50 * time.Millisecond})
	require.NoError(t, err, "a database that is away is no error yet")
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	begin := time.Now()
	_, err = store.NewPayments(db).Payment(context.WithoutCancel(t.Context()), "o1")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "s3cret")
	require.Less(t, time.Since(begin), 5*time.Second)
}

// TestDB_OfAServerInTheWest: an instant is read as it was written, in any time zone of
// the server.
func TestDB_OfAServerInTheWest(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	_, err := open(t, url).SQL().ExecContext(t.Context(), `DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET timezone TO "America/St_Johns"', current_database()); END $$`)
	require.NoError(t, err)
	var zero time.Time
	require.NoError(t, open(t, url).SQL().QueryRowContext(t.Context(), "SELECT '0001-01-01 00:00:00Z'::timestamptz").Scan(&zero))
	require.True(t, zero.IsZero(), zero)
}

func TestDB_VerifiesTheServerByDefault(t *testing.T) {
	t.Parallel()
	// The test's server has no TLS, so it is refused.
	url := pgtest.New(t)
	db := open(t, url[:len(url)-len("?sslmode=disable")])
	require.ErrorContains(t, db.Ping(t.Context()), "SSL")
}

func TestDB_ReconnectsAfterAnOutage(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	db := open(t, cluster.New(t))
	_, err := store.Migrate(t.Context(), db, "payments")
	require.NoError(t, err)
	payments := store.NewPayments(db)
	charge := func(i int) (struct{}, error) {
		_, err := payments.BeginCharge(t.Context(), newCharge(key("o", i)))
		return struct{}{}, err
	}
	together(t, 10, charge) // fills the pool

	require.NoError(t, cluster.Stop())
	_, err = payments.Payment(t.Context(), "o1")
	require.Error(t, err)

	require.NoError(t, cluster.Start())
	together(t, 20, charge) // no connection from before fails any of them
}
