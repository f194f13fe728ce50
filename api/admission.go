package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/yeyak/yeyak/internal/admission"
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
	if b.Enter(c.Request.Context()) {
		defer b.Leave()
		next(ctx)
		return
	}
	writeProblem(c, s.disclose(c.Request.Context(), admission.TooBusy()))
}
