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

// runbook is where to look for what no one command mends.
func runbook(anchor string) string { return ": see docs/operations/trouble.md#" + anchor }

// engineTrouble asks the engine for what it has to read from its storage, and to
// write something: its own health check answers without.
func (h *health) engineTrouble(ctx context.Context) string {
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
		return strings.ReplaceAll(err.Error(), "\n", "; ") // it says what mends it
	case err != nil && !hidden(err):
		return engineFailure(err)
	case len(missing) > 0:
		return fmt.Sprintf("namespace %s lacks the search attributes %s: run `yeyak prepare`", h.namespace, strings.Join(missing, ", "))
	default:
		return h.writes.look(ctx, h.engine, h.namespace)
	}
}

// hidden tells of an engine that does not show its search attributes to this
// process, which is no fault: operators' calls are often kept from applications.
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

// databaseTroubles looks at the tables of each service, and whether their
// database can write.
func databaseTroubles(ctx context.Context, db *store.DB, services []string) map[string]string {
	troubles := map[string]string{}
	unwell := db.Ping(ctx)
	for _, service := range services {
		err := unwell
		var pending []string
		if err == nil {
			pending, err = store.Pending(ctx, db, service)
		}
		switch {
		case err != nil:
			troubles[service] = databaseFailure(db, err)
		case len(pending) > 0:
			troubles[service] = fmt.Sprintf("lacks the migrations %s: run `yeyak migrate`", strings.Join(pending, ", "))
		}
	}
	return troubles
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
