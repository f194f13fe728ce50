package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// Jobs stores deliveries or productions, one per order. It implements activities.Jobs.
type Jobs struct {
	db       *DB
	sort     string            // kind of job; also the name of its list
	finished booking.JobStatus // status of a job that went well
	by       bun.Ident         // column that selects its lists
}

// NewDeliveries stores deliveries in db.
func NewDeliveries(db *DB) *Jobs { return &Jobs{db, "delivery", booking.JobDelivered, "owner_id"} }

// NewProductions stores productions in db.
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
	Reason    booking.Reason `bun:"why"` // of the cancellation
	Started   bool           // false: it was cancelled before it was started, and cannot be started
	CreatedAt time.Time
	ChangedAt time.Time
}

func (j *Jobs) newRow(job booking.Job, status booking.JobStatus, reason booking.Reason) jobRow {
	at := now()
	return jobRow{
		Sort: j.sort, OrderID: job.OrderID, OwnerID: job.OwnerID, ItemID: job.Item.ID, ItemName: job.Item.Name,
		Quantity: job.Quantity, Address: job.Address, Status: status, Reason: reason,
		Started: status == booking.JobStarted, CreatedAt: at, ChangedAt: at,
	}
}

func (r jobRow) state() booking.JobState {
	return booking.JobState{
		Job: booking.Job{
			OrderID: r.OrderID, OwnerID: r.OwnerID, Item: booking.Item{ID: r.ItemID, Name: r.ItemName},
			Quantity: r.Quantity, Address: r.Address, Reason: r.Reason,
		},
		Status: r.Status, At: r.ChangedAt.UTC(),
	}
}

// outcome is the outcome of the job's steps: Done unless it was cancelled.
func (r jobRow) outcome() booking.Outcome {
	if r.Status == booking.JobCancelled {
		return booking.Outcome{Result: booking.Undone, Reason: r.Reason}
	}
	return booking.Outcome{Result: booking.Done}
}

// Start starts the order's job, once: Done, also if it has been finished since. Undone,
// with the reason: it was cancelled, possibly before, or is too late.
func (j *Jobs) Start(ctx context.Context, job booking.Job) (booking.Outcome, error) {
	var row jobRow
	err := j.db.inTx(ctx, "start "+j.sort, func(ctx context.Context, q bun.IDB) error {
		row = j.newRow(job, booking.JobStarted, "")
		if job.Late {
			row = j.newRow(job, booking.JobCancelled, job.Reason)
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

// Finish finishes a started job, once. Undone, with the reason: it was cancelled
// before. NotFound: it was never started.
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

// Stop cancels the job unless it is finished: Done, or Refused. A job that was never
// started cannot be started later. The first reason stays.
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

// Cancel cancels the job in any status. Repeating it returns the same. A job that was
// never started cannot be started later. The first reason stays.
func (j *Jobs) Cancel(ctx context.Context, job booking.Job) (booking.Undo, error) {
	row, err := j.cancel(ctx, "cancel "+j.sort, job, booking.JobStarted, j.finished)
	return booking.Undo{Acted: row.Started && err == nil}, err
}

// cancel cancels the job if it does not exist or has one of the statuses, and returns
// it.
func (j *Jobs) cancel(ctx context.Context, what string, job booking.Job, from ...booking.JobStatus) (row jobRow, err error) {
	err = j.db.inTx(ctx, what, func(ctx context.Context, q bun.IDB) error {
		row = j.newRow(job, booking.JobCancelled, job.Reason)
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

// Job returns the order's job, including one that was cancelled before its start.
// NotFound: there is none.
func (j *Jobs) Job(ctx context.Context, orderID string) (booking.JobState, error) {
	var row jobRow
	err := j.db.run(ctx, "read "+j.sort, func(ctx context.Context, q bun.IDB) (err error) {
		row, err = j.of(ctx, q, orderID)
		return err
	})
	return row.state(), err
}

// List lists the selected jobs that were started, the latest start first. It returns
// InvalidCursor for a cursor of another list.
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

// selection is the column by which jobs of this kind are selected; it has an index.
func (j *Jobs) selection(f booking.JobFilter) (equal, error) {
	switch {
	case f.OwnerID != "" && j.by != "owner_id", f.ItemID != "" && j.by != "item_id":
		return equal{}, fmt.Errorf("list jobs: %s is selected by %s only", j.sort, j.by)
	default:
		return equal{j.by, f.OwnerID + f.ItemID}, nil
	}
}

// listed are the requested statuses that a listed job can have: none waits, since all
// were started.
func (j *Jobs) listed(wanted booking.JobStatus) []booking.JobStatus {
	return slices.DeleteFunc([]booking.JobStatus{booking.JobStarted, j.finished, booking.JobCancelled},
		func(s booking.JobStatus) bool { return wanted != "" && wanted != s })
}
