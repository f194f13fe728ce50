package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/internal/payments"
)

type sandboxMethodRow struct {
	bun.BaseModel `bun:"table:sandbox_methods"`

	Method   string
	Customer string
	KeptAt   bun.NullTime // null for one of an earlier build
}

// Methods lists the payment methods that belong to a customer, newest first.
func (s *SandboxIntents) Methods(ctx context.Context, customer string) ([]payments.Method, error) {
	var rows []sandboxMethodRow
	err := s.db.run(ctx, "list methods in sandbox", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Column("method", "customer", "kept_at").
			Where("customer = ? AND customer <> ''", customer).OrderExpr("COALESCE(kept_at, ?) DESC, method", time.Time{}).Scan(ctx)
	})
	methods := make([]payments.Method, len(rows))
	for i, row := range rows {
		methods[i] = payments.Method{ID: row.Method, Customer: row.Customer, At: row.KeptAt.UTC()}
	}
	return methods, err
}

// Detach takes a payment method from its customer, and reports whether it had one. The
// method has been used, so that it cannot pay any more.
func (s *SandboxIntents) Detach(ctx context.Context, method string) (was bool, err error) {
	err = s.db.run(ctx, "detach method in sandbox", func(ctx context.Context, q bun.IDB) error {
		updated, err := affected(q.NewRaw("UPDATE sandbox_methods SET customer = '' WHERE method = ? AND customer <> ''", method).Exec(ctx))
		was = updated > 0
		return err
	})
	return was, err
}
