package store

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Trouble counts the orders of a kind whose undo is owed, and those that need
// attention.
type Trouble struct {
	Kind       booking.Kind
	Cancelling int       // orders that are being undone, other than in the usual course
	Since      time.Time // when the oldest of these undos began
	InNeed     int       // orders that need attention, including those with a disputed payment
}

type troubleRow struct {
	Kind       booking.Kind
	Cancelling int
	Since      *int64
	InNeed     int
}

// Troubles counts, by kind, the orders whose undo is owed and those that need
// attention. A kind may occur more than once; a kind without any does not occur.
func (m *Mypage) Troubles(ctx context.Context) ([]Trouble, error) {
	var rows []troubleRow
	err := m.db.run(ctx, "troubles of orders", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewRaw(`SELECT kind, count(*) AS cancelling, min(cancelling_since) AS since, 0 AS in_need
				FROM orders WHERE cancelling_since IS NOT NULL GROUP BY kind
			UNION ALL SELECT kind, 0, NULL, count(*) FROM orders WHERE needs_attention GROUP BY kind
			UNION ALL SELECT kind, 0, NULL, count(*) FROM orders WHERE disputes IS NOT NULL AND NOT needs_attention GROUP BY kind`).Scan(ctx, &rows)
	})
	troubles := make([]Trouble, len(rows))
	for i, r := range rows {
		troubles[i] = Trouble{Kind: r.Kind, Cancelling: r.Cancelling, InNeed: r.InNeed}
		if r.Since != nil {
			troubles[i].Since = time.UnixMicro(*r.Since).UTC()
		}
	}
	return troubles, err
}

// Pool returns the metrics of the connection pool, under a name for the database.
func (db *DB) Pool(name string) prometheus.Collector {
	return collectors.NewDBStatsCollector(db.bun.DB, name)
}

// Use returns how many connections are in use, and the maximum.
func (db *DB) Use() (taken, most int) {
	stats := db.bun.Stats()
	return stats.InUse, stats.MaxOpenConnections
}
