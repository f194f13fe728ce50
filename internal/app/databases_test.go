package app

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/internal/config"
)

// unreachable is the URL of a PostgreSQL server that does not exist.
func unreachable(database string) config.URL {
	return config.URL("postgres://yeyak:s3cret@127.0.0.1:1/" + database + "?sslmode=disable")
}

func TestMigrate_OneLineForEachDatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Databases: config.Databases{Front: unreachable("yeyak"), Payments: unreachable("payments")}}
	for range 5 { // the order of a map varies
		err := Migrate(t.Context(), cfg, zap.NewNop())
		require.Error(t, err)
		lines := strings.Split(err.Error(), "\n")
		require.Len(t, lines, 2)
		require.Contains(t, lines[0], "database of catalogue, inventory, notifications, management, fulfilment, mypage: ")
		require.Contains(t, lines[1], "database of payments, sandbox: ")
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestMigrate_EveryDatabaseThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Databases: config.Databases{
		Front: "sqlite:///dev/null/front.db", Mypage: "sqlite:///dev/null/mypage.db",
		Payments: config.URL("sqlite://" + filepath.Join(t.TempDir(), "payments.db")),
	}}
	for range 5 {
		err := Migrate(t.Context(), cfg, zap.NewNop())
		require.Error(t, err)
		lines := strings.Split(err.Error(), "\n")
		require.Len(t, lines, 2)
		require.Contains(t, lines[0], "database of catalogue, inventory, notifications, management, fulfilment: ")
		require.Contains(t, lines[1], "database of mypage: ")
	}
}

func TestMigrate_DataFolder(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	cfg := config.Config{Dev: config.DevServer{DataDir: t.TempDir()}}
	require.NoError(t, Migrate(t.Context(), cfg, zap.New(core)))
	var migrated []any
	for _, entry := range logs.All() {
		migrated = append(migrated, entry.ContextMap()["service"])
	}
	require.Equal(t, []any{
		"catalogue", "payments", "inventory", "notifications", "management", "fulfilment", "mypage", "sandbox",
	}, migrated)
	for _, service := range services {
		require.FileExists(t, filepath.Join(cfg.Dev.DataDir, service+".db"))
	}
	require.NoError(t, Migrate(t.Context(), cfg, zap.New(core)))
	require.Len(t, logs.All(), len(services), "nothing is left to do")
}
