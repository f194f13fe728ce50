package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

// jobChangeRow is a change of a job's quantity and its outcome.
type jobChangeRow struct {
	bun.BaseModel `bun:"table:job_changes"`

	Key      string `bun:",pk"`
	Sort     string
	OrderID  string
	Was      int // before it
	Quantity int
	State    booking.Result
	Reason   booking.Reason
	At       time.Time
}

// Change changes the job's quantity, once under c's key: Done, or Undone if the change
// was undone before, or the job has ended or was never started. The outcome is recorded
// under c's key and returned from then on.
func (j *Jobs) Change(ctx context.Context, c booking.JobChange) (outcome booking.Outcome, err error) {
	err = j.db.inTx(ctx, "change "+j.sort, func(ctx context.Context, q bun.IDB) error {
		job, is, err := j.lockedChange(ctx, q, c)
		if err != nil {
			return err
		}
		if is == nil {
			is = j.newChange(c, job)
			if _, err := q.NewInsert().Model(is).Exec(ctx); err != nil {
				return err
			}
			if is.State == booking.Done {
				err = j.setQuantity(ctx, q, c.OrderID, c.Quantity)
			}
		}
		outcome = booking.Outcome{Result: is.State, Reason: is.Reason}
		return err
	})
	if err != nil {
		return booking.Outcome{}, err
	}
	return outcome, nil
}

// newChange is the row of a change; job is nil if there is none.
func (j *Jobs) newChange(c booking.JobChange, job *jobRow) *jobChangeRow {
	is := &jobChangeRow{
		Key: c.Key, Sort: j.sort, OrderID: c.OrderID, Quantity: c.Quantity, State: booking.Undone, Reason: booking.TooLate, At: now(),
	}
	switch {
	case job == nil:
	case job.Status == booking.JobStarted:
		is.State, is.Reason, is.Was = booking.Done, "", job.Quantity
	case job.Status == booking.JobCancelled:
		is.Reason = job.Reason
	}
	return is
}

// ChangeBack restores the job's quantity before Change, once. A Change that was never
// made is recorded as undone and cannot be made later.
func (j *Jobs) ChangeBack(ctx context.Context, c booking.JobChange) (undo booking.Undo, err error) {
	err = j.db.inTx(ctx, "change "+j.sort+" back", func(ctx context.Context, q bun.IDB) error {
		undo = booking.Undo{}
		_, is, err := j.lockedChange(ctx, q, c)
		switch {
		case err != nil:
			return err
		case is == nil:
			is = j.newChange(c, nil)
			is.Reason = c.Reason
			_, err = q.NewInsert().Model(is).Exec(ctx)
			return err
		case is.State != booking.Done:
			return nil
		}
		undo.Acted = true
		if _, err := q.NewRaw("UPDATE job_changes SET state = ?, reason = ? WHERE key = ?", booking.Undone, c.Reason, c.Key).Exec(ctx); err != nil {
			return err
		}
		return j.setQuantity(ctx, q, c.OrderID, is.Was)
	})
	return undo, err
}

// lockedChange returns the job, locked, and c's recorded change. Either is nil if there
// is none.
func (j *Jobs) lockedChange(ctx context.Context, q bun.IDB, c booking.JobChange) (job *jobRow, is *jobChangeRow, err error) {
	job = new(jobRow)
	err = q.NewRaw("SELECT * FROM jobs WHERE sort = ? AND order_id = ? ?", j.sort, c.OrderID, j.db.dialect.forUpdate).Scan(ctx, job)
	if errors.Is(err, sql.ErrNoRows) {
		job, err = nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	is = new(jobChangeRow)
	err = q.NewSelect().Model(is).Where("key = ?", c.Key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return job, nil, nil
	}
	return job, is, err
}

func (j *Jobs) setQuantity(ctx context.Context, q bun.IDB, orderID string, quantity int) error {
	_, err := q.NewRaw("UPDATE jobs SET quantity = ?, changed_at = ? WHERE sort = ? AND order_id = ?", quantity, now(), j.sort, orderID).Exec(ctx)
	return err
}
