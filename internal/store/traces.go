package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"

	"github.com/uptrace/bun"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced records a span for every statement of a trace. Statements outside of a
// request, such as those of metrics, have none.
//
// bunotel records statements before formatting, so that some of ours would be "? ?".
// This hook records them as they are sent.
type traced struct {
	tracer trace.Tracer
	system attribute.KeyValue
}

type spanKey struct{}

func (db *DB) trace(provider trace.TracerProvider) {
	db.bun.AddQueryHook(traced{
		provider.Tracer("github.com/yeyak/yeyak/internal/store"),
		attribute.String("db.system.name", db.url.Scheme),
	})
}

// BeforeQuery implements bun.QueryHook. It returns the same context: bun keeps that of
// BEGIN for the whole transaction.
func (t traced) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	_, span := t.tracer.Start(ctx, event.Operation(), trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(event.StartTime))
	if span.IsRecording() {
		event.Stash = map[any]any{spanKey{}: span}
	}
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (t traced) AfterQuery(_ context.Context, event *bun.QueryEvent) {
	span, traced := event.Stash[spanKey{}].(trace.Span)
	if !traced || errors.Is(event.Err, sql.ErrTxDone) { // the rollback that follows every transaction
		return
	}
	defer span.End()
	statement := withoutValues(event.Query)
	operation, _, _ := strings.Cut(statement, " ")
	span.SetName(operation)
	span.SetAttributes(t.system, attribute.String("db.query.text", statement))
	if event.Result != nil {
		if rows, err := event.Result.RowsAffected(); err == nil {
			span.SetAttributes(attribute.Int64("db.response.rows_affected", rows))
		}
	}
	if event.Err != nil && !errors.Is(event.Err, sql.ErrNoRows) {
		span.RecordError(event.Err)
		span.SetStatus(codes.Error, event.Err.Error())
	}
}

// values matches quoted texts, with doubled quotes in them, and numbers. Texts include
// names, addresses, telephone numbers and cards.
var values = regexp.MustCompile(`'(?:[^']|'')*'|\b[0-9]+(?:\.[0-9]+)?\b`)

// withoutValues is a statement on one line, with ? for every value.
func withoutValues(statement string) string {
	return strings.Join(strings.Fields(values.ReplaceAllString(statement, "?")), " ")
}
