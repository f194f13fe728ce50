package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Latest returns the last audit that checked everything, and the last requested one
// with any outcome; the zero run for none.
func (a *Audits) Latest(ctx context.Context) (done, last booking.AuditRun, err error) {
	err = a.db.run(ctx, "read last audits", func(ctx context.Context, q bun.IDB) error {
		var rows []auditRow
		err := q.NewRaw(`SELECT * FROM audit_runs WHERE id IN
			((SELECT max(id) FROM audit_runs), (SELECT max(id) FROM audit_runs WHERE state = 'done')) ORDER BY id`).Scan(ctx, &rows)
		done, last = booking.AuditRun{}, booking.AuditRun{}
		for _, row := range rows {
			last = row.run()
			if row.State == booking.AuditDone {
				done = last
			}
		}
		return err
	})
	return done, last, err
}

// OpenFindings counts the open findings by kind.
func (a *Audits) OpenFindings(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Kind string
		N    int
	}
	err := a.db.run(ctx, "count open findings", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewRaw("SELECT kind, count(*) AS n FROM audit_findings WHERE closed_at IS NULL GROUP BY kind").Scan(ctx, &rows)
	})
	byKind := make(map[string]int, len(rows))
	for _, row := range rows {
		byKind[row.Kind] = row.N
	}
	return byKind, err
}

// findingList is the name of the list in its cursors.
const findingList = "findings"

// Findings lists the open findings, newest first; of one order if orderID is set. It
// returns InvalidCursor for a cursor of another list.
func (a *Audits) Findings(ctx context.Context, orderID string, p booking.Page) (_ []booking.AuditFinding, next string, err error) {
	rows, next, err := newestFirst(ctx, a.db, findingList, p,
		func(row findingRow) moment { return moment{row.FirstSeen, row.ID} },
		func(q bun.IDB) *bun.SelectQuery {
			return whereEqual(q.NewSelect().Table("audit_findings").Where("closed_at IS NULL"), equal{"order_id", orderID}).
				OrderExpr("first_seen DESC, id DESC")
		}, keyset{"first_seen", "id"})
	if err != nil {
		return nil, "", err
	}
	findings := make([]booking.AuditFinding, len(rows))
	for i, row := range rows {
		findings[i] = row.finding()
	}
	return findings, next, nil
}

// SinceDone is the time since the end of the last audit that checked everything or, if
// there is none, since the first request; 0 without any request.
func (a *Audits) SinceDone(ctx context.Context, now time.Time) (time.Duration, error) {
	var at []time.Time
	err := a.db.run(ctx, "read age of last audit", func(ctx context.Context, q bun.IDB) error {
		at = nil
		return q.NewRaw(`SELECT ended_at FROM audit_runs WHERE id = (SELECT max(id) FROM audit_runs WHERE state = 'done')`).Scan(ctx, &at)
	})
	if err == nil && len(at) == 0 {
		err = a.db.run(ctx, "read age of first audit", func(ctx context.Context, q bun.IDB) error {
			at = nil
			return q.NewRaw(`SELECT asked_at FROM audit_runs WHERE id = (SELECT min(id) FROM audit_runs)`).Scan(ctx, &at)
		})
	}
	if err != nil || len(at) == 0 {
		return 0, err
	}
	return max(0, now.Sub(at[0])), nil
}
