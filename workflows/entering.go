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

// refusedEntry is the prefix of the value that the history of a refused workflow has
// instead of its run id.
const refusedEntry = "refused: "

// checkInput records the run id, or fails the workflow with Invalid if its input is not an
// order's, before anything is done. The verdict is recorded, since a later build may have
// other rules and a replay must come to the same result.
func (o *order) checkInput(check func() error) error {
	o.runID = o.recorded(func(ctx workflow.Context) any {
		if err := check(); err != nil {
			return refusedEntry + reasonIn(err)
		}
		return workflow.GetInfo(ctx).WorkflowExecution.RunID
	})
	if why, refused := strings.CutPrefix(o.runID, refusedEntry); refused {
		return refusedInput(booking.Errorf(booking.Invalid, "%s", why))
	}
	return nil
}

// mayStart returns Invalid if no order can have this input in this workflow.
func mayStart(ctx workflow.Context, in contract.Order, input contract.Input) error {
	info := workflow.GetInfo(ctx)
	if err := input.Check(); err != nil {
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

// longestOrder is longer than any order's workflow runs.
const longestOrder = (booking.YearsAhead + 2) * 366 * 24 * time.Hour

// unlimited is the engine's timeout, or longestOrder if there is none.
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

// refusedInput is the non-retryable error of a workflow whose input is invalid. Nothing was
// done.
func refusedInput(err error) error {
	var no *booking.Error
	if errors.As(err, &no) {
		return temporal.NewNonRetryableApplicationError(no.Message, string(no.Code), nil)
	}
	return err //replay:never an input is refused with a booking.Error only
}

// begins reports whether this is the first run of a workflow that continues as new.
// Progress that the input of a first run claims is not true.
func begins(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).ContinuedExecutionRunID == ""
}

// receiveValid waits for a signal whose content is known. It logs and ignores others; the SDK
// drops those that it cannot decode.
func receiveValid[T any](ctx workflow.Context, signal string, known func(T) bool) T {
	for {
		var said T
		workflow.GetSignalChannel(ctx, signal).Receive(ctx, &said)
		if known(said) {
			return said
		}
		workflow.GetLogger(ctx).Warn("signal ignored: it says nothing that an order knows", "signal", signal)
	}
}
