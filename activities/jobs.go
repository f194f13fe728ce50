package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Jobs are deliveries, or productions: one an order.
type Jobs interface {
	// Start begins the order's job, once: Done, also when it has ended well
	// since. Undone when it was cancelled, even before it was begun.
	Start(ctx context.Context, j booking.Job) (booking.Outcome, error)
	// Finish ends a job that was started well, once. Undone when it was
	// cancelled before. A job that was never started is an error.
	Finish(ctx context.Context, orderID string) (booking.Outcome, error)
	// Stop cancels the job for j.Why unless it has ended well: Done, or
	// Refused. One that was never started never will be. A failure of which it
	// is certain that the job goes on is booking.ErrNothingDone.
	Stop(ctx context.Context, j booking.Job) (booking.Outcome, error)
	// Cancel cancels the job for j.Why, however far it has come. One that was
	// never started never will be.
	Cancel(ctx context.Context, j booking.Job) (booking.Undo, error)
	// Change gives the job another quantity, once under c's key: Done, or Undone when the
	// change was taken back before, or the job has ended or was never started.
	Change(ctx context.Context, c booking.JobChange) (booking.Outcome, error)
	// ChangeBack gives the job the quantity that it had before Change, once. A Change
	// that never happened never will.
	ChangeBack(ctx context.Context, c booking.JobChange) (booking.Undo, error)
}

// Deliveries brings orders to their customers.
type Deliveries struct {
	Service
	Jobs Jobs
}

// StartDelivery gives the order to a courier.
func (d *Deliveries) StartDelivery(ctx context.Context, j booking.Job) (booking.Outcome, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (booking.Outcome, error) { return d.Jobs.Start(ctx, j) })
}

// FinishDelivery notes that the courier has handed the order over.
func (d *Deliveries) FinishDelivery(ctx context.Context, orderID string) (booking.Outcome, error) {
	return do(ctx, &d.Service, func(ctx context.Context) (booking.Outcome, error) { return d.Jobs.Finish(ctx, orderID) })
}

// StopDelivery calls the courier back, unless the order was handed over.
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

// StartProduction puts the order on the list of what is being made.
func (p *Productions) StartProduction(ctx context.Context, j booking.Job) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) { return p.Jobs.Start(ctx, j) })
}

// FinishProduction notes that the drinks were handed over.
func (p *Productions) FinishProduction(ctx context.Context, orderID string) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) { return p.Jobs.Finish(ctx, orderID) })
}

// CancelProduction undoes StartProduction.
func (p *Productions) CancelProduction(ctx context.Context, j booking.Job) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) { return p.Jobs.Cancel(ctx, j) })
}

// ChangeProduction has another quantity made.
func (p *Productions) ChangeProduction(ctx context.Context, c booking.JobChange) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) { return p.Jobs.Change(ctx, c) })
}

// ChangeProductionBack undoes ChangeProduction.
func (p *Productions) ChangeProductionBack(ctx context.Context, c booking.JobChange) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) { return p.Jobs.ChangeBack(ctx, c) })
}
