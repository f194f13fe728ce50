package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// Customers' decisions at the provider about charges that they have to confirm.

// Confirmation is the charge that is confirmed with the token. NotFound: there is none.
func (s *Sandbox) Confirmation(ctx context.Context, token string) (payments.Confirmation, error) {
	return s.confirmation(ctx, token, "token = ? AND token <> ''")
}

// LastConfirmation is the order's newest charge that is, or was, to be confirmed.
// NotFound: there is none.
func (s *Sandbox) LastConfirmation(ctx context.Context, orderID string) (payments.Confirmation, error) {
	return s.confirmation(ctx, orderID, "order_id = ? AND token <> ''")
}

func (s *Sandbox) confirmation(ctx context.Context, by, where string) (payments.Confirmation, error) {
	var row sandboxRow
	err := s.db.run(ctx, "find confirmation in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxRow{}
		return orNotFound(q.NewSelect().Model(&row).Where(where, by).OrderExpr("at DESC").Limit(1).Scan(ctx), "confirmation", by)
	})
	return payments.Confirmation{
		Token: row.Token, OrderID: row.OrderID, ReturnTo: row.ReturnTo, Amount: row.amount(), Status: row.Status, ExpiresAt: row.ExpiresAt.UTC(),
	}, err
}

// Decide records the customer's decision on a charge, and reports whether it was still
// open.
func (s *Sandbox) Decide(ctx context.Context, token string, d payments.Decision) (open bool, err error) {
	from := []booking.PaymentStatus{booking.ActionRequired}
	if d.Late {
		from = append(from, booking.ChargePrevented, booking.Declined)
	}
	status := booking.Declined
	if d.Approved {
		status = booking.Charged
	}
	err = s.db.run(ctx, "decide confirmation in sandbox", func(ctx context.Context, q bun.IDB) error {
		decided := q.NewUpdate().Model((*sandboxRow)(nil)).Set("status = ?", status).Where("token = ? AND token <> ''", token).
			Where("status IN (?)", bun.List(from))
		if d.Approved {
			decided = decided.Set("ref = ? || key", sandboxRef)
		}
		if d.Amount != 0 {
			decided = decided.Set("amount = ?", d.Amount)
		}
		updated, err := affected(decided.Exec(ctx))
		open = updated > 0
		return err
	})
	return open, err
}

// Decide records the customer's decision on an intent that requires action, and reports
// whether it was still open. A decision's amount other than 0 becomes the intent's.
// once: the payment method can be used once, unless it belongs to the customer.
func (s *SandboxIntents) Decide(ctx context.Context, id string, d payments.Decision, once bool) (open bool, err error) {
	err = s.db.inTx(ctx, "decide intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		open = false
		var row sandboxIntentRow
		if err := q.NewRaw("SELECT * FROM sandbox_intents WHERE id = ? ?", id, s.db.dialect.forUpdate).Scan(ctx, &row); err != nil {
			return orNotFound(err, "intent", id)
		}
		if open = row.Status == "requires_action" || d.Late && row.Status != "succeeded"; !open {
			return nil
		}
		status, refusal := "succeeded", ""
		if !d.Approved {
			status, refusal = "requires_payment_method", "payment_intent_authentication_failure"
		} else if once {
			if usable, err := spend(ctx, q, row); err != nil {
				return err
			} else if !usable {
				status, refusal = "requires_payment_method", "card_declined"
			}
		}
		amount := row.Amount
		if d.Approved && d.Amount != 0 {
			amount = d.Amount
		}
		_, err := q.NewRaw("UPDATE sandbox_intents SET status = ?, refusal = ?, amount = ? WHERE id = ?", status, refusal, amount, id).Exec(ctx)
		return err
	})
	return open, err
}

// spend uses the intent's payment method, which can be used once unless it belongs to
// the intent's customer, and reports whether it can be used.
func spend(ctx context.Context, q bun.IDB, row sandboxIntentRow) (usable bool, err error) {
	customer := ""
	if row.Keeps {
		customer = row.Customer
	}
	first, err := affected(q.NewRaw("INSERT INTO sandbox_methods (method, key, customer, kept_at) VALUES (?, ?, ?, ?) ON CONFLICT (method) DO NOTHING",
		row.Method, row.Key, customer, now()).Exec(ctx))
	if err != nil || first == 1 || row.Customer == "" {
		return first == 1, err
	}
	var of string
	err = q.NewRaw("SELECT customer FROM sandbox_methods WHERE method = ?", row.Method).Scan(ctx, &of)
	return of == row.Customer, err
}

// Confirmed is the order's newest intent that its customer has, or had, to confirm.
// NotFound: there is none.
func (s *SandboxIntents) Confirmed(ctx context.Context, orderID string) (payments.Intent, error) {
	found, err := s.list(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("order_id = ? AND return_to <> ''", orderID).OrderExpr("at DESC, id").Limit(1)
	})
	switch {
	case err != nil:
		return payments.Intent{}, err
	case len(found) == 0:
		return payments.Intent{}, booking.Errorf(booking.NotFound, "there is nothing to confirm for order %s", orderID)
	default:
		return found[0], nil
	}
}

type sandboxCustomerRow struct {
	bun.BaseModel `bun:"table:sandbox_customers"`

	Key      string `bun:",pk"`
	ID       string
	Request  string
	Metadata map[string]string
}

// CreateCustomer stores a customer unless there is one under its key, and returns the
// stored one.
func (s *SandboxIntents) CreateCustomer(ctx context.Context, c payments.Customer) (payments.Customer, error) {
	var row sandboxCustomerRow
	err := s.db.run(ctx, "create customer in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxCustomerRow{Key: c.Key, ID: c.ID, Request: c.Request, Metadata: c.Metadata}
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil || inserted == 1 {
			return err
		}
		row = sandboxCustomerRow{}
		return q.NewSelect().Model(&row).Where("key = ?", c.Key).Scan(ctx)
	})
	return payments.Customer{Key: row.Key, ID: row.ID, Request: row.Request, Metadata: row.Metadata}, err
}

// HasCustomer reports whether there is a customer with the id.
func (s *SandboxIntents) HasCustomer(ctx context.Context, id string) (has bool, err error) {
	err = s.db.run(ctx, "find customer in sandbox", func(ctx context.Context, q bun.IDB) error {
		has, err = q.NewSelect().Model((*sandboxCustomerRow)(nil)).Where("id = ?", id).Exists(ctx)
		return err
	})
	return has, err
}
