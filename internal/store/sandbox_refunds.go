package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/internal/payments"
)

// Refund statuses that matter here: a failed one is left of its intent again.
const (
	sandboxRefundPending = "pending"
	sandboxRefundFailed  = "failed"
)

// errNotRefundable rolls back a refund that its intent does not allow.
var errNotRefundable = errors.New("more than is left of the intent")

// Refund refunds some of a succeeded intent, once per key, and returns the stored
// refund. made is false if there is none: the intent has not succeeded, or less is
// left.
func (s *SandboxIntents) Refund(ctx context.Context, r payments.Refund) (stored payments.Refund, made bool, err error) {
	var row sandboxRefundRow
	err = s.db.inTx(ctx, "refund intent in sandbox", func(ctx context.Context, q bun.IDB) error {
		row = sandboxRefundRow{
			Key: r.Key, ID: r.ID, Request: r.Request, IntentID: r.IntentID,
			Amount: r.Amount.Amount, Currency: r.Amount.Currency, Label: r.Label, Status: r.Status, At: now(),
		}
		inserted, err := affected(q.NewInsert().Model(&row).On("CONFLICT (key) DO NOTHING").Exec(ctx))
		if err != nil {
			return err
		}
		if inserted == 0 {
			row = sandboxRefundRow{}
			return q.NewSelect().Model(&row).Where("key = ?", r.Key).Scan(ctx)
		}
		if r.Status == sandboxRefundFailed {
			return nil
		}
		updated, err := affected(q.NewRaw(`UPDATE sandbox_intents SET refunded = refunded + ?
			WHERE id = ? AND status = 'succeeded' AND refunded + ? <= amount`, r.Amount.Amount, r.IntentID, r.Amount.Amount).Exec(ctx))
		if err == nil && updated == 0 {
			return errNotRefundable
		}
		return err
	})
	if errors.Is(err, errNotRefundable) {
		return payments.Refund{}, false, nil
	}
	return row.refund(), err == nil, err
}

// Refunds lists the refunds of an intent, newest first.
func (s *SandboxIntents) Refunds(ctx context.Context, intentID string) ([]payments.Refund, error) {
	var rows []sandboxRefundRow
	err := s.db.run(ctx, "list refunds in sandbox", func(ctx context.Context, q bun.IDB) error {
		rows = nil
		return q.NewSelect().Model(&rows).Where("intent_id = ?", intentID).OrderExpr("at DESC, id DESC").Scan(ctx)
	})
	refunds := make([]payments.Refund, len(rows))
	for i, row := range rows {
		refunds[i] = row.refund()
	}
	return refunds, err
}

// EndRefunds sets the status of an intent's pending refunds.
func (s *SandboxIntents) EndRefunds(ctx context.Context, intentID, status string) error {
	return s.db.inTx(ctx, "end refunds in sandbox", func(ctx context.Context, q bun.IDB) error {
		var ended []int64
		err := q.NewRaw(`UPDATE sandbox_refunds SET status = ? WHERE intent_id = ? AND status = ? RETURNING amount`,
			status, intentID, sandboxRefundPending).Scan(ctx, &ended)
		if err != nil || status != sandboxRefundFailed {
			return err
		}
		for _, amount := range ended {
			if _, err := q.NewRaw(`UPDATE sandbox_intents SET refunded = refunded - ? WHERE id = ?`, amount, intentID).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}
