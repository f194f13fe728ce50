package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/hosts"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// recoverPanics answers a panic with 500, without its text.
func recoverPanics(log *zap.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			err, _ := cause.(error)
			if errors.Is(err, http.ErrAbortHandler) {
				panic(cause) // net/http's way to abort a connection
			}
			if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
				c.Abort() // huma panics if the client does not read the answer
				return
			}
			log.With(whereabouts(c.Request.Context())...).Error("panic", zap.String("cause", fmt.Sprint(cause)), zap.String("route", c.FullPath()), zap.Stack("stack"))
			if c.Writer.Written() {
				c.Abort()
				return
			}
			writeProblem(c, newProblem(internalError, "something went wrong; it has been logged"))
		}()
		c.Next()
	}
}

// setHeaders sets headers of every answer: answers are personal and change at any time.
func setHeaders(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		c.Header("Cache-Control", "no-store")
	}
	c.Next()
}

// answerHEAD answers HEAD as GET, with the same header. net/http discards the body
// itself, and counts its length.
func answerHEAD(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true)) // a copy: net/http reads the method of its own request
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

type headKey struct{}

// isHEAD reports whether a request came as HEAD, for handlers that would otherwise
// write without end.
func isHEAD(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

// allowHEAD adds HEAD to an Allow header: the router does not know it.
func allowHEAD(h http.Header) {
	methods := strings.Split(h.Get("Allow"), ", ")
	if slices.Contains(methods, http.MethodGet) {
		h.Set("Allow", strings.Join(append(methods, http.MethodHead), ", "))
	}
}

// limitTime gives every request a deadline, so that no database holds it for ever. A
// client that hangs up does not cancel it: a cancelled statement or query costs its
// connection, and costs an embedded engine more. A stream's deadline covers its
// beginning only: later it uses the context of gin's request.
func (s *server) limitTime(ctx huma.Context, next func(huma.Context)) {
	limit := s.ReplyBudget + spare
	if waitsForItsStart(ctx.Operation()) {
		limit += s.Admission.MaxWait
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx.Context()), limit)
	defer cancel()
	next(huma.WithContext(ctx, limited))
}

// checkMediaTypes refuses unknown media types before anything is done: huma checks only
// after the order has been placed.
func (s *server) checkMediaTypes(ctx huma.Context, next func(huma.Context)) {
	c := humagin.Unwrap(ctx)
	accept := c.Request.Header.Values("Accept")
	if streamed := streams(ctx.Operation()) && prefersStream(accept); !streamed && !acceptsJSON(accept) {
		writeProblem(c, newProblem(notAcceptable, "answers are application/json"))
		return
	}
	if sent := ctx.Header("Content-Type"); ctx.Operation().RequestBody != nil && c.Request.ContentLength != 0 && !hosts.SendsJSON(sent) {
		writeProblem(c, newProblem(unsupportedMediaType, "the body is %q: send it as application/json", sent))
		return
	}
	next(ctx)
}

// acceptsJSON reports whether the client accepts JSON. Problems are JSON, so Accept may
// also name their type.
func acceptsJSON(accept []string) bool {
	if len(accept) == 0 {
		return true
	}
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		mediaType, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(mediaType)) {
		case "*/*", "application/*", "application/json", problemMediaType, "":
			if quality(params) > 0 {
				return true
			}
		}
	}
	return false
}

// toProblem is the only translation of errors into answers. Problems and booking.Errors
// are shown to the client; every other error is logged and answered as internal_error.
func (s *server) toProblem(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if refusal, ok := errors.AsType[*booking.Error](err); ok {
		return s.disclose(ctx, refusal)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		s.log(ctx).Warn("the time of the request has ended", zap.Error(err)) // it waited for other requests
		return newProblem(booking.Unavailable, "a part that this needs is away at the moment")
	default:
		s.log(ctx).Error("request failed", zap.Error(err))
		return newProblem(internalError, "something went wrong; it has been logged")
	}
}

// disclose makes a problem of a refusal. A refusal without a message is explained by
// its code. The cause of Unavailable is logged and not shown.
func (s *server) disclose(ctx context.Context, refusal *booking.Error) *problem {
	if len(refusal.Faults) > 0 {
		var f faults
		f.addBody(refusal.Faults)
		return invalid(f)
	}
	p := newProblem(refusal.Code, "%s", cmp.Or(refusal.Message, kindOf(refusal.Code).meaning))
	p.Price = refusal.Price
	if refusal.After > 0 {
		p = p.after(refusal.After)
	}
	switch {
	case refusal.Code == orders.TooManyCallsOfYours:
		s.Admission.Callers.Refused(admission.ShareOfCalls)
	case refusal.Code == orders.TooManyOrdersOfYours:
		s.Admission.Callers.Refused(admission.ShareOfInbox)
	case refusal.Code == booking.InvalidCursor:
		return p.at("cursor", "is not one of this list")
	case errors.Is(refusal, booking.ErrNotPrepared):
		s.log(ctx).Error("something was not prepared: see /readyz", zap.Error(refusal))
	case refusal.Code == booking.Unavailable && errors.Unwrap(refusal) != nil:
		s.log(ctx).Warn("a part that is needed cannot be used", zap.Error(refusal))
	}
	return p
}

// problemAbout is toProblem with the order that the error is about, if the caller may
// read it. A courier learns that an order was delivered, but neither its id nor its
// customer.
func (s *server) problemAbout(ctx context.Context, l language, v contract.View, err error) *problem {
	p := s.toProblem(ctx, err)
	if v.ID != "" && CallerOf(ctx).Allowed(booking.ReadOrder, v.Thing()) {
		p = p.about(l.show(v, readerOf(ctx, v)))
	}
	return p
}
