package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// Ways in which a service can be away.
var (
	errAway    = errors.New("the service is away")                                       // the call may have had its effect
	errCertain = fmt.Errorf("%w: the service cannot be reached", booking.ErrNothingDone) // the call has had no effect
)

// outage switches a service off: calls fail with this error.
type outage struct {
	err  atomic.Pointer[error]
	once atomic.Pointer[func() error]
}

// nextIs replaces the next call.
func (o *outage) nextIs(do func() error) { o.once.Store(&do) }

func (o *outage) begin(err error) { o.err.Store(&err) }
func (o *outage) end()            { o.err.Store(nil) }

func (o *outage) failure() error {
	if do := o.once.Swap(nil); do != nil {
		return (*do)()
	}
	if err := o.err.Load(); err != nil {
		return *err
	}
	return nil
}

// outages are the switches of a system.
type outages struct {
	deliveries, productions, crew, registry, stock, ledger, decisions *outage
	// madeLate: a late call makes the next change just before it is dropped.
	madeLate *atomic.Bool
}

func (all *outages) decorate(d *app.Decorate) {
	*all = outages{&outage{}, &outage{}, &outage{}, &outage{}, &outage{}, &outage{}, &outage{}, &atomic.Bool{}}
	d.Ledger = func(l activities.PaymentLedger) activities.PaymentLedger { return switchedLedger{l, all.ledger} }
	d.Deliveries = func(j activities.Jobs) activities.Jobs { return switchedJobs{j, all.deliveries} }
	d.Productions = func(j activities.Jobs) activities.Jobs { return switchedJobs{j, all.productions} }
	d.Crew = func(c activities.Crew) activities.Crew { return switchedCrew{c, all.crew} }
	d.Registry = func(r activities.Registry) activities.Registry { return switchedRegistry{r, all.registry} }
	d.Decisions = func(k activities.Decisions) activities.Decisions { return switchedDecisions{k, all.decisions} }
	if d.Stock == nil {
		d.Stock = func(s activities.Stock) activities.Stock { return switchedStock{s, all.stock, all.madeLate} }
	}
}

// unless calls do unless the service is away.
func unless[T any](o *outage, do func() (T, error)) (T, error) {
	if err := o.failure(); err != nil {
		var zero T
		return zero, err
	}
	return do()
}

type switchedJobs struct {
	activities.Jobs
	outage *outage
}

func (j switchedJobs) Start(ctx context.Context, job booking.Job) (booking.Outcome, error) {
	return unless(j.outage, func() (booking.Outcome, error) { return j.Jobs.Start(ctx, job) })
}

func (j switchedJobs) Finish(ctx context.Context, order string) (booking.Outcome, error) {
	return unless(j.outage, func() (booking.Outcome, error) { return j.Jobs.Finish(ctx, order) })
}

func (j switchedJobs) Stop(ctx context.Context, job booking.Job) (booking.Outcome, error) {
	return unless(j.outage, func() (booking.Outcome, error) { return j.Jobs.Stop(ctx, job) })
}

func (j switchedJobs) Cancel(ctx context.Context, job booking.Job) (booking.Undo, error) {
	return unless(j.outage, func() (booking.Undo, error) { return j.Jobs.Cancel(ctx, job) })
}

func (j switchedJobs) Change(ctx context.Context, c booking.JobChange) (booking.Outcome, error) {
	return unless(j.outage, func() (booking.Outcome, error) { return j.Jobs.Change(ctx, c) })
}

func (j switchedJobs) ChangeBack(ctx context.Context, c booking.JobChange) (booking.Undo, error) {
	return unless(j.outage, func() (booking.Undo, error) { return j.Jobs.ChangeBack(ctx, c) })
}

type switchedCrew struct {
	activities.Crew
	outage *outage
}

