package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Jobs are deliveries, or productions: one an order. It implements
// activities.Jobs.
type Jobs struct {
	db       *DB
	sort     string            // of job; its name, and that of its list
	finished booking.JobStatus // how such a job ends well
	by       bun.Ident         // the column that lists of them are selected by
}

// NewDeliveries keeps deliveries in db.
func NewDeliveries(db *DB) *Jobs { return &Jobs{db, "delivery", booking.JobDelivered, "owner_id"} }

// NewProductions keeps productions in db.
func NewProductions(db *DB) *Jobs { return &Jobs{db, "production", booking.JobCompleted, "item_id"} }

type jobRow struct {
	bun.BaseModel `bun:"table:jobs"`

	Sort      string `bun:",pk"`
	OrderID   string `bun:",pk"`
	OwnerID   string
	ItemID    string
	ItemName  string
	Quantity  int
	Address   booking.Personal
	Status    booking.JobStatus
	Why       booking.Reason // it was cancelled
	Started   bool           // ever; one that was not is there so that it never is
	CreatedAt time.Time
	ChangedAt time.Time
}

func (j *Jobs) newRow(job booking.Job, status booking.JobStatus, why booking.Reason) jobRow {
	at := now()
	return jobRow{
		Sort: j.sort, OrderID: job.OrderID, OwnerID: job.OwnerID, ItemID: job.Item.ID, ItemName: job.Item.Name,
		Quantity: job.Quantity, Address: job.Address, Status: status, Why: why,
		Started: status == booking.JobStarted, CreatedAt: at, ChangedAt: at,
	}
}

func (r jobRow) state() booking.JobState {
	return booking.JobState{
		Job: booking.Job{
			OrderID: r.OrderID, OwnerID: r.OwnerID, Item: booking.Item{ID: r.ItemID, Name: r.ItemName},
			Quantity: r.Quantity, Address: r.Address, Why: r.Why,
		},
		Status: r.Status, At: r.ChangedAt.UTC(),
	}
}

// outcome is what the job's steps answer: as long as it was not cancelled,
// they are done.
func (r jobRow) outcome() booking.Outcome {
	if r.Status == booking.JobCancelled {
		return booking.Outcome{Result: booking.Undone, Reason: r.Why}
	}
	return booking.Outcome{Result: booking.Done}
}

