package store

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Trouble is what is owed to the orders of a kind, and with how many something
// is wrong.
type Trouble struct {
	Kind       booking.Kind
	Cancelling int       // orders that are being undone, and not by the way
	Since      time.Time // when the one began that has been for longest
	InNeed     int       // orders that need attention, also since their payment is disputed
}

type troubleRow struct {
	Kind       booking.Kind
	Cancelling int
	Since      *int64
	InNeed     int
}

// Troubles tells of the orders whose undos are owed, and of those that need
// attention, by kind. A kind may come more than once, and one that is well does
// not come at all.
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

// Pool collects what there is to know of the connections, under a name for the
// database.
func (db *DB) Pool(name string) prometheus.Collector {
	return collectors.NewDBStatsCollector(db.bun.DB, name)
}

// Use is how many connections are in use, and how many there may be.
func (db *DB) Use() (taken, most int) {
	stats := db.bun.Stats()
	return stats.InUse, stats.MaxOpenConnections
}