func (c switchedCrew) Assign(ctx context.Context, call booking.Call) (booking.Outcome, error) {
	return unless(c.outage, func() (booking.Outcome, error) { return c.Crew.Assign(ctx, call) })
}

func (c switchedCrew) Finish(ctx context.Context, order string) (booking.Outcome, error) {
	return unless(c.outage, func() (booking.Outcome, error) { return c.Crew.Finish(ctx, order) })
}

func (c switchedCrew) Cancel(ctx context.Context, call booking.Call) (booking.Undo, error) {
	return unless(c.outage, func() (booking.Undo, error) { return c.Crew.Cancel(ctx, call) })
}

func (c switchedCrew) Unsignalled(ctx context.Context) ([]booking.CleanerAtWork, error) {
	return unless(c.outage, func() ([]booking.CleanerAtWork, error) { return c.Crew.Unsignalled(ctx) })
}

type switchedRegistry struct {
	activities.Registry
	outage *outage
}

func (r switchedRegistry) Register(ctx context.Context, c booking.Call) (booking.Outcome, error) {
	return unless(r.outage, func() (booking.Outcome, error) { return r.Registry.Register(ctx, c) })
}

func (r switchedRegistry) Unregister(ctx context.Context, c booking.Call) (booking.Undo, error) {
	return unless(r.outage, func() (booking.Undo, error) { return r.Registry.Unregister(ctx, c) })
}

type switchedStock struct {
	activities.Stock
	outage   *outage
	madeLate *atomic.Bool
}

func (s switchedStock) Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	return unless(s.outage, func() (booking.Outcome, error) { return s.Stock.Hold(ctx, h) })
}

func (s switchedStock) Release(ctx context.Context, h booking.Hold) (booking.Undo, error) {
	return unless(s.outage, func() (booking.Undo, error) { return s.Stock.Release(ctx, h) })
}

func (s switchedStock) ChangeHold(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return unless(s.outage, func() (booking.Outcome, error) { return s.Stock.ChangeHold(ctx, c) })
}

func (s switchedStock) MakeChange(ctx context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return unless(s.outage, func() (booking.Outcome, error) { return s.Stock.MakeChange(ctx, c) })
}

func (s switchedStock) DropChange(ctx context.Context, c booking.HoldChange) (booking.Undo, error) {
	return unless(s.outage, func() (booking.Undo, error) {
		if s.madeLate.Swap(false) {
			if _, err := s.Stock.MakeChange(ctx, c); err != nil {
				return booking.Undo{}, err
			}
		}
		return s.Stock.DropChange(ctx, c)
	})
}

func (s switchedStock) Shorten(ctx context.Context, key string, end booking.Date) (booking.Freed, error) {
	return unless(s.outage, func() (booking.Freed, error) { return s.Stock.Shorten(ctx, key, end) })
}

type switchedDecisions struct {
	activities.Decisions
	outage *outage
}

func (d switchedDecisions) Waits(ctx context.Context, order string, before time.Time) (int, error) {
	return unless(d.outage, func() (int, error) { return d.Decisions.Waits(ctx, order, before) })
}

type switchedLedger struct {
	activities.PaymentLedger
	outage *outage
}

func (l switchedLedger) BeginCharge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	return unless(l.outage, func() (booking.Payment, error) { return l.PaymentLedger.BeginCharge(ctx, c) })
}

func (l switchedLedger) DeferCharge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	return unless(l.outage, func() (booking.Payment, error) { return l.PaymentLedger.DeferCharge(ctx, c) })
}

func (l switchedLedger) EndCharge(ctx context.Context, id string, answer booking.PaymentStatus, ref string) (booking.Payment, error) {
	return unless(l.outage, func() (booking.Payment, error) { return l.PaymentLedger.EndCharge(ctx, id, answer, ref) })
}

func (l switchedLedger) BeginRefund(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	return unless(l.outage, func() (booking.Payment, error) { return l.PaymentLedger.BeginRefund(ctx, c) })
}
