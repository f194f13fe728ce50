package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Jobs are deliveries or productions: one per order.
type Jobs interface {
	// Start begins the order's job, once: Done, also if the job has since been finished.
	// Undone if it was cancelled, even before it began.
	Start(ctx context.Context, j booking.Job) (booking.Outcome, error)
	// Finish finishes a started job, once. Undone if it was cancelled before. Fails if it
	// was never started.
	Finish(ctx context.Context, orderID string) (booking.Outcome, error)
	// Stop cancels the job for j.Reason unless it is finished: Done, or Refused. A job that was
	// never started cannot start afterwards. Returns booking.ErrNothingDone if it is certain that
	// the job continues.
	Stop(ctx context.Context, j booking.Job) (booking.Outcome, error)
	// Cancel cancels the job for j.Reason, in any status. A job that was never started
	// cannot start afterwards.
	Cancel(ctx context.Context, j booking.Job) (booking.Undo, error)
	// Change gives the job another quantity, once under c's key: Done, or Undone if the
	// change was undone before, or the job has ended or was never started.
	Change(ctx context.Context, c booking.JobChange) (booking.Outcome, error)
	// ChangeBack restores the quantity that the job had before Change, once. A Change that
	// never happened cannot happen afterwards.
	ChangeBack(ctx context.Context, c booking.JobChange) (booking.Undo, error)
}

// Deliveries brings orders to their customers.
type Deliveries struct {
	Service
	Jobs Jobs
}

// StartDelivery assigns the order to a courier.
func (d *Deliveries) StartDelivery(ctx context.Context, j booking.Job) (booking.Outcome, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (booking.Outcome, error) { return d.Jobs.Start(ctx, j) })
}

// FinishDelivery records that the courier has handed the order over.
func (d *Deliveries) FinishDelivery(ctx context.Context, orderID string) (booking.Outcome, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (booking.Outcome, error) { return d.Jobs.Finish(ctx, orderID) })
}

// StopDelivery cancels the delivery unless the order was handed over.
func (d *Deliveries) StopDelivery(ctx context.Context, j booking.Job) (booking.Outcome, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (booking.Outcome, error) { return d.Jobs.Stop(ctx, j) })
}

// CancelDelivery undoes StartDelivery.
func (d *Deliveries) CancelDelivery(ctx context.Context, j booking.Job) (booking.Undo, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (booking.Undo, error) { return d.Jobs.Cancel(ctx, j) })
}

// Productions makes drinks.
type Productions struct {
	Service
	Jobs Jobs
}

// StartProduction adds the order to the list of orders being made.
func (p *Productions) StartProduction(ctx context.Context, j booking.Job) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) { return p.Jobs.Start(ctx, j) })
}

// FinishProduction records that the drinks were handed over.
func (p *Productions) FinishProduction(ctx context.Context, orderID string) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) { return p.Jobs.Finish(ctx, orderID) })
}

// CancelProduction undoes StartProduction.
func (p *Productions) CancelProduction(ctx context.Context, j booking.Job) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) { return p.Jobs.Cancel(ctx, j) })
}

// ChangeProduction changes the quantity that is made.
func (p *Productions) ChangeProduction(ctx context.Context, c booking.JobChange) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) { return p.Jobs.Change(ctx, c) })
}

// ChangeProductionBack undoes ChangeProduction.
func (p *Productions) ChangeProductionBack(ctx context.Context, c booking.JobChange) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) { return p.Jobs.ChangeBack(ctx, c) })
}
