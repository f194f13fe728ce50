package workflows

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refusedEntry begins what the history of a workflow that was refused has in the
// place of its run's id.
const refusedEntry = "refused: "

// enter notes the run, or fails the workflow of what cannot be an order, before
// anything is done for it. The verdict is in the history: a later build may have
// other rules, and a replay must not.
func (o *order) enter(check func() error) error {
	o.run = o.recorded(func(ctx workflow.Context) any {
		if err := check(); err != nil {
			return refusedEntry + reasonIn(err)
		}
		return workflow.GetInfo(ctx).WorkflowExecution.RunID
	})
	if why, refused := strings.CutPrefix(o.run, refusedEntry); refused {
		return refusedInput(booking.Errorf(booking.Invalid, "%s", why))
	}
	return nil
}

// mayStart is why there can be no order with this input and in this workflow.
func mayStart(ctx workflow.Context, in contract.Order, whole contract.Input) error {
	info := workflow.GetInfo(ctx)
	if err := whole.Check(); err != nil {
		return err
	}
	switch limit := min(unlimited(info.WorkflowExecutionTimeout), unlimited(info.WorkflowRunTimeout)); {
	case in.OrderID != info.WorkflowExecution.ID:
		return booking.Errorf(booking.Invalid, "orderId: the workflow's id must be the order's")
	case limit < longestOrder:
		return booking.Errorf(booking.Invalid, "the workflow of an order has no time-out: it would end without undoing anything")
	case info.CronSchedule != "":
		return booking.Errorf(booking.Invalid, "the workflow of an order has no schedule: there is one order of an id")
	case in.PlacedAt.After(info.WorkflowStartTime.Add(time.Hour)):
		return booking.Errorf(booking.Invalid, "placedAt: is in the future")
	case in.DispatchedAt.After(info.WorkflowStartTime.Add(time.Hour)):
		return booking.Errorf(booking.Invalid, "dispatchedAt: is in the future")
	default:
		return nil
	}
}

// longestOrder is longer than an order's workflow ever runs.
const longestOrder = (booking.YearsAhead + 2) * 366 * 24 * time.Hour

// unlimited is the engine's limit of a time, which is 0 when there is none.
func unlimited(limit time.Duration) time.Duration {
	if limit == 0 {
		return longestOrder
	}
	return limit
}

// reasonIn is an error's text without its code.
func reasonIn(err error) string {
	var no *booking.Error
	if errors.As(err, &no) {
		return no.Message
	}
	return err.Error()
}

// refusedInput ends a workflow for good whose input is at fault. Nothing was done.
func refusedInput(err error) error {
	var no *booking.Error
	if errors.As(err, &no) {
		return temporal.NewNonRetryableApplicationError(no.Message, string(no.Code), nil)
	}
	return err //replay:never an input is refused with a booking.Error only
}

// begins tells whether this is the first run of a workflow that continues as new.
// What its input says to have been done already is not so.
func begins(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).ContinuedExecutionRunID == ""
}

// heard waits for a signal that says something known. Of any other nothing comes
// but a line in the log; the SDK drops those that it cannot read.
func heard[T any](ctx workflow.Context, signal string, known func(T) bool) T {
	for {
		var said T
		workflow.GetSignalChannel(ctx, signal).Receive(ctx, &said)
		if known(said) {
			return said
		}
		workflow.GetLogger(ctx).Warn("signal ignored: it says nothing that an order knows", "signal", signal)
	}
}
