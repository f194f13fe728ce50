package app

import (
	"context"
	"crypto/rand"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Seeing returns the context of a command that acts on an order only if the log of operators'
// actions has no newer line of another caller than seq. If seq is nil, it is the newest line,
// which is passed to show.
func Seeing(ctx context.Context, o Options, orderID string, seq *int64, show func(booking.OperatorAction)) (context.Context, error) {
	if seq != nil {
		return orders.WithSeenLine(ctx, *seq), nil
	}
	seen := int64(0)
	err := onDatabases(ctx, o, func(dbs databases) error {
		newest, err := store.NewActions(dbs[mypageDB]).Newest(ctx, orderID, 1)
		for _, line := range newest {
			show(line)
			seen = line.Seq
		}
		return err
	})
	return orders.WithSeenLine(ctx, seen), err
}

// Retry retries an order's waiting steps at once, on behalf of a person.
func Retry(ctx context.Context, o Options, orderID string, reason booking.Personal, by string) (done orders.Retried, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		done, err = commanded(o, dbs, sagas).Retry(ctx, byCommand(by), orderID, booking.Lines(reason))
		return err
	})
	return done, err
}

// Cancel cancels an order under the same rules as its customer's cancel.
func Cancel(ctx context.Context, o Options, orderID string, reason booking.Personal, by string) (out orders.Outcome, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		out, err = commanded(o, dbs, sagas).Decide(ctx, byCommand(by), orders.Decision{
			OrderID: orderID, Kind: booking.KindOf(orderID), Update: contract.CancelUpdate, Note: booking.Lines(reason),
		})
		return err
	})
	return out, err
}

// Refund refunds a part of a payment, once under a key; amount is in the payment's
// currency.
func Refund(ctx context.Context, o Options, orderID string, amount int64, reason booking.Personal, key, by string) (done orders.Refunded, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		payment, err := store.NewPayments(dbs[paymentsDB]).Payment(ctx, orderID)
		if err != nil {
			return err
		}
		if key == "" {
			key = rand.Text()
		}
		done, err = commanded(o, dbs, sagas).Refund(ctx, byCommand(by), orders.Refund{
			OrderID: orderID, Amount: booking.Money{Amount: amount, Currency: payment.Amount.Currency}, Note: booking.Lines(reason), Key: key,
		})
		return err
	})
	return done, err
}

// PlanBulk makes a dry run of a bulk action, and also returns the first of its orders.
func PlanBulk(
	ctx context.Context, o Options, a booking.Action, f booking.BulkFilter, reason booking.Personal, by string,
) (run booking.BulkRun, first []booking.BulkOrder, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		if run, err = commanded(o, dbs, sagas).PlanBulk(ctx, byCommand(by), a, f, booking.Lines(reason)); err != nil {
			return err
		}
		first, _, err = store.NewBulk(dbs[mypageDB]).Orders(ctx, run.ID, false, booking.Page{Limit: shownOfBulk})
		return err
	})
	return run, first, err
}

// shownOfBulk is how many orders of a bulk action a command shows.
const shownOfBulk = 20

// BeginBulk starts a bulk action on the orders of its dry run; the APIs run it.
func BeginBulk(ctx context.Context, o Options, id, by string) (run booking.BulkRun, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		run, err = commanded(o, dbs, sagas).BeginBulk(ctx, byCommand(by), id)
		return err
	})
	return run, err
}

// StopBulk stops a bulk action before all its orders are done.
func StopBulk(ctx context.Context, o Options, id, by string) (run booking.BulkRun, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		run, err = commanded(o, dbs, sagas).StopBulk(ctx, byCommand(by), id)
		return err
	})
	return run, err
}

// Bulks calls do with each bulk action, newest first.
func Bulks(ctx context.Context, o Options, do func(booking.BulkRun) error) error {
	return onDatabases(ctx, o, func(dbs databases) error {
		return each(ctx, shownOfBulk, store.NewBulk(dbs[mypageDB]).Runs, do)
	})
}

// Bulk returns a bulk action, with the first orders on which it was not done.
func Bulk(ctx context.Context, o Options, id string) (run booking.BulkRun, left []booking.BulkOrder, err error) {
	err = onDatabases(ctx, o, func(dbs databases) error {
		bulk := store.NewBulk(dbs[mypageDB])
		if run, err = bulk.Run(ctx, id); err != nil {
			return err
		}
		left, _, err = bulk.Orders(ctx, id, true, booking.Page{Limit: shownOfBulk})
		return err
	})
	return run, left, err
}
