package api

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// temporalError marks an error of a call to Temporal, so that a deadline
// there is not taken for one of a database.
type temporalError struct{ error }

func (e temporalError) Unwrap() error { return e.error }

// temporalAway tells whether err is Temporal being away or too busy, as
// opposed to a defect.
func temporalAway(err error) bool {
	if _, marked := errors.AsType[temporalError](err); !marked {
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
		return true // it knows of no orders at all: not yet, or no more
	}
	if _, ok := errors.AsType[*serviceerror.WorkflowNotReady](err); ok {
		return true // its workers have let tasks of it pass
	}
	_, busy := errors.AsType[*serviceerror.ResourceExhausted](err)
	return busy
}

// ranOut tells whether a call to Temporal ended because its time did, in one
// of the ways in which the SDK says so.
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

// noWorkflow tells whether Temporal knows no such workflow, or none that runs.
func noWorkflow(err error) bool {
	_, ok := errors.AsType[*serviceerror.NotFound](err)
	return ok
}

// namespaceUnprepared tells whether err is a namespace of Temporal's without the
// search attributes of orders. Nothing was begun.
func namespaceUnprepared(err error) bool {
	invalid, ok := errors.AsType[*serviceerror.InvalidArgument](err)
	return ok && strings.Contains(invalid.Message, "search attribute")
}
