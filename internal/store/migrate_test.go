package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/store"
)

func testMigrate(t *testing.T, fresh newURL) {
	run(t, "AllServicesInOneDatabase", func(t *testing.T) {
		db := open(t, fresh(t))
		for _, service := range store.Services() {
			pending, err := store.Pending(t.Context(), db, service)
			require.NoError(t, err)
			require.NotEmpty(t, pending)

			applied, err := store.Migrate(t.Context(), db, service)
			require.NoError(t, err)
			require.Equal(t, pending, applied)

			applied, err = store.Migrate(t.Context(), db, service)
			require.NoError(t, err)
			require.Empty(t, applied)

			pending, err = store.Pending(t.Context(), db, service)
			require.NoError(t, err)
			require.Empty(t, pending)
		}
	})

	run(t, "Names", func(t *testing.T) {
		pending, err := store.Pending(t.Context(), open(t, fresh(t)), "mypage")
		require.NoError(t, err)
		require.Equal(t, []string{"0001_orders", "0002_events", "0003_troubles", "0004_lists", "0005_inbox", "0006_decisions", "0007_inbox_of_customer", "0008_identity", "0009_members", "0010_refused_of_customer", "0011_keys_by", "0012_events_of_one", "0013_inbox_by", "0014_decisions_by_party", "0015_expect", "0016_refunds_waiting", "0017_disputes", "0018_audits", "0019_actions", "0020_monitor", "0021_bulk_actions", "0022_refunds_noted"}, pending)
	})

	run(t, "ManyAtOnce", func(t *testing.T) {
		url := fresh(t)
		applied := together(t, 6, func(int) (int, error) {
			db, err := store.Open(t.Context(), url, store.Options{})
			if err != nil {
				return 0, err
			}
			defer db.Close()
			names, err := store.Migrate(t.Context(), db, "mypage")
			return len(names), err
		})
		require.NotEmpty(t, applied)
		pending, err := store.Pending(t.Context(), open(t, url), "mypage")
		require.NoError(t, err)
		require.Empty(t, pending)
	})

	run(t, "UnknownService", func(t *testing.T) {
		_, err := store.Migrate(t.Context(), open(t, fresh(t)), "weather")
		require.ErrorContains(t, err, "weather")
	})
}

// TestSQLite_OpenedByManyAtOnce: several processes open a new file concurrently without
// an error.
func TestSQLite_OpenedByManyAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		url := "sqlite://" + filepath.Join(t.TempDir(), "new.db")
		together(t, 8, func(int) (any, error) {
			db, err := store.Open(t.Context(), url, store.Options{})
			if err != nil {
				return nil, err
			}
			return nil, db.Close()
		})
	}
}
