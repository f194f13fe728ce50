package audit

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const (
	// RunWithin is how long an audit may take before it is given up: one that hangs
	// would keep all others from running.
	RunWithin = 6 * time.Hour
	// MostTries is how often an audit is begun. One that ends its process, since there
	// is not enough memory for it, is not begun by one process after the other.
	MostTries = 3
	// MostFindings is how many findings of an audit are kept, in the order of their
	// kinds. An audit that is told of another engine would find something with every order.
	MostFindings = 10_000
	// KeptFor is how long audits, and findings that are closed, are kept.
	KeptFor = 90 * 24 * time.Hour

	runLease  = time.Minute
	runRenew  = 15 * time.Second
	runPoll   = 5 * time.Second
	runMoment = 15 * time.Second // what yeyak audit has by default
	// noteWithin bounds what has to be written though the process ends.
	noteWithin = 30 * time.Second
)

// errLost is for an audit that another process has taken over.
var errLost = errors.New("another process has this audit")

// Runs are the audits that are kept, one of them open at most.
type Runs interface {
	// Due asks for an audit unless one is open or one was asked for less than every ago;
	// one that has failed counts for a sixth of that.
	Due(ctx context.Context, now time.Time, every time.Duration) error
	// Lease gives out the open audit until a moment, unless another process has it. One
	// that was begun MostTries times is ended instead.
	Lease(ctx context.Context, now, until time.Time) (run booking.AuditRun, ok bool, err error)
	// Renew extends a lease; false when another process has the audit, or it has ended.
	Renew(ctx context.Context, run booking.AuditRun, until time.Time) (ok bool, err error)
	// Release gives an audit back as if it had not been begun.
	Release(ctx context.Context, run booking.AuditRun) error
	// Done ends an audit with what it has found, and closes what it has not found again.
	Done(ctx context.Context, run booking.AuditRun, r Report, at time.Time) error
	// Failed ends an audit that could not look.
	Failed(ctx context.Context, run booking.AuditRun, words string, at time.Time) error
	// Forget drops audits and findings that ended before a moment, some at a time.
	Forget(ctx context.Context, before time.Time) error
}

// Runner runs the audits that are due or asked for. All processes that know what an
// audit needs have one; the audits' rows see to it that one at a time runs.
type Runner struct {
	Runs    Runs
	Sources Sources
	// Every is how often there is an audit that nobody has asked for; 0 is never.
	Every time.Duration
	Log   *zap.Logger
}

// Run looks for audits until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.next(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("audits cannot be looked for", zap.Error(err))
		}
		_ = wait(ctx, runPoll)
	}
}

// next runs the open audit, if there is one that no other process has.
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
	r.Log.Info("audit begins", zap.Int64("audit", run.ID), zap.String("by", run.AskedBy), zap.Int("try", run.Tries))
	report, err := r.look(ctx, run)
	return r.end(ctx, run, report, err)
}

// look does the audit while this process has it.
func (r *Runner) look(ctx context.Context, run booking.AuditRun) (Report, error) {
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

// renew extends the lease until ctx ends. A lease that cannot be extended in time is
// another process's to take.
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

// end notes what came of an audit, also while the process ends.
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
		log.Error("audit could not look", zap.Error(failure))
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
