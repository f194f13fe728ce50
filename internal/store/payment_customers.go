package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// PaymentCustomers stores the customers' ids at the payment provider. It implements
// payments.Customers.
type PaymentCustomers struct{ db *DB }

// NewPaymentCustomers stores them in db, beside the payments.
func NewPaymentCustomers(db *DB) *PaymentCustomers { return &PaymentCustomers{db} }

// Customer returns the provider's id of a customer, "" if there is none, and before,
// the id that it had previously, "" for none.
func (p *PaymentCustomers) Customer(ctx context.Context, id string) (ref, before string, err error) {
	err = p.db.run(ctx, "read customer of payments", func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw("SELECT ref, before FROM payment_customers WHERE customer = ?", id).Scan(ctx, &ref, &before)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return ref, before, err
}

// KeepCustomer stores the provider's id of a customer unless there is one, and returns
// the stored one.
func (p *PaymentCustomers) KeepCustomer(ctx context.Context, id, ref string) (stored string, err error) {
	err = p.db.run(ctx, "keep customer of payments", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw(`INSERT INTO payment_customers (customer, ref, before, updated_at) VALUES (?, ?, '', ?)
			ON CONFLICT (customer) DO UPDATE SET ref = excluded.ref, updated_at = excluded.updated_at WHERE payment_customers.ref = ''`,
			id, ref, now()).Exec(ctx)
		if err != nil {
			return err
		}
		return q.NewRaw("SELECT ref FROM payment_customers WHERE customer = ?", id).Scan(ctx, &stored)
	})
	return stored, err
}

// ForgetCustomer deletes the customer's id if it is this one.
func (p *PaymentCustomers) ForgetCustomer(ctx context.Context, id, ref string) error {
	return p.db.run(ctx, "forget customer of payments", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE payment_customers SET ref = '', before = ?, updated_at = ? WHERE customer = ? AND ref = ?",
			ref, now(), id, ref).Exec(ctx)
		return err
	})
}
