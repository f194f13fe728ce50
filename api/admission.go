package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/workflows/contract"
)

// budgetOf returns the budget that holds a request until it is answered, nil for none.
// Streams have their own budget, since they stay open.
func (s *server) budgetOf(op *huma.Operation, accept []string) *admission.Budget {
	switch {
	case !sheds(op):
		return nil
	case op.Method != http.MethodGet:
		return s.Admission.Writes
	case streams(op) && prefersStream(accept):
		return nil
	default:
		return s.Admission.Reads
	}
}

// sheds reports whether requests for an operation need a place in a budget.
func sheds(op *huma.Operation) bool { return strings.HasPrefix(op.Path, "/v1/") }

// admitRequest waits for a place in the request's budget before the handler runs.
func (s *server) admitRequest(ctx huma.Context, next func(huma.Context)) {
	c := humagin.Unwrap(ctx)
	b := s.budgetOf(ctx.Operation(), c.Request.Header.Values("Accept"))
	if b == nil {
		next(ctx)
		return
	}
	arrived := time.Now()
	if err := b.Enter(c.Request.Context()); err != nil {
		writeProblem(c, s.toProblem(c.Request.Context(), err))
		return
	}
	defer b.Leave(true) // every outcome counts as served: the time is bounded
	next(huma.WithContext(ctx, admission.Arrived(ctx.Context(), arrived)))
}

// waitsForItsStart reports whether an operation places orders whose start the request
// has to wait for.
func waitsForItsStart(op *huma.Operation) bool {
	for kind, k := range orderKinds {
		if op.Method == http.MethodPost && op.Path == k.path {
			return !contract.BusinessOf(kind).MayBeQueued()
		}
	}
	return false
}
