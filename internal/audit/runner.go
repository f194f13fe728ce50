package audit

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const (
	// RunWithin is the time limit of an audit: one that hangs must not block all
	// others.
	RunWithin = 6 * time.Hour
	// MostTries is how often an audit is begun. An audit that crashes its process, for
	// lack of memory, is not begun by one process after the other.
	MostTries = 3
	// MostFindings is the maximum number of stored findings of an audit, in the order
	// of their kinds. An audit against the wrong engine finds something in every order.
	MostFindings = 10_000
	// KeptFor is how long audits and closed findings are kept.
	KeptFor = 90 * 24 * time.Hour

	runLease  = time.Minute
	runRenew  = 15 * time.Second
	runPoll   = 5 * time.Second
	runMoment = 15 * time.Second // the default of yeyak audit
	// noteWithin is the time limit of the writes at the end of the process.
	noteWithin = 30 * time.Second
)

// errLost: another process has taken over the audit.
var errLost = errors.New("another process has this audit")

// Runs stores the audits. At most one is open.
type Runs interface {
	// Due requests an audit unless one is open or the last request is less than `every`
	// ago; after a failed audit, a sixth of that.
	Due(ctx context.Context, now time.Time, every time.Duration) error
	// Lease leases the open audit until the given time, unless another process has it.
	// An audit that was begun MostTries times is ended instead.
	Lease(ctx context.Context, now, until time.Time) (run booking.AuditRun, ok bool, err error)
	// Renew extends a lease. It returns false if another process has the audit, or it
	// has ended.
	Renew(ctx context.Context, run booking.AuditRun, until time.Time) (ok bool, err error)
	// Release returns an audit as if it had not been begun.
	Release(ctx context.Context, run booking.AuditRun) error
	// Done ends an audit with its findings, and closes earlier findings that were not
	// found again.
	Done(ctx context.Context, run booking.AuditRun, r Report, at time.Time) error
	// Failed ends an audit that could not read its sources.
	Failed(ctx context.Context, run booking.AuditRun, words string, at time.Time) error
	// Forget deletes some of the audits and findings that ended before the given time.
	Forget(ctx context.Context, before time.Time) error
}

// Runner runs requested audits and those that are due. Every process with all sources
// has one; the rows of Runs ensure that one audit runs at a time.
type Runner struct {
	Runs    Runs
	Sources Sources
	// Every is the interval of audits; 0 means only requested ones.
	Every time.Duration
	Log   *zap.Logger
}

// Run runs audits until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.next(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("due audits cannot be read", zap.Error(err))
		}
		_ = wait(ctx, runPoll)
	}
}

// next runs the open audit, unless another process has it.
func (r *Runner) next(ctx context.Context) error {
	now := time.Now()
	if r.Every > 0 {
		if err := r.Runs.Due(ctx, now, r.Every); err != nil {
			return err
		}
	}
	run, ok, err := r.Runs.Lease(ctx, now, now.Add(runLease))
	if err != nil || !ok {
		return err
	}
	r.Log.Info("audit begins", zap.Int64("audit", run.ID), zap.String("by", run.RequestedBy), zap.Int("try", run.Tries))
	report, err := r.audit(ctx, run)
	return r.end(ctx, run, report, err)
}

// audit runs the audit while this process has its lease.
func (r *Runner) audit(ctx context.Context, run booking.AuditRun) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, RunWithin)
	defer cancel()
	running, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	go r.renew(running, run, lose)
	report, err := Run(running, r.Sources, Options{Moment: runMoment, Gentle: true})
	if cause := context.Cause(running); err != nil && errors.Is(cause, errLost) {
		err = cause
	}
	return report, err
}

// renew extends the lease until ctx ends. If it cannot in time, another process may
// take the audit.
func (r *Runner) renew(ctx context.Context, run booking.AuditRun, lose context.CancelCauseFunc) {
	until := time.Now().Add(runLease)
	for wait(ctx, runRenew) == nil {
		next := time.Now().Add(runLease)
		ok, err := r.Runs.Renew(ctx, run, next)
		switch {
		case err == nil && ok:
			until = next
		case err == nil, time.Now().After(until):
			lose(errLost)
			return
		}
	}
}

// end stores the result of an audit, also while the process ends.
func (r *Runner) end(ctx context.Context, run booking.AuditRun, report Report, failure error) error {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	log, now := r.Log.With(zap.Int64("audit", run.ID)), time.Now()
	switch {
	case errors.Is(failure, errLost):
		log.Warn("audit was taken over by another process")
		return nil
	case failure != nil && stopping:
		return r.Runs.Release(ctx, run)
	case failure != nil:
		log.Error("audit failed", zap.Error(failure))
		return r.Runs.Failed(ctx, run, failure.Error(), now)
	}
	level := zap.InfoLevel
	if !report.Clean() {
		level = zap.WarnLevel
	}
	log.Log(level, "audit ended", zap.Int("orders", report.Orders), zap.Int("findings", len(report.Findings)),
		zap.Int("notJudged", report.NotJudged), zap.Int("inMotion", report.InMotion))
	if err := r.Runs.Done(ctx, run, report, now); err != nil {
		return err
	}
	return r.Runs.Forget(ctx, now.Add(-KeptFor))
}
