package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/store"
)

// runbook is the documentation of faults that no single command repairs.
func runbook(anchor string) string { return ": see docs/operations/trouble.md#" + anchor }

// engineFailure has the engine read from its storage, and write to it: its own health
// check does neither.
func (h *health) engineFailure(ctx context.Context) string {
	_, err := h.engine.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: h.namespace})
	if _, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err); unknown {
		return fmt.Sprintf("has no namespace %s: run `yeyak prepare`", h.namespace)
	}
	if err != nil {
		return engineFailure(err)
	}
	missing, err := devserver.MissingSearchAttributes(ctx, h.engine, h.namespace, searchAttributes())
	switch {
	case errors.Is(err, devserver.ErrOtherType):
		return strings.ReplaceAll(err.Error(), "\n", "; ") // it says how to repair it
	case err != nil && !hidden(err):
		return engineFailure(err)
	case len(missing) > 0:
		return fmt.Sprintf("namespace %s lacks the search attributes %s: run `yeyak prepare`", h.namespace, strings.Join(missing, ", "))
	default:
		return h.writes.state(ctx, h.engine, h.namespace)
	}
}

// hidden reports whether the engine does not show its search attributes to this
// process, which is not a fault: applications often lack that permission.
func hidden(err error) bool {
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	_, unknown := errors.AsType[*serviceerror.Unimplemented](err)
	return denied || unknown
}

func engineFailure(err error) string {
	_, unavailable := errors.AsType[*serviceerror.Unavailable](err)
	_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
	if unavailable || late || errors.Is(err, context.DeadlineExceeded) {
		return "cannot be reached, or does not read its storage" + runbook("temporaldown")
	}
	return "fails: " + err.Error() + runbook("temporaldown")
}

// databaseFailures checks the tables of each service, and whether their database can
// write.
func databaseFailures(ctx context.Context, db *store.DB, services []string) map[string]string {
	failures := map[string]string{}
	unwell := db.Ping(ctx)
	for _, service := range services {
		err := unwell
		var pending []string
		if err == nil {
			pending, err = store.Pending(ctx, db, service)
		}
		switch {
		case err != nil:
			failures[service] = databaseFailure(db, err)
		case len(pending) > 0:
			failures[service] = fmt.Sprintf("lacks the migrations %s: run `yeyak migrate`", strings.Join(pending, ", "))
		}
	}
	return failures
}

func databaseFailure(db *store.DB, err error) string {
	switch failure, code := db.Failure(err); failure {
	case store.DiskFull:
		return "cannot write: its disk is full" + runbook("a-full-disk")
	case store.Busy:
		return "busy: its file is locked" + runbook("a-locked-file")
	case store.Unfit, store.Unprepared, store.Refuses:
		return "fails: " + code + runbook("a-database-that-fails")
	default:
		return "cannot be reached" + runbook("when-something-is-away")
	}
}
