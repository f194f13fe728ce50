package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// Bulk stores bulk actions, in the read model's database. It implements
// orders.BulkRuns.
type Bulk struct{ db *DB }

// NewBulk stores bulk actions in db, the read model's database.
func NewBulk(db *DB) *Bulk { return &Bulk{db} }

type bulkRow struct {
	bun.BaseModel `bun:"table:bulk_runs,alias:b"`

	ID               string `bun:",pk"`
	State            booking.BulkState
	Action           booking.Action
	Filter           string // JSON
	Reason           booking.Personal
	ByID             string
	PlannedAt        time.Time
	BegunAt, EndedAt *time.Time
	Orders           int
	More             bool
	Lease            int
	LeasedUntil      *time.Time
}

func (r bulkRow) run() (booking.BulkRun, error) {
	run := booking.BulkRun{
		ID: r.ID, State: r.State, Action: r.Action, Reason: r.Reason, By: r.ByID, PlannedAt: r.PlannedAt.UTC(),
		BegunAt: instant(r.BegunAt), EndedAt: instant(r.EndedAt), Orders: r.Orders, More: r.More, Results: map[booking.BulkResult]int{},
	}
	if err := json.Unmarshal([]byte(r.Filter), &run.Filter); err != nil {
		return run, fmt.Errorf("filter of bulk action %s: %w", r.ID, err)
	}
	return run, nil
}

type bulkOrderRow struct {
	bun.BaseModel `bun:"table:bulk_orders,alias:o"`

	RunID   string `bun:",pk"`
	N       int    `bun:",pk"`
	OrderID string
	Status  booking.Status
	Version int64
	Result  booking.BulkResult
	Outcome string
	DoneAt  *time.Time
}

func (r bulkOrderRow) order() booking.BulkOrder {
	return booking.BulkOrder{
		N: r.N, OrderID: r.OrderID, Status: r.Status, Version: r.Version, Result: r.Result, Outcome: r.Outcome, DoneAt: instant(r.DoneAt),
	}
}

// bulkOrdersAtOnce is the number of a dry run's orders that one statement writes.
const bulkOrdersAtOnce = 500

// Plan implements orders.BulkRuns.
func (b *Bulk) Plan(ctx context.Context, run booking.BulkRun, named []booking.BulkOrder) error {
	filter, err := json.Marshal(run.Filter)
	if err != nil {
		return fmt.Errorf("write filter as JSON: %w", err)
	}
	row := bulkRow{
		ID: run.ID, State: run.State, Action: run.Action, Filter: string(filter), Reason: booking.Personal(text(string(run.Reason))), ByID: run.By,
		PlannedAt: micros(run.PlannedAt), Orders: run.Orders, More: run.More,
	}
	return b.db.inTx(ctx, "plan bulk action", func(ctx context.Context, q bun.IDB) error {
		if _, err := q.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		rows := make([]bulkOrderRow, len(named))
		for i, o := range named {
			rows[i] = bulkOrderRow{RunID: run.ID, N: o.N, OrderID: o.OrderID, Status: o.Status, Version: o.Version}
		}
		for len(rows) > 0 {
			some := rows[:min(len(rows), bulkOrdersAtOnce)]
			rows = rows[len(some):]
			if _, err := q.NewInsert().Model(&some).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run implements orders.BulkRuns.
func (b *Bulk) Run(ctx context.Context, id string) (run booking.BulkRun, err error) {
	err = b.db.run(ctx, "read bulk action", func(ctx context.Context, q bun.IDB) error {
		var row bulkRow
		if err := orNotFound(q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx), "bulk action", id); err != nil {
			return err
		}
		if run, err = row.run(); err != nil {
			return err
		}
		var counts []struct {
			Result booking.BulkResult
			N      int
		}
		err := q.NewRaw("SELECT result, count(*) AS n FROM bulk_orders WHERE run_id = ? AND result <> '' GROUP BY result", id).Scan(ctx, &counts)
		for _, c := range counts {
			run.Results[c.Result] = c.N
		}
		return err
	})
	return run, err
}

// Begin implements orders.BulkRuns.
func (b *Bulk) Begin(ctx context.Context, id, by string, at time.Time) error {
	return b.db.run(ctx, "begin bulk action", func(ctx context.Context, q bun.IDB) error {
		n, err := affected(q.NewRaw("UPDATE bulk_runs SET state = ?, begun_at = ?, by_id = ? WHERE id = ? AND state = ?",
			booking.BulkRunning, micros(at), by, id, booking.BulkPlanned).Exec(ctx))
		if err == nil && n == 0 {
			err = booking.Errorf(orders.BulkNotPlanned, "it was begun or stopped before")
		}
		return err
	})
}

// Stop implements orders.BulkRuns.
func (b *Bulk) Stop(ctx context.Context, id string, at time.Time) (stopped bool, err error) {
	err = b.db.run(ctx, "stop bulk action", func(ctx context.Context, q bun.IDB) error {
		n, err := affected(q.NewRaw("UPDATE bulk_runs SET state = ?, ended_at = ?, leased_until = NULL WHERE id = ? AND state IN (?, ?)",
			booking.BulkStopped, micros(at), id, booking.BulkPlanned, booking.BulkRunning).Exec(ctx))
		stopped = n == 1
		return err
	})
	return stopped, err
}

// Lease implements orders.BulkRuns.
func (b *Bulk) Lease(ctx context.Context, now, until time.Time) (lease orders.BulkLease, ok bool, err error) {
	var waits bool
	err = b.db.run(ctx, "find bulk actions", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT EXISTS (SELECT 1 FROM bulk_runs WHERE state = 'running')").Scan(ctx, &waits)
	})
	if err != nil || !waits {
		return lease, false, err
	}
	err = b.db.inTx(ctx, "lease bulk action", func(ctx context.Context, q bun.IDB) error {
		ok = false
		var rows []bulkRow
		err := q.NewRaw("SELECT * FROM bulk_runs WHERE state = 'running' ORDER BY begun_at, id LIMIT 1 ?", b.db.dialect.forUpdate).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 || rows[0].LeasedUntil != nil && rows[0].LeasedUntil.After(now) {
			return err
		}
		run, err := rows[0].run()
		if err != nil {
			return err
		}
		lease, ok = orders.BulkLease{Run: run, Number: rows[0].Lease + 1}, true
		_, err = q.NewRaw("UPDATE bulk_runs SET lease = ?, leased_until = ? WHERE id = ?", lease.Number, micros(until), run.ID).Exec(ctx)
		return err
	})
	return lease, ok && err == nil, err
}

// Renew implements orders.BulkRuns.
func (b *Bulk) Renew(ctx context.Context, lease orders.BulkLease, until time.Time) (ok bool, err error) {
	err = b.db.run(ctx, "renew lease of bulk action", func(ctx context.Context, q bun.IDB) error {
		n, err := affected(q.NewRaw("UPDATE bulk_runs SET leased_until = ? WHERE id = ? AND lease = ? AND state = 'running'",
			micros(until), lease.Run.ID, lease.Number).Exec(ctx))
		ok = n == 1
		return err
	})
	return ok, err
}

// Release implements orders.BulkRuns.
func (b *Bulk) Release(ctx context.Context, lease orders.BulkLease) error {
	return b.db.run(ctx, "release bulk action", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE bulk_runs SET leased_until = NULL WHERE id = ? AND lease = ? AND state = 'running'",
			lease.Run.ID, lease.Number).Exec(ctx)
		return err
	})
}

