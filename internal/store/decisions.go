package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Decisions are decisions that could not be delivered to their order, in the read
// model's database. It implements orders.KeptDecisions.
type Decisions struct{ db *DB }

// NewDecisions stores decisions in db, the read model's database.
func NewDecisions(db *DB) *Decisions { return &Decisions{db} }

// decisionWaits is the state of a kept decision that is not finished.
const decisionWaits = "waiting"

type decisionRow struct {
	bun.BaseModel `bun:"table:kept_decisions,alias:k"`

	OrderID     string `bun:",pk"`
	ID          string `bun:",pk"`
	Kind        booking.Kind
	Decision    string
	Note        booking.Personal
	Expect      string // the quote that the caller was shown
	Caller      string
	DecidedAt   time.Time
	ByParty     bool
	State       string
	LeasedUntil *time.Time
	Tries       int
	Outcome     string
	FinishedAt  *time.Time `bun:"settled_at"`
}

func (r decisionRow) kept() orders.KeptDecision {
	k := orders.KeptDecision{
		Decision: orders.Decision{OrderID: r.OrderID, Kind: r.Kind, Update: r.Decision, Note: r.Note, Expect: r.Expect},
		ID:       r.ID, Caller: r.Caller, DecidedAt: r.DecidedAt.UTC(), ByParty: r.ByParty, Tries: r.Tries,
	}
	if r.LeasedUntil != nil {
		k.LeasedUntil = r.LeasedUntil.UTC()
	}
	return k
}

// Put implements orders.KeptDecisions. Decisions on one order are stored one after the
// other.
func (d *Decisions) Put(ctx context.Context, k orders.KeptDecision) error {
	row := &decisionRow{
		OrderID: k.OrderID, ID: k.ID, Kind: k.Kind, Decision: k.Update, Note: k.Note, Expect: k.Expect, Caller: k.Caller,
		DecidedAt: micros(k.DecidedAt), ByParty: k.ByParty, State: decisionWaits,
	}
	return d.db.inTx(ctx, "keep decision", func(ctx context.Context, q bun.IDB) error {
		if err := d.db.serialize(ctx, q, "decisions on "+k.OrderID); err != nil {
			return err
		}
		waiting, equal, err := ahead(ctx, q, k)
		if err != nil || equal {
			return err
		}
		if waiting >= orders.MostKept {
			return booking.Errorf(booking.DecisionPending, "as many decisions on the order wait as it can take")
		}
		_, err = q.NewInsert().Model(row).On("CONFLICT (order_id, id) DO NOTHING").Exec(ctx)
		return err
	})
}

// Ahead implements orders.KeptDecisions.
func (d *Decisions) Ahead(ctx context.Context, k orders.KeptDecision) (waiting int, equal bool, err error) {
	err = d.db.run(ctx, "read kept decisions on order", func(ctx context.Context, q bun.IDB) error {
		waiting, equal, err = ahead(ctx, q, k)
		return err
	})
	return waiting, equal, err
}

func ahead(ctx context.Context, q bun.IDB, k orders.KeptDecision) (waiting int, equal bool, err error) {
	var rows []decisionRow
	err = q.NewSelect().Model(&rows).Where("order_id = ? AND settled_at IS NULL", k.OrderID).Scan(ctx)
	return len(rows), slices.ContainsFunc(rows, func(r decisionRow) bool {
		return r.Decision == k.Update && r.Caller == k.Caller && r.Expect == k.Expect &&
			(k.Update != contract.ResolveUpdate || r.Note == k.Note) // other evidence is of another payment
	}), err
}

// Waits counts the waiting decisions on the order that were made before a time. It implements
// activities.Decisions.
func (d *Decisions) Waits(ctx context.Context, orderID string, before time.Time) (n int, err error) {
	err = d.db.run(ctx, "count kept decisions on order", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM kept_decisions WHERE order_id = ? AND settled_at IS NULL AND decided_at < ?",
			orderID, micros(before)).Scan(ctx, &n)
	})
	return n, err
}

// Lease implements orders.KeptDecisions. It skips decisions that another process is
// leasing, and those after them on the same order.
func (d *Decisions) Lease(ctx context.Context, n int, now, until time.Time) (leased []orders.KeptDecision, err error) {
	err = d.db.inTx(ctx, "lease kept decisions", func(ctx context.Context, q bun.IDB) error {
		leased = nil
		var rows []decisionRow
		err := q.NewRaw(`SELECT * FROM kept_decisions AS k
			WHERE settled_at IS NULL AND (leased_until IS NULL OR leased_until <= ?) AND NOT EXISTS (
				SELECT 1 FROM kept_decisions AS first
				WHERE first.order_id = k.order_id AND first.settled_at IS NULL AND (first.decided_at, first.id) < (k.decided_at, k.id))
			ORDER BY decided_at, order_id, id LIMIT ? ?`, micros(now), n, d.db.dialect.forUpdateOfFree).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		for _, row := range rows {
			_, err := q.NewRaw("UPDATE kept_decisions SET leased_until = ?, tries = tries + 1 WHERE order_id = ? AND id = ?",
				micros(until), row.OrderID, row.ID).Exec(ctx)
			if err != nil {
				return err
			}
			k := row.kept()
			k.Tries++
			k.LeasedUntil = micros(until)
			leased = append(leased, k)
		}
		return nil
	})
	return leased, err
}

