package marketing

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

// TestStore_PreparedWhileAPageIsWritten: a process's first request prepares the tables
// while another process, or its own follower, writes a page, without a deadlock.
func TestStore_PreparedWhileAPageIsWritten(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.New(t)
	follower, newcomer := openStore(t, databaseURL), openStore(t, databaseURL)
	newcomer.prepared.Store(false)
	prepared := make(chan error, 1)
	require.NoError(t, follower.db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE marketing_followed SET cursor = 'a'")
		require.NoError(t, err)
		go func() { prepared <- newcomer.prepare(t.Context()) }()
		eventually(t, func() bool {
			waiting, err := tx.NewSelect().Table("pg_stat_activity").
				Where("datname = current_database() AND wait_event_type = 'Lock'").Exists(ctx)
			require.NoError(t, err)
			return waiting
		})
		_, err = tx.NewInsert().Model(&booking{OrderID: "1", CustomerID: "alice", Kind: "lodging", ItemID: "inn", ItemName: "Inn"}).Exec(ctx)
		return err
	}))
	require.NoError(t, <-prepared)
}
