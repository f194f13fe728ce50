package orders

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// engineError marks an error of a call to the engine, so that its deadline is not taken for
// a database's.
type engineError struct{ error }

func (e engineError) Unwrap() error { return e.error }

// marked marks an error of a call to the engine; nil stays nil.
func marked(err error) error {
	if err == nil {
		return nil
	}
	return engineError{err}
}

// isAway reports whether the engine is away or too busy, as opposed to a defect.
func isAway(err error) bool {
	if _, ofEngine := errors.AsType[engineError](err); !ofEngine {
		return false
	}
	if ranOut(err) {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Unavailable](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.NamespaceUnavailable](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.NamespaceNotFound](err); ok {
		return true // its namespace does not exist: not yet, or no longer
	}
	if _, ok := errors.AsType[*serviceerror.WorkflowNotReady](err); ok {
		return true // its workers have let tasks time out
	}
	_, busy := errors.AsType[*serviceerror.ResourceExhausted](err)
	return busy
}

// ranOut reports whether a call to the engine timed out, in one of the ways in which the SDK
// reports it.
func ranOut(err error) bool {
	if _, ok := errors.AsType[*serviceerror.DeadlineExceeded](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Canceled](err); ok {
		return true
	}
	if _, ok := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err); ok {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// isBroken reports whether the connection to the engine broke.
func isBroken(err error) bool {
	_, broken := errors.AsType[*serviceerror.Unavailable](err)
	return broken
}

// isWorkflowMissing reports whether the engine knows no such workflow, or none that runs.
func isWorkflowMissing(err error) bool {
	_, ok := errors.AsType[*serviceerror.NotFound](err)
	return ok
}

// wasStarted reports whether the workflow was not started because there is one with its id.
func wasStarted(err error) bool {
	_, started := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	return started
}

// lacksAttributes reports whether the namespace lacks the search attributes of orders.
// Nothing was begun.
func lacksAttributes(err error) bool {
	invalid, ok := errors.AsType[*serviceerror.InvalidArgument](err)
	return ok && strings.Contains(invalid.Message, "search attribute")
}

// atLimit returns which of the engine's limits on decisions of one order is reached, nil if
// none is.
func atLimit(err error) error {
	if _, ok := errors.AsType[*serviceerror.FailedPrecondition](err); ok {
		return booking.Errorf(DecisionsExhausted, "the order accepts no more decisions until an operator has dealt with it").RetryIn(time.Minute)
	}
	busy, ok := errors.AsType[*serviceerror.ResourceExhausted](err)
	if ok && busy.Cause == enums.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT {
		return booking.Errorf(booking.DecisionPending, "as many decisions on the order are open as it can take")
	}
	return nil
}

// updateLostToClose is the SDK's type of the error of an update whose workflow has ended
// first.
const updateLostToClose = "AcceptedUpdateCompletedWorkflow"

// ofEarlierBuild reports whether the order runs on a build that does not know the decision.
// The SDK has no error type for that answer.
func ofEarlierBuild(answer *temporal.ApplicationError) bool {
	return answer != nil && strings.HasPrefix(answer.Message(), "unknown update ")
}

// earlierBuild is the refusal of such an order.
func earlierBuild() error {
	return booking.Errorf(EarlierBuild, "the order is run by an earlier build, which knows no such decision; nothing was done: move the order to this build first")
}

// answerOf is the error that an order's workflow answered to an update, with the details of
// a refusal: nil if err is something else, or has none.
func answerOf(err error) (*temporal.ApplicationError, *contract.Refusal) {
	answer, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok {
		return nil, nil
	}
	var refusal contract.Refusal
	if !answer.HasDetails() || answer.Details(&refusal) != nil {
		return answer, nil
	}
	return answer, &refusal
}