// Start begins the order's job, once: Done, also when it has ended well since.
// Undone, and why, when it was cancelled, even before it was begun, or asked for
// too late.
func (j *Jobs) Start(ctx context.Context, job booking.Job) (booking.Outcome, error) {
	var row jobRow
	err := j.db.inTx(ctx, "start "+j.sort, func(ctx context.Context, q bun.IDB) error {
		row = j.newRow(job, booking.JobStarted, "")
		if job.Late {
			row = j.newRow(job, booking.JobCancelled, job.Why)
		}
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (sort, order_id) DO NOTHING").Exec(ctx))
		if err != nil || inserted == 1 {
			return err
		}
		row, err = j.of(ctx, q, job.OrderID)
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return row.outcome(), nil
}

// Finish ends a job that was started well, once. Undone, and why, when it was
// cancelled before. NotFound: it was never started.
func (j *Jobs) Finish(ctx context.Context, orderID string) (booking.Outcome, error) {
	var row jobRow
	err := j.db.inTx(ctx, "finish "+j.sort, func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE jobs SET status = ?, changed_at = ? WHERE sort = ? AND order_id = ? AND status = ?",
			j.finished, now(), j.sort, orderID, booking.JobStarted).Exec(ctx)
		if err != nil {
			return err
		}
		row, err = j.of(ctx, q, orderID)
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return row.outcome(), nil
}

// Stop cancels the job unless it has ended well: Done, or Refused. One that
// was never started never will be. The first reason given stays.
func (j *Jobs) Stop(ctx context.Context, job booking.Job) (booking.Outcome, error) {
	row, err := j.cancel(ctx, "stop "+j.sort, job, booking.JobStarted)
	if err != nil {
		return booking.Outcome{}, err
	}
	if row.Status == j.finished {
		return booking.Outcome{Result: booking.Refused}, nil
	}
	return booking.Outcome{Result: booking.Done}, nil
}

// Cancel cancels the job, however far it has come, and answers the same from
// then on. One that was never started never will be. The first reason given
// stays.
func (j *Jobs) Cancel(ctx context.Context, job booking.Job) (booking.Undo, error) {
	row, err := j.cancel(ctx, "cancel "+j.sort, job, booking.JobStarted, j.finished)
	return booking.Undo{Acted: row.Started && err == nil}, err
}

// cancel cancels the job if it is not there yet or stands at one of those, and
// returns it as it stands then.
func (j *Jobs) cancel(ctx context.Context, what string, job booking.Job, from ...booking.JobStatus) (row jobRow, err error) {
	err = j.db.inTx(ctx, what, func(ctx context.Context, q bun.IDB) error {
		row = j.newRow(job, booking.JobCancelled, job.Why)
		upsert := q.NewInsert().Model(&row).On("CONFLICT (sort, order_id) DO UPDATE")
		for _, column := range []bun.Ident{"status", "why", "changed_at"} {
			upsert.Set("?0 = CASE WHEN ?TableAlias.status IN (?1) THEN EXCLUDED.?0 ELSE ?TableAlias.?0 END", column, bun.List(from))
		}
		return upsert.Returning("*").Scan(ctx)
	})
	return row, err
}

func (j *Jobs) of(ctx context.Context, q bun.IDB, orderID string) (jobRow, error) {
	var row jobRow
	err := q.NewSelect().Model(&row).Where("sort = ? AND order_id = ?", j.sort, orderID).Scan(ctx)
	return row, orNotFound(err, j.sort+" of order", orderID)
}

// Job is the order's job. One that was cancelled before it was ever started is
// shown too. NotFound: neither.
func (j *Jobs) Job(ctx context.Context, orderID string) (booking.JobState, error) {
	var row jobRow
	err := j.db.run(ctx, "read "+j.sort, func(ctx context.Context, q bun.IDB) (err error) {
		row, err = j.of(ctx, q, orderID)
		return err
	})
	return row.state(), err
}

// List lists the jobs that the filter selects and that were ever started, the
// one started last first. InvalidCursor: the page's cursor is not one of this
// list.
func (j *Jobs) List(ctx context.Context, f booking.JobFilter, p booking.Page) (_ []booking.JobState, next string, err error) {
	of, err := j.selection(f)
	if err != nil {
		return nil, "", err
	}
	var after moment
	if p.Cursor != "" {
		if after, err = decodeMoment(j.sort, p.Cursor); err != nil {
			return nil, "", err
		}
	}
	statuses := j.listed(f.Status)
	if len(statuses) == 0 {
		return nil, "", nil
	}
	size := pageSize(p.Limit)
	var rows []jobRow
	err = j.db.list(ctx, "list jobs: "+j.sort, func(ctx context.Context, q bun.IDB) error {
		rows = nil
		parts := make([]*bun.SelectQuery, len(statuses))
		for i, status := range statuses {
			parts[i] = whereEqual(q.NewSelect().Model((*jobRow)(nil)).Where("started"),
				equal{"sort", j.sort}, of, equal{"status", string(status)})
			if p.Cursor != "" {
				parts[i].Where("(created_at, order_id) < (?, ?)", after.at, after.id)
			}
		}
		return merged(q, parts, "created_at DESC, order_id DESC", size+1).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = part(rows, size, func(last jobRow) string { return moment{last.CreatedAt, last.OrderID}.cursor(j.sort) })
	states := make([]booking.JobState, len(rows))
	for i, row := range rows {
		states[i] = row.state()
	}
	return states, next, nil
}

// selection is the column that jobs of this sort are selected by, and whose
// index serves that.
func (j *Jobs) selection(f booking.JobFilter) (equal, error) {
	switch {
	case f.OwnerID != "" && j.by != "owner_id", f.ItemID != "" && j.by != "item_id":
		return equal{}, fmt.Errorf("list jobs: %s is selected by %s only", j.sort, j.by)
	default:
		return equal{j.by, f.OwnerID + f.ItemID}, nil
	}
}

// listed are those of the statuses asked for that a job in the list may have:
// none waits, since it was started.
func (j *Jobs) listed(asked booking.JobStatus) []booking.JobStatus {
	return slices.DeleteFunc([]booking.JobStatus{booking.JobStarted, j.finished, booking.JobCancelled},
		func(s booking.JobStatus) bool { return asked != "" && asked != s })
}
