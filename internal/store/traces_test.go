package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestDB_TracesWithoutValues: the spans of statements show the operation without
// personal data.
func TestDB_TracesWithoutValues(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	db, err := store.Open(t.Context(), sqliteURL(t), store.Options{Traces: provider})
	require.NoError(t, err)
	defer db.Close()
	_, err = store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	require.Empty(t, spans.Ended(), "no request caused it")

	ctx, request := provider.Tracer("").Start(t.Context(), "request")
	p := contract.Publication{View: contract.View{ID: "lodging-1", CustomerID: "O'Hara 010-1234-5678", Version: 20260102}}
	require.NoError(t, store.NewMypage(db).Publish(ctx, p))
	_, err = store.NewMypage(db).Order(ctx, "lodging-2")
	require.Error(t, err)
	request.End()

	var statements []string
	for _, s := range spans.Ended()[:2] {
		require.Equal(t, request.SpanContext().SpanID(), s.Parent().SpanID())
		require.Empty(t, s.Events(), "that nothing is there is no error")
		for _, a := range s.Attributes() {
			require.NotContains(t, a.Value.String(), "Hara")
			require.NotContains(t, a.Value.String(), "1234")
			require.NotContains(t, a.Value.String(), "2026")
			if a.Key == "db.query.text" {
				statements = append(statements, a.Value.String())
			}
		}
	}
	require.Len(t, statements, 2)
	require.Contains(t, statements[0], `INSERT INTO "orders" AS "o" ("id", `)
	require.Contains(t, statements[1], `WHERE (id = ?)`)
}

// BenchmarkDB_Read is the cost of a statement without traces, of a request that is not
// traced, and of a traced request.
func BenchmarkDB_Read(b *testing.B) {
	url := sqliteURL(b)
	provider := sdktrace.NewTracerProvider()
	for name, o := range map[string]store.Options{"Off": {}, "On": {Traces: provider}} {
		db, err := store.Open(b.Context(), url, o)
		require.NoError(b, err)
		defer db.Close()
		_, err = store.Migrate(b.Context(), db, "mypage")
		require.NoError(b, err)
		read := func(ctx context.Context) func(*testing.B) {
			return func(b *testing.B) {
				for b.Loop() {
					_, _ = store.NewMypage(db).Order(ctx, "lodging-2")
				}
			}
		}
		b.Run(name+"/Untraced", read(b.Context()))
		ctx, request := provider.Tracer("").Start(b.Context(), "request")
		b.Run(name+"/Traced", read(ctx))
		request.End()
	}
}