// Next implements orders.BulkRuns.
func (b *Bulk) Next(ctx context.Context, id string, n int) ([]booking.BulkOrder, error) {
	var rows []bulkOrderRow
	err := b.db.run(ctx, "next orders of bulk action", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("run_id = ? AND result = ''", id).
			Where("EXISTS (SELECT 1 FROM bulk_runs WHERE id = ? AND state = 'running')", id).OrderExpr("n").Limit(n).Scan(ctx)
	})
	return bulkOrders(rows), err
}

func bulkOrders(rows []bulkOrderRow) []booking.BulkOrder {
	all := make([]booking.BulkOrder, len(rows))
	for i, row := range rows {
		all[i] = row.order()
	}
	return all
}

// Note implements orders.BulkRuns.
func (b *Bulk) Note(ctx context.Context, id string, o booking.BulkOrder) error {
	return b.db.run(ctx, "note order of bulk action", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE bulk_orders SET result = ?, outcome = ?, done_at = ? WHERE run_id = ? AND n = ? AND result = ''",
			o.Result, text(o.Outcome), micros(o.DoneAt), id, o.N).Exec(ctx)
		return err
	})
}

// Earlier implements orders.BulkRuns.
func (b *Bulk) Earlier(ctx context.Context, id, orderID string) (outcome string, known bool, err error) {
	var outcomes []string
	err = b.db.run(ctx, "find action of bulk action", func(ctx context.Context, q bun.IDB) error {
		outcomes = nil
		return q.NewRaw("SELECT outcome FROM operator_actions WHERE order_id = ? AND bulk = ? ORDER BY seq DESC LIMIT 1", orderID, id).Scan(ctx, &outcomes)
	})
	if err != nil || len(outcomes) == 0 {
		return "", false, err
	}
	return outcomes[0], true, nil
}

// End implements orders.BulkRuns.
func (b *Bulk) End(ctx context.Context, lease orders.BulkLease, at time.Time) (ended bool, err error) {
	err = b.db.run(ctx, "end bulk action", func(ctx context.Context, q bun.IDB) error {
		n, err := affected(q.NewRaw("UPDATE bulk_runs SET state = ?, ended_at = ?, leased_until = NULL WHERE id = ? AND lease = ? AND state = 'running'",
			booking.BulkDone, micros(at), lease.Run.ID, lease.Number).Exec(ctx))
		ended = n == 1
		return err
	})
	return ended, err
}
