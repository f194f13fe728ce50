package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// DrinkDeletion takes a drink off the menu: no new order of it is accepted, and its open orders
// are cancelled by their own sagas, a batch at a time. It repeats passes over all orders that
// hold some of the drink, until a pass finds none to cancel and no saga of such an order runs.
// Then no stock and no refund is outstanding.
func DrinkDeletion(ctx workflow.Context, in contract.DrinkDeletion) (booking.DrinkDeletion, error) {
	d := &deletion{in: in.Normalized(begins(ctx))}
	if err := d.in.Check(); err != nil {
		return d.in.Progress, refusedInput(err)
	}
	if !d.in.Closed {
		if err := d.closeDrink(ctx); err != nil {
			return d.in.Progress, err //replay:never only an operator's cancellation of the workflow leads here
		}
	}
	for range d.in.Batches {
		if err := d.cancelBatch(ctx); err != nil || d.in.Progress.Done {
			return d.in.Progress, err
		}
	}
	return d.in.Progress, workflow.NewContinueAsNewError(ctx, contract.DrinkDeletionWorkflow, d.in)
}

type deletion struct{ in contract.DrinkDeletion }

func (d *deletion) closeDrink(ctx workflow.Context) error {
	err := d.do(ctx, "close drink", drinks.CloseDrink, activities.Deletion{DrinkID: d.in.DrinkID, By: d.in.By}, &d.in.Progress)
	d.in.Closed = err == nil
	return err
}

func (d *deletion) cancelBatch(ctx workflow.Context) error {
	var done activities.DrinkBatchDone
	batch := activities.DrinkBatch{DrinkID: d.in.DrinkID, By: d.in.By, After: d.in.After, Limit: d.in.Batch}
	if err := d.do(ctx, "cancel orders", drinks.CancelDrinkOrders, batch, &done); err != nil {
		return err //replay:never only an operator's cancellation of the workflow leads here
	}
	d.in.After, d.in.Ended, d.in.Signalled = done.Last, d.in.Ended+done.Ended, d.in.Signalled+done.Signalled
	last := done.Orders < d.in.Batch
	p := &d.in.Progress
	p.Ended = max(p.Ended, d.in.Ended)
	p.Cancelled = max(p.Cancelled, p.Orders-p.Ended-done.Running)
	p.Done = last && d.in.Signalled == 0 && done.Running == 0
	note := activities.Deletion{DrinkID: d.in.DrinkID, By: d.in.By, Progress: *p}
	if err := d.do(ctx, "show progress", drinks.NoteDeletion, note, nil); err != nil {
		return err //replay:never only an operator's cancellation of the workflow leads here
	}
	if last && !p.Done { // the next pass starts at the first order again
		d.in.After, d.in.Ended, d.in.Signalled = "", 0, 0
		d.in.Passes++
		return workflow.Sleep(ctx, min(time.Duration(d.in.Passes)*passPause, longestPassPause))
	}
	return nil
}

// The pause between two passes, a little longer each time: each pass sends a signal to
// every order that cannot be cancelled yet, and the engine allows 10,000 signals for a
// workflow. A week has some 800 passes.
const (
	passPause        = 2 * time.Second
	longestPassPause = time.Hour
)

func (d *deletion) do(ctx workflow.Context, name string, activity, with, result any) error {
	return durably(ctx, call{name: name, queue: contract.InventoryQueue, do: activity, with: with}).Get(ctx, result)
}
