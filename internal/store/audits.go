package store

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// Audits are the audits of the service, in the read model's database. It implements
// audit.Runs.
type Audits struct{ db *DB }

// NewAudits stores audits in db, the read model's database.
func NewAudits(db *DB) *Audits { return &Audits{db} }

type auditRow struct {
	bun.BaseModel `bun:"table:audit_runs"`

	ID                                 int64 `bun:",pk,autoincrement"`
	Open                               *int
	State                              booking.AuditState
	RequestedBy                        string    `bun:"asked_by"`
	RequestedAt                        time.Time `bun:"asked_at"`
	BegunAt                            *time.Time
	Tries                              int
	LeasedUntil                        *time.Time
	EndedAt                            *time.Time
	Orders, NotJudged, InMotion, Found int
	Words                              string
}

func (r auditRow) run() booking.AuditRun {
	return booking.AuditRun{
		ID: r.ID, State: r.State, RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt.UTC(), BegunAt: instant(r.BegunAt), Tries: r.Tries,
		EndedAt: instant(r.EndedAt), Orders: r.Orders, NotJudged: r.NotJudged, InMotion: r.InMotion, Found: r.Found, Words: r.Words,
	}
}

// instant is the zero time for nil.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// failedShare divides the interval to the next audit after a failed one.
const failedShare = 6

// Due implements audit.Runs.
func (a *Audits) Due(ctx context.Context, now time.Time, every time.Duration) error {
	return a.db.run(ctx, "request due audit", func(ctx context.Context, q bun.IDB) error {
		var known bool
		err := q.NewRaw(`SELECT EXISTS (SELECT 1 FROM audit_runs WHERE open = 1 OR asked_at > ? AND state <> 'failed' OR asked_at > ? AND state = 'failed')`,
			micros(now.Add(-every)), micros(now.Add(-every/failedShare))).Scan(ctx, &known)
		if err != nil || known {
			return err
		}
		_, err = requestAudit(ctx, q, booking.SystemID, now)
		return err
	})
}

// Request requests an audit. If one is open already, it returns that, and started is false.
func (a *Audits) Request(ctx context.Context, by string, at time.Time) (run booking.AuditRun, started bool, err error) {
	err = a.db.inTx(ctx, "request audit", func(ctx context.Context, q bun.IDB) error {
		if started, err = requestAudit(ctx, q, by, at); err != nil {
			return err
		}
		var row auditRow
		err := q.NewSelect().Model(&row).Where("open = 1").Scan(ctx)
		run = row.run()
		return err
	})
	return run, started, err
}

func requestAudit(ctx context.Context, q bun.IDB, by string, at time.Time) (requested bool, err error) {
	n, err := affected(q.NewRaw("INSERT INTO audit_runs (open, state, asked_by, asked_at) VALUES (1, ?, ?, ?) ON CONFLICT (open) DO NOTHING",
		booking.AuditWaiting, by, micros(at)).Exec(ctx))
	return n == 1, err
}

// Lease implements audit.Runs.
func (a *Audits) Lease(ctx context.Context, now, until time.Time) (run booking.AuditRun, ok bool, err error) {
	var waits bool
	err = a.db.run(ctx, "find open audit", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT EXISTS (SELECT 1 FROM audit_runs WHERE open = 1 AND (leased_until IS NULL OR leased_until <= ?))", micros(now)).Scan(ctx, &waits)
	})
	if err != nil || !waits {
		return run, false, err
	}
	err = a.db.inTx(ctx, "lease audit", func(ctx context.Context, q bun.IDB) error {
		run, ok = booking.AuditRun{}, false
		var rows []auditRow
		err := q.NewRaw("SELECT * FROM audit_runs WHERE open = 1 AND (leased_until IS NULL OR leased_until <= ?) ?",
			micros(now), a.db.dialect.forUpdateOfFree).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		row := rows[0]
		if row.Tries >= audit.MostTries {
			_, err = endAudit(ctx, q, row.run(), booking.AuditFailed, now, "each process that began with it has ended before it did")
			return err
		}
		begun := micros(now)
		row.State, row.Tries, row.BegunAt, ok = booking.AuditRunning, row.Tries+1, &begun, true
		run = row.run()
		_, err = q.NewRaw("UPDATE audit_runs SET state = ?, tries = ?, begun_at = ?, leased_until = ? WHERE id = ?",
			row.State, row.Tries, begun, micros(until), row.ID).Exec(ctx)
		return err
	})
	return run, ok && err == nil, err
}

// Renew implements audit.Runs. The number of tries identifies the lease.
func (a *Audits) Renew(ctx context.Context, run booking.AuditRun, until time.Time) (ok bool, err error) {
	err = a.db.run(ctx, "renew lease of audit", func(ctx context.Context, q bun.IDB) error {
		n, err := affected(q.NewRaw("UPDATE audit_runs SET leased_until = ? WHERE id = ? AND tries = ? AND open = 1",
			micros(until), run.ID, run.Tries).Exec(ctx))
		ok = n == 1
		return err
	})
	return ok, err
}

// Release implements audit.Runs.
func (a *Audits) Release(ctx context.Context, run booking.AuditRun) error {
	return a.db.run(ctx, "release audit", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE audit_runs SET leased_until = NULL, tries = tries - 1, state = ? WHERE id = ? AND tries = ? AND open = 1",
			booking.AuditWaiting, run.ID, run.Tries).Exec(ctx)
		return err
	})
}

// Failed implements audit.Runs.
func (a *Audits) Failed(ctx context.Context, run booking.AuditRun, words string, at time.Time) error {
	return a.db.run(ctx, "end failed audit", func(ctx context.Context, q bun.IDB) error {
		_, err := endAudit(ctx, q, run, booking.AuditFailed, at, words)
		return err
	})
}

