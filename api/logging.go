package api

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// subject is the order that a request is about, once it is known.
type subject struct{ order atomic.Pointer[string] }

type subjectKey struct{}

// isAbout sets the order that a request is about. All later log lines of the request
// name it.
func isAbout(ctx context.Context, order string) {
	if s, ok := ctx.Value(subjectKey{}).(*subject); ok {
		s.order.Store(&order)
	}
}

// aboutOrder is isAbout for an id from outside, which need not be an order of the kind.
func aboutOrder(ctx context.Context, kind booking.Kind, id string) {
	if booking.IsOrderID(kind, id) {
		isAbout(ctx, id)
	}
}

// log returns the logger of a request.
func (s *server) log(ctx context.Context) *zap.Logger { return s.Logger.With(whereabouts(ctx)...) }

// noteChange logs a change that is in no order's history, and its caller.
func (s *server) noteChange(ctx context.Context, what string, fields ...zap.Field) {
	s.log(ctx).Info(what, append(fields, zap.String("by", CallerOf(ctx).ID))...)
}

// whereabouts returns the log fields that all processes share for an order: its id, its
// workflow's id, which is the same, and the request's trace.
func whereabouts(ctx context.Context) (fields []zap.Field) {
	if s, ok := ctx.Value(subjectKey{}).(*subject); ok {
		if order := s.order.Load(); order != nil {
			fields = append(fields, zap.String("order", *order), zap.String("workflow", *order))
		}
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		fields = append(fields, zap.Stringer("trace", span.TraceID()))
	}
	return fields
}

// logAccess writes a line per request, without the query string: that contains
// customers' ids.
func logAccess(log *zap.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		begun := time.Now()
		ctx := context.WithValue(c.Request.Context(), subjectKey{}, &subject{})
		c.Request = c.Request.WithContext(ctx)
		c.Next()
		level := zap.DebugLevel
		status := statusOf(c)
		if status >= http.StatusInternalServerError {
			level = zap.InfoLevel
		}
		if entry := log.Check(level, "request"); entry != nil {
			entry.Write(append(whereabouts(ctx),
				zap.String("method", c.Request.Method),
				zap.String("path", c.Request.URL.Path),
				zap.String("route", c.FullPath()),
				zap.Int("status", status),
				zap.Int("bytes", c.Writer.Size()),
				zap.Duration("took", time.Since(begun)),
				zap.String("caller", CallerOf(c.Request.Context()).ID),
			)...)
		}
	}
}