// Postpone implements orders.KeptDecisions.
func (d *Decisions) Postpone(ctx context.Context, k orders.KeptDecision, again time.Time, cause string) error {
	return d.db.run(ctx, "postpone kept decision", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE kept_decisions SET leased_until = ?, outcome = ? WHERE order_id = ? AND id = ? AND settled_at IS NULL",
			micros(again), cause, k.OrderID, k.ID).Exec(ctx)
		return err
	})
}

// Finish implements orders.KeptDecisions. A finished decision does not change any more.
func (d *Decisions) Finish(ctx context.Context, k orders.KeptDecision, s orders.DecisionOutcome) error {
	return d.db.inTx(ctx, "finish kept decision", func(ctx context.Context, q bun.IDB) error {
		finished, err := affected(q.NewRaw(
			"UPDATE kept_decisions SET state = ?, outcome = ?, settled_at = ? WHERE order_id = ? AND id = ? AND settled_at IS NULL",
			s.Outcome, s.Code, micros(s.At), k.OrderID, k.ID).Exec(ctx))
		if err != nil || finished == 0 || s.Code == "" {
			return err
		}
		return addRefused(ctx, q, d.db.dialect, k, s)
	})
}

// addRefused adds a refused decision to its order's row, if there is one.
func addRefused(ctx context.Context, q bun.IDB, d dialect, k orders.KeptDecision, s orders.DecisionOutcome) error {
	var rows []orderRow
	err := q.NewRaw("SELECT id, refused FROM orders WHERE id = ? ?", k.OrderID, d.forUpdate).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	var entries []contract.Entry
	if rows[0].Refused != nil {
		if err := json.Unmarshal([]byte(*rows[0].Refused), &entries); err != nil {
			return fmt.Errorf("refused decisions on order %s: %w", k.OrderID, err)
		}
	}
	s.At = micros(s.At)
	entries = append(entries, s.Entry(k))
	text, err := json.Marshal(entries[max(0, len(entries)-orders.MostKept):]) // the list is limited
	if err != nil {
		return fmt.Errorf("write refused decisions as JSON: %w", err)
	}
	_, err = q.NewRaw("UPDATE orders SET refused = ? WHERE id = ?", string(text), k.OrderID).Exec(ctx)
	return err
}

// Open implements orders.KeptDecisions.
func (d *Decisions) Open(ctx context.Context) (open orders.OpenDecisions, err error) {
	var row struct {
		Decisions int
		Oldest    *time.Time
	}
	err = d.db.run(ctx, "count kept decisions", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT (SELECT count(*) FROM kept_decisions WHERE settled_at IS NULL) AS decisions,
			(SELECT decided_at FROM kept_decisions WHERE settled_at IS NULL ORDER BY decided_at, order_id, id LIMIT 1) AS oldest`).Scan(ctx, &row)
	})
	open.Decisions = row.Decisions
	if row.Oldest != nil {
		open.Oldest = row.Oldest.UTC()
	}
	return open, err
}

// Forget implements orders.KeptDecisions.
func (d *Decisions) Forget(ctx context.Context, before time.Time) (n int, err error) {
	err = d.db.run(ctx, "forget finished decisions", func(ctx context.Context, q bun.IDB) error {
		dropped, err := affected(q.NewRaw(`DELETE FROM kept_decisions WHERE (order_id, id) IN
			(SELECT order_id, id FROM kept_decisions WHERE settled_at IS NOT NULL AND settled_at < ? LIMIT ?)`,
			micros(before), forgottenAtOnce).Exec(ctx))
		n = int(dropped)
		return err
	})
	return n, err
}

// All lists the waiting decisions, for the audit.
func (d *Decisions) All(ctx context.Context) iter.Seq2[orders.KeptDecision, error] {
	rows := all(ctx, d.db, "list kept decisions", func(ctx context.Context, q bun.IDB, is after, last decisionRow) (rows []decisionRow, err error) {
		err = q.NewSelect().Model(&rows).Where("settled_at IS NULL").
			Where("(decided_at, order_id, id) ? (?, ?, ?)", is, last.DecidedAt, last.OrderID, last.ID).
			OrderExpr("decided_at, order_id, id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r decisionRow) (orders.KeptDecision, error) { return r.kept(), nil })
}
