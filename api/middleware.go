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

// recoverPanics answers a panic with 500 and keeps its text inside.
func recoverPanics(log *zap.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			err, _ := cause.(error)
			if errors.Is(err, http.ErrAbortHandler) {
				panic(cause) // net/http's own way to give a connection up
			}
			if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
				c.Abort() // huma panics when the client does not take its answer
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

// setHeaders: answers are personal and change at any time.
func setHeaders(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		c.Header("Cache-Control", "no-store")
	}
	c.Next()
}

// answerHEAD answers HEAD wherever GET is answered, with the same header. The
// body is not written: net/http keeps it back itself, and counts its length.
func answerHEAD(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true)) // a copy: net/http goes by its own request
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

type headKey struct{}

// isHEAD tells whether a request came as HEAD, for what would otherwise write
// for ever.
func isHEAD(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

// allowHEAD completes an Allow header: the router knows nothing of HEAD.
func allowHEAD(h http.Header) {
	methods := strings.Split(h.Get("Allow"), ", ")
	if slices.Contains(methods, http.MethodGet) {
		h.Set("Allow", strings.Join(append(methods, http.MethodHead), ", "))
	}
}

// limitTime gives every request an end, so that no database holds it for ever.
// A client that hangs up does not end it: statements and queries that are
// cut off cost their connections, and an embedded engine more than that.
// A stream has an end for its beginning only: it goes on by gin's request.
func (s *server) limitTime(ctx huma.Context, next func(huma.Context)) {
	limit := s.ReplyBudget + spare
	if waitsForItsStart(ctx.Operation()) {
		limit += s.Admission.MaxWait
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx.Context()), limit)
	defer cancel()
	next(huma.WithContext(ctx, limited))
}

// checkMediaTypes refuses what could not be read or answered before anything
// is done: huma would find out only when the order has been placed.
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

// acceptsJSON: problems are JSON too, so one who accepts these can be answered.
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

// toProblem is the one translation of errors into what the client is told.
// What may be told is a problem or a booking.Error; everything else is logged
// and stays inside.
func (s *server) toProblem(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if refusal, ok := errors.AsType[*booking.Error](err); ok {
		return s.disclose(ctx, refusal)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		s.log(ctx).Warn("the time of the request is over", zap.Error(err)) // while it waited for others
		return newProblem(booking.Unavailable, "a part that this needs is away at the moment")
	default:
		s.log(ctx).Error("request failed", zap.Error(err))
		return newProblem(internalError, "something went wrong; it has been logged")
	}
}

// disclose is the problem of what the client may be told. A refusal without a
// message is explained by its code. What lies behind Unavailable is logged and
// stays inside.
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
		return p.at("cursor", "was not given out by this list")
	case errors.Is(refusal, booking.ErrNotPrepared):
		s.log(ctx).Error("something was not prepared: see /readyz", zap.Error(refusal))
	case refusal.Code == booking.Unavailable && errors.Unwrap(refusal) != nil:
		s.log(ctx).Warn("a part that is needed cannot be used", zap.Error(refusal))
	}
	return p
}

// problemAbout is toProblem with the order that the error is about, if it is
// about one that the caller may read. A courier may be told that an order was
// delivered, and not which order of whom that is.
func (s *server) problemAbout(ctx context.Context, l language, v contract.View, err error) *problem {
	p := s.toProblem(ctx, err)
	if v.ID != "" && CallerOf(ctx).Allowed(booking.ReadOrder, v.Thing()) {
		p = p.about(l.show(v, readerOf(ctx, v)))
	}
	return p
}