// endAudit ends an audit; false if another process has leased it.
func endAudit(ctx context.Context, q bun.IDB, run booking.AuditRun, state booking.AuditState, at time.Time, words string) (ended bool, err error) {
	n, err := affected(q.NewRaw(`UPDATE audit_runs SET open = NULL, state = ?, ended_at = ?, words = ?, orders = ?, not_judged = ?, in_motion = ?, found = ?
		WHERE id = ? AND tries = ? AND open = 1`,
		state, micros(at), text(words), run.Orders, run.NotJudged, run.InMotion, run.Found, run.ID, run.Tries).Exec(ctx))
	return n == 1, err
}

// text is words without what a database does not accept.
func text(words string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(words, "\uFFFD"), "\x00", "\uFFFD")
}

// Done implements audit.Runs.
func (a *Audits) Done(ctx context.Context, run booking.AuditRun, r audit.Report, at time.Time) error {
	run.Orders, run.NotJudged, run.InMotion, run.Found = r.Orders, r.NotJudged, r.InMotion, len(r.Findings)
	return a.db.inTx(ctx, "end audit", func(ctx context.Context, q bun.IDB) error {
		ended, err := endAudit(ctx, q, run, booking.AuditDone, at, r.OneNotJudged)
		if err != nil || !ended {
			return err
		}
		kept := r.Findings[:min(len(r.Findings), audit.MostFindings)]
		if err := putFindings(ctx, q, run.ID, kept, at); err != nil {
			return err
		}
		if len(kept) < len(r.Findings) {
			return nil // findings that were not stored may have been open
		}
		return closeFindings(ctx, q, run.ID, r, at)
	})
}

type findingRow struct {
	bun.BaseModel `bun:"table:audit_findings,alias:f"`

	ID                  string `bun:",pk"`
	Kind                string
	OrderID             string
	Item                string
	Says                string
	Remedy              string
	Run                 int64
	FirstSeen, LastSeen time.Time
	ClosedAt            *time.Time
}

func (r findingRow) finding() booking.AuditFinding {
	return booking.AuditFinding{
		ID: r.ID, Kind: r.Kind, OrderID: r.OrderID, Item: r.Item, Says: r.Says, Remedy: r.Remedy,
		FirstSeen: r.FirstSeen.UTC(), LastSeen: r.LastSeen.UTC(), ClosedAt: instant(r.ClosedAt),
	}
}

// findingID is the same for the same finding in every audit.
func findingID(f audit.Finding) string {
	digest := sha256.Sum256([]byte(strings.Join([]string{string(f.Kind), f.OrderID, f.Item, f.Says}, "\n")))
	return booking.IDText(digest[:16])
}

// findingsAtOnce is the number of findings that one statement writes.
const findingsAtOnce = 500

// putFindings stores an audit's findings. A closed finding that is found again is a new
// one.
func putFindings(ctx context.Context, q bun.IDB, run int64, found []audit.Finding, at time.Time) error {
	rows, seen := make([]findingRow, 0, len(found)), map[string]bool{}
	for _, f := range found {
		row := findingRow{
			ID: findingID(f), Kind: string(f.Kind), OrderID: text(f.OrderID), Item: text(f.Item), Says: text(f.Says), Remedy: text(f.Remedy),
			Run: run, FirstSeen: micros(at), LastSeen: micros(at),
		}
		if !seen[row.ID] {
			rows, seen[row.ID] = append(rows, row), true
		}
	}
	for len(rows) > 0 {
		some := rows[:min(len(rows), findingsAtOnce)]
		rows = rows[len(some):]
		_, err := q.NewInsert().Model(&some).On("CONFLICT (id) DO UPDATE").
			Set("first_seen = CASE WHEN f.closed_at IS NULL THEN f.first_seen ELSE EXCLUDED.first_seen END").
			Set("last_seen = EXCLUDED.last_seen").Set("remedy = EXCLUDED.remedy").Set("run = EXCLUDED.run").Set("closed_at = NULL").Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// closeFindings closes the findings that the audit has not found, unless the audit
// could not check them.
func closeFindings(ctx context.Context, q bun.IDB, run int64, r audit.Report, at time.Time) error {
	var rows []findingRow
	err := q.NewSelect().Model(&rows).Column("id", "order_id", "item").Where("closed_at IS NULL AND run <> ?", run).Scan(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, row := range rows {
		if !r.Unsure(row.OrderID, row.Item) {
			ids = append(ids, row.ID)
		}
	}
	for len(ids) > 0 {
		some := ids[:min(len(ids), findingsAtOnce)]
		ids = ids[len(some):]
		if _, err := q.NewRaw("UPDATE audit_findings SET closed_at = ? WHERE id IN (?)", micros(at), bun.List(some)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Forget implements audit.Runs. The last audit that has ended is kept.
func (a *Audits) Forget(ctx context.Context, before time.Time) error {
	return a.db.run(ctx, "forget audits", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw(`DELETE FROM audit_runs WHERE id IN (SELECT id FROM audit_runs WHERE ended_at < ?
			AND id <> COALESCE((SELECT max(id) FROM audit_runs WHERE state = 'done'), 0) LIMIT ?)`, micros(before), forgottenAtOnce).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = q.NewRaw("DELETE FROM audit_findings WHERE id IN (SELECT id FROM audit_findings WHERE closed_at < ? LIMIT ?)",
			micros(before), forgottenAtOnce).Exec(ctx)
		return err
	})
}
