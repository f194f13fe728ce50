package store

import (
	"context"
	"crypto/rand"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// What people do at the provider, outside of Yeyak.

// ByHand refunds some of an order's charge, or with 0 all that is left. RefundExceeds:
// less is left. NotFound: there is no charge.
func (s *Sandbox) ByHand(ctx context.Context, orderID string, amount int64) error {
	row, err := s.charged(ctx, orderID)
	if err != nil {
		return err
	}
	if amount, err = ofRest(amount, row.Amount-row.Refunded); err != nil {
		return err
	}
	return s.Refund(ctx, "by hand "+rand.Text(), row.Ref, booking.Money{Amount: amount, Currency: row.Currency})
}

// Dispute opens or changes a dispute of some of an order's charge, or with 0 of all of
// it. NotFound: there is no charge.
func (s *Sandbox) Dispute(ctx context.Context, orderID string, amount int64, state string) error {
	row, err := s.charged(ctx, orderID)
	if err != nil {
		return err
	}
	return s.db.run(ctx, "dispute charge in sandbox", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw(`UPDATE sandbox_charges SET disputed = ?, dispute = ?, disputed_at = COALESCE(disputed_at, ?) WHERE key = ?`,
			ofWhole(amount, row.Amount), state, now(), row.Key).Exec(ctx)
		return err
	})
}

// FailRefunds makes done refunds of an order's charge fail: those of the amount, or
// with 0 all of them. NotFound: there is none.
func (s *Sandbox) FailRefunds(ctx context.Context, orderID string, amount int64) error {
	row, err := s.charged(ctx, orderID)
	if err != nil {
		return err
	}
	return s.db.inTx(ctx, "fail refunds in sandbox", func(ctx context.Context, q bun.IDB) error {
		var failed []int64
		err := q.NewRaw(`UPDATE sandbox_parts SET failed = TRUE WHERE ref = ? AND NOT failed AND (amount = ? OR ? = 0) RETURNING amount`,
			row.Ref, amount, amount).Scan(ctx, &failed)
		if err != nil {
			return err
		}
		return isLeftAgain(ctx, q, failed, orderID, "UPDATE sandbox_charges SET refunded = refunded - ? WHERE key = ?", row.Key)
	})
}

// isLeftAgain subtracts failed refunds from what a charge was refunded.
func isLeftAgain(ctx context.Context, q bun.IDB, failed []int64, orderID, statement, key string) error {
	if len(failed) == 0 {
		return booking.Errorf(booking.NotFound, "there is no such refund of order %s", orderID)
	}
	var sum int64
	for _, amount := range failed {
		sum += amount
	}
	_, err := q.NewRaw(statement, sum, key).Exec(ctx)
	return err
}

// charged is the successful charge of an order.
func (s *Sandbox) charged(ctx context.Context, orderID string) (row sandboxRow, err error) {
	err = s.db.run(ctx, "find charge in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxRow{}
		return orNotFound(q.NewSelect().Model(&row).Where("order_id = ? AND ref <> ''", orderID).Limit(1).Scan(ctx), "charge of order", orderID)
	})
	return row, err
}

// ofWhole is how much of a charge is disputed.
func ofWhole(amount, whole int64) int64 {
	if amount == 0 || amount > whole {
		return whole
	}
	return amount
}

// ofRest is how much of the rest is to be refunded.
func ofRest(amount, left int64) (int64, error) {
	if amount > left || left == 0 {
		return 0, booking.Errorf(booking.RefundExceeds, "%d are left of the charge", left)
	}
	if amount == 0 {
		return left, nil
	}
	return amount, nil
}

// ByHand refunds some of an order's intent, or with 0 all that is left. RefundExceeds:
// less is left. NotFound: no intent has succeeded.
func (s *SandboxIntents) ByHand(ctx context.Context, orderID string, amount int64) error {
	i, err := s.succeeded(ctx, orderID)
	if err != nil {
		return err
	}
	if amount, err = ofRest(amount, i.Amount.Amount-i.Refunded); err != nil {
		return err
	}
	r := payments.Refund{
		Key: "by hand " + rand.Text(), ID: "re_" + rand.Text(), IntentID: i.ID,
		Amount: booking.Money{Amount: amount, Currency: i.Amount.Currency}, Status: "succeeded",
	}
	_, made, err := s.Refund(ctx, r)
	if err == nil && !made {
		err = booking.Errorf(booking.RefundExceeds, "less is left of the charge")
	}
	return err
}

// Dispute opens or changes a dispute of some of an order's intent, or with 0 of all of
// it. NotFound: no intent has succeeded.
func (s *SandboxIntents) Dispute(ctx context.Context, orderID string, amount int64, state string) error {
	i, err := s.succeeded(ctx, orderID)
	if err != nil {
		return err
	}
	return s.db.run(ctx, "dispute intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw(`UPDATE sandbox_intents SET disputed = ?, dispute = ?, disputed_at = COALESCE(disputed_at, ?) WHERE id = ?`,
			ofWhole(amount, i.Amount.Amount), state, now(), i.ID).Exec(ctx)
		return err
	})
}

// FailRefunds makes succeeded refunds of an order's intent fail: those of the amount,
// or with 0 all of them. It returns the newest of them. NotFound: there is none.
func (s *SandboxIntents) FailRefunds(ctx context.Context, orderID string, amount int64) (failed payments.Refund, err error) {
	i, err := s.succeeded(ctx, orderID)
	if err != nil {
		return failed, err
	}
	err = s.db.inTx(ctx, "fail refunds in sandbox", func(ctx context.Context, q bun.IDB) error {
		var amounts []int64
		err := q.NewRaw(`UPDATE sandbox_refunds SET status = ?
			WHERE intent_id = ? AND status = 'succeeded' AND (amount = ? OR ? = 0) RETURNING amount`,
			sandboxRefundFailed, i.ID, amount, amount).Scan(ctx, &amounts)
		if err != nil {
			return err
		}
		return isLeftAgain(ctx, q, amounts, orderID, "UPDATE sandbox_intents SET refunded = refunded - ? WHERE id = ?", i.ID)
	})
	if err != nil {
		return failed, err
	}
	all, err := s.Refunds(ctx, i.ID)
	for _, r := range all {
		if r.Status == sandboxRefundFailed {
			return r, err
		}
	}
	return failed, err
}

// succeeded is the intent by which an order was charged.
func (s *SandboxIntents) succeeded(ctx context.Context, orderID string) (payments.Intent, error) {
	all, err := s.Search(ctx, booking.ChargeKey(orderID))
	if err != nil {
		return payments.Intent{}, err
	}
	for _, i := range all {
		if i.Status == "succeeded" {
			return i, nil
		}
	}
	return payments.Intent{}, booking.Errorf(booking.NotFound, "there is no charge of order %s", orderID)
}
