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

// budgetOf is the budget that a request is counted against for as long as it
// takes, nil for none. Streams are counted by themselves, for they stay.
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

// sheds tells whether requests for an operation are counted.
func sheds(op *huma.Operation) bool { return strings.HasPrefix(op.Path, "/v1/") }

// admitRequest lets a request in when its budget allows, before anything is
// done for it.
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
	defer b.Leave(true) // how it ended says nothing: its time is bounded, and the next has its turn
	next(huma.WithContext(ctx, admission.Arrived(ctx.Context(), arrived)))
}

// waitsForItsStart tells whether an operation places orders that have to be
// started while their customer waits, for as long as that may take.
func waitsForItsStart(op *huma.Operation) bool {
	for kind, k := range orderKinds {
		if op.Method == http.MethodPost && op.Path == k.path {
			return !contract.BusinessOf(kind).MayWait()
		}
	}
	return false
}
