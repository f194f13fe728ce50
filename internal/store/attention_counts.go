package store

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// AttentionCount counts the orders of a kind whose undo is owed, and those that need
// attention.
type AttentionCount struct {
	Kind             booking.Kind
	Cancelling       int       // orders that are being undone, other than in the usual course
	Since            time.Time // when the oldest of these undos began
	NeedingAttention int       // orders that need attention, including those with a disputed payment
}

type attentionRow struct {
	Kind             booking.Kind
	Cancelling       int
	Since            *int64
	NeedingAttention int `bun:"in_need"`
}

// AttentionCounts counts, by kind, the orders whose undo is owed and those that need
// attention. A kind may occur more than once; a kind without any does not occur.
func (m *Mypage) AttentionCounts(ctx context.Context) ([]AttentionCount, error) {
	var rows []attentionRow
	err := m.db.run(ctx, "count orders that need attention", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewRaw(`SELECT kind, count(*) AS cancelling, min(cancelling_since) AS since, 0 AS in_need
				FROM orders WHERE cancelling_since IS NOT NULL GROUP BY kind
			UNION ALL SELECT kind, 0, NULL, count(*) FROM orders WHERE needs_attention GROUP BY kind
			UNION ALL SELECT kind, 0, NULL, count(*) FROM orders WHERE disputes IS NOT NULL AND NOT needs_attention GROUP BY kind`).Scan(ctx, &rows)
	})
	counts := make([]AttentionCount, len(rows))
	for i, r := range rows {
		counts[i] = AttentionCount{Kind: r.Kind, Cancelling: r.Cancelling, NeedingAttention: r.NeedingAttention}
		if r.Since != nil {
			counts[i].Since = time.UnixMicro(*r.Since).UTC()
		}
	}
	return counts, err
}

// Pool returns the metrics of the connection pool, under a name for the database.
func (db *DB) Pool(name string) prometheus.Collector {
	return collectors.NewDBStatsCollector(db.bun.DB, name)
}

// Use returns how many connections are in use, and the maximum.
func (db *DB) Use() (busy, most int) {
	stats := db.bun.Stats()
	return stats.InUse, stats.MaxOpenConnections
}
