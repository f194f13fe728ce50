package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// DrinkDeletion takes a drink off the menu: from then on no order of it is
// taken, and those that are open are cancelled by their own sagas, a batch at
// a time. It goes through all that hold some of the drink again and again,
// until only such are left as were over before. It ends when nothing is owed
// to anybody.
func DrinkDeletion(ctx workflow.Context, in contract.DrinkDeletion) (booking.DrinkDeletion, error) {
	d := &deletion{in: in}
	if !d.in.Closed {
		if err := d.closeDrink(ctx); err != nil {
			return d.in.Progress, err //replay:never only when an operator has cancelled it
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
	err := d.do(ctx, "close drink", drinks.CloseDrink, d.in.DrinkID, &d.in.Progress)
	d.in.Closed = err == nil
	return err
}

func (d *deletion) cancelBatch(ctx workflow.Context) error {
	var done activities.DrinkBatchDone
	batch := activities.DrinkBatch{DrinkID: d.in.DrinkID, After: d.in.After, Limit: d.in.Batch}
	if err := d.do(ctx, "cancel orders", drinks.CancelDrinkOrders, batch, &done); err != nil {
		return err //replay:never only when an operator has cancelled it
	}
	d.in.After, d.in.Over = done.Last, d.in.Over+done.Over
	last := done.Orders < d.in.Batch
	p := &d.in.Progress
	p.Over = max(p.Over, d.in.Over)
	p.Cancelled = p.Orders - max(done.Left, p.Over)
	p.Done = last && done.Left == d.in.Over
	if err := d.do(ctx, "show progress", drinks.NoteDeletion, activities.Deletion{DrinkID: d.in.DrinkID, Progress: *p}, nil); err != nil {
		return err //replay:never only when an operator has cancelled it
	}
	if last && !p.Done { // once more from the beginning
		d.in.After, d.in.Over = "", 0
		return workflow.Sleep(ctx, pause)
	}
	return nil
}

func (d *deletion) do(ctx workflow.Context, name string, activity, with, result any) error {
	return durably(ctx, call{name: name, queue: contract.InventoryQueue, do: activity, with: with}).Get(ctx, result)
}
