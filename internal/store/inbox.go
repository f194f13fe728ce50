package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Inbox stores the orders that were accepted while their sagas could not be started, in
// the read model's database. It implements orders.Inbox.
type Inbox struct{ db *DB }

// NewInbox stores the inbox in db, the read model's database.
func NewInbox(db *DB) *Inbox { return &Inbox{db} }

// States of an order in the inbox.
const (
	keptWaiting = "waiting" // for its saga's start
	keptStarted = "started"
	keptClosing = "closing" // it was withdrawn; the engine was not called yet
	keptClosed  = "closed"
)

type keptRow struct {
	bun.BaseModel `bun:"table:inbox,alias:i"`

	OrderID     string `bun:",pk"`
	Kind        booking.Kind
	CustomerID  string
	PlacedBy    string
	Input       string // JSON
	Summary     string
	RequestHash string
	ReceivedAt  time.Time
	StartBy     time.Time
	State       string
	Reason      booking.Reason `bun:"why"`
	Note        booking.Personal
	DecidedBy   string
	Sent        bool
	LeasedUntil *time.Time
	Tries       int
	Outcome     string
	FinishedAt  *time.Time `bun:"settled_at"`
}

func (r keptRow) kept() orders.Kept {
	k := orders.Kept{
		OrderID: r.OrderID, Kind: r.Kind, CustomerID: r.CustomerID, PlacedBy: r.PlacedBy, Input: []byte(r.Input), Summary: r.Summary,
		RequestHash: r.RequestHash, ReceivedAt: r.ReceivedAt.UTC(), StartBy: r.StartBy.UTC(), Sent: r.Sent, Tries: r.Tries,
	}
	if r.State == keptClosing {
		k.Withdrawal = &contract.Withdrawal{Reason: r.Reason, Note: r.Note, By: r.DecidedBy}
	}
	if r.LeasedUntil != nil {
		k.LeasedUntil = r.LeasedUntil.UTC()
	}
	return k
}

// Put implements orders.Inbox.
func (i *Inbox) Put(ctx context.Context, k orders.Kept, p contract.Publication) (requestHash string, err error) {
	row, err := newOrderRow(p)
	if err != nil {
		return "", nothingDone(err)
	}
	kept := &keptRow{
		OrderID: k.OrderID, Kind: k.Kind, CustomerID: k.CustomerID, PlacedBy: k.PlacedBy, Input: string(k.Input), Summary: k.Summary,
		RequestHash: k.RequestHash, ReceivedAt: micros(k.ReceivedAt), StartBy: micros(k.StartBy), State: keptWaiting, Sent: k.Sent,
	}
	err = i.db.inTx(ctx, "put order into inbox", func(ctx context.Context, q bun.IDB) error {
		requestHash = k.RequestHash
		inserted, err := affected(q.NewInsert().Model(kept).On("CONFLICT (order_id) DO NOTHING").Exec(ctx))
		if err != nil {
			return err
		}
		if inserted == 1 {
			_, err = upsertOrder(q, row).Exec(ctx)
			return err
		}
		_, err = q.NewRaw("UPDATE inbox SET sent = sent OR ? WHERE order_id = ?", k.Sent, k.OrderID).Exec(ctx)
		if err != nil {
			return err
		}
		return q.NewRaw("SELECT request_hash FROM inbox WHERE order_id = ?", k.OrderID).Scan(ctx, &requestHash)
	})
	return requestHash, err
}

// Lease implements orders.Inbox. It skips orders that another process is leasing.
func (i *Inbox) Lease(ctx context.Context, n int, now, until time.Time) (leased []orders.Kept, err error) {
	err = i.db.inTx(ctx, "lease orders of inbox", func(ctx context.Context, q bun.IDB) error {
		leased = nil
		var rows []keptRow
		err := q.NewRaw(`SELECT * FROM inbox WHERE settled_at IS NULL AND (leased_until IS NULL OR leased_until <= ?)
			ORDER BY received_at, order_id LIMIT ? ?`, micros(now), n, i.db.dialect.forUpdateOfFree).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, len(rows))
		for n, row := range rows {
			ids[n] = row.OrderID
			k := row.kept()
			k.Tries++
			k.LeasedUntil = micros(until)
			leased = append(leased, k)
		}
		_, err = q.NewRaw("UPDATE inbox SET leased_until = ?, tries = tries + 1, sent = TRUE WHERE order_id IN (?)",
			micros(until), bun.List(ids)).Exec(ctx)
		return err
	})
	return leased, err
}

// Failed implements orders.Inbox.
func (i *Inbox) Failed(ctx context.Context, f orders.Failure) error {
	return i.db.run(ctx, "end lease of order in inbox", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE inbox SET leased_until = ?, sent = ?, outcome = ? WHERE order_id = ? AND settled_at IS NULL",
			micros(f.Again), f.Sent, f.Cause, f.OrderID).Exec(ctx)
		return err
	})
}

// Started implements orders.Inbox.
func (i *Inbox) Started(ctx context.Context, orderID, requestHash string) error {
	outcome := keptStarted
	if requestHash != "" {
		outcome = "the order of another request under its key was started"
	}
	return i.db.inTx(ctx, "record started order of inbox", func(ctx context.Context, q bun.IDB) error {
		changed, err := affected(q.NewRaw("UPDATE inbox SET state = ?, outcome = ?, settled_at = ? WHERE order_id = ? AND state = ?",
			keptStarted, outcome, now(), orderID, keptWaiting).Exec(ctx))
		if err != nil || changed == 0 || requestHash == "" {
			return err
		}
		_, err = q.NewRaw("UPDATE orders SET request_hash = ? WHERE id = ?", requestHash, orderID).Exec(ctx)
		return err
	})
}

// Closed implements orders.Inbox.
func (i *Inbox) Closed(ctx context.Context, orderID, outcome string) error {
	return i.db.run(ctx, "record closed order of inbox", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE inbox SET state = ?, outcome = ?, settled_at = ? WHERE order_id = ? AND state = ?",
			keptClosed, outcome, now(), orderID, keptClosing).Exec(ctx)
		return err
	})
}

// Withdraw implements orders.Inbox.
func (i *Inbox) Withdraw(ctx context.Context, orderID string, w contract.Withdrawal, unsent bool) (view contract.View, ok bool, err error) {
	err = i.db.inTx(ctx, "withdraw order in inbox", func(ctx context.Context, q bun.IDB) (err error) {
		view, ok, err = withdraw(ctx, q, i.db.dialect, orderID, w, unsent)
		return err
	})
	return view, ok && err == nil, err
}

func withdraw(
	ctx context.Context, q bun.IDB, d dialect, orderID string, w contract.Withdrawal, unsent bool,
) (view contract.View, ok bool, err error) {
	var kept []keptRow
	err = q.NewRaw("SELECT * FROM inbox WHERE order_id = ? ?", orderID, d.forUpdate).Scan(ctx, &kept)
	if err != nil || len(kept) == 0 || kept[0].State != keptWaiting && kept[0].State != keptClosing {
		return view, false, err
	}
	p, err := kept[0].shown(ctx, q)
	if err != nil || !orders.InInbox(p.View) || kept[0].State == keptClosing {
		return p.View, err == nil && kept[0].State == keptClosing, err
	}
	if unsent && kept[0].Sent {
		return p.View, false, nil
	}
	p.View = orders.Withdrawn(p.View, w, now())
	shown, err := newOrderRow(p)
	if err != nil {
		return view, false, err
	}
	_, err = q.NewRaw("UPDATE inbox SET state = ?, why = ?, note = ?, decided_by = ?, leased_until = NULL WHERE order_id = ?",
		keptClosing, w.Reason, w.Note, w.By, orderID).Exec(ctx)
	if err != nil {
		return view, false, err
	}
	_, err = upsertOrder(q, shown).Exec(ctx)
	return p.View, true, err
}

// shown is the order's row in the read model or, if that was lost, the order as it was
// kept.
func (r keptRow) shown(ctx context.Context, q bun.IDB) (p contract.Publication, err error) {
	var rows []orderRow
	if err := q.NewSelect().Model(&rows).Where("id = ?", r.OrderID).Scan(ctx); err != nil {
		return p, err
	}
	if len(rows) == 1 {
		return rows[0].publication()
	}
	input, err := contract.ReadInput(r.Kind, []byte(r.Input), func(*contract.Order) {})
	if err != nil {
		return p, err
	}
	p = contract.Publication{View: input.View(), RequestHash: r.RequestHash}
	p.View.Version = orders.KeptVersion
	return p, nil
}

// expiredAtOnce is the number of orders that Expire withdraws at most.
const expiredAtOnce = 100

// Expire implements orders.Inbox.
func (i *Inbox) Expire(ctx context.Context, at time.Time) (n int, err error) {
	var ids []string
	err = i.db.run(ctx, "find expired orders in inbox", func(ctx context.Context, q bun.IDB) error {
		ids = nil
		return q.NewRaw(`SELECT order_id FROM inbox WHERE settled_at IS NULL AND state = ? AND NOT sent AND start_by < ?
			ORDER BY received_at, order_id LIMIT ?`, keptWaiting, micros(at), expiredAtOnce).Scan(ctx, &ids)
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var expired bool
		if _, expired, err = i.Withdraw(ctx, id, contract.Withdrawal{Reason: booking.NotProcessed}, true); expired {
			n++
		}
	}
	return n, err
}

// Open implements orders.Inbox.
func (i *Inbox) Open(ctx context.Context) (open orders.OpenInbox, err error) {
	var row struct {
		Orders int
		Oldest *time.Time
	}
	err = i.db.run(ctx, "count open orders of inbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(`SELECT (SELECT count(*) FROM inbox WHERE settled_at IS NULL) AS orders,
			(SELECT received_at FROM inbox WHERE settled_at IS NULL ORDER BY received_at, order_id LIMIT 1) AS oldest`).Scan(ctx, &row)
	})
	open.Orders = row.Orders
	if row.Oldest != nil {
		open.Oldest = row.Oldest.UTC()
	}
	return open, err
}

// OpenOf implements orders.Inbox.
func (i *Inbox) OpenOf(ctx context.Context, customerID string) (n int, err error) {
	err = i.db.run(ctx, "count open orders of customer in inbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM inbox WHERE settled_at IS NULL AND customer_id = ?", customerID).Scan(ctx, &n)
	})
	return n, err
}

// OpenBy implements orders.Inbox.
func (i *Inbox) OpenBy(ctx context.Context, placedBy string) (n int, err error) {
	err = i.db.run(ctx, "count open orders of caller in inbox", func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT count(*) FROM inbox WHERE settled_at IS NULL AND placed_by = ?", placedBy).Scan(ctx, &n)
	})
	return n, err
}

// forgottenAtOnce is the number of orders that Forget deletes at most.
const forgottenAtOnce = 1000

// Forget implements orders.Inbox.
func (i *Inbox) Forget(ctx context.Context, before time.Time) (n int, err error) {
	err = i.db.run(ctx, "forget ended orders of inbox", func(ctx context.Context, q bun.IDB) error {
		dropped, err := affected(q.NewRaw(`DELETE FROM inbox WHERE order_id IN
			(SELECT order_id FROM inbox WHERE settled_at IS NOT NULL AND settled_at < ? LIMIT ?)`,
			micros(before), forgottenAtOnce).Exec(ctx))
		n = int(dropped)
		return err
	})
	return n, err
}

// All lists the orders that are still in the inbox, for the audit.
func (i *Inbox) All(ctx context.Context) iter.Seq2[orders.Kept, error] {
	rows := all(ctx, i.db, "list open orders of inbox", func(ctx context.Context, q bun.IDB, is after, last keptRow) (rows []keptRow, err error) {
		err = q.NewSelect().Model(&rows).Where("settled_at IS NULL").Where("(received_at, order_id) ? (?, ?)", is, last.ReceivedAt, last.OrderID).
			OrderExpr("received_at, order_id").Limit(auditPage).Scan(ctx)
		return rows, err
	})
	return as(rows, func(r keptRow) (orders.Kept, error) {
		if !json.Valid([]byte(r.Input)) {
			return orders.Kept{}, &Unreadable{OrderID: r.OrderID, Cause: fmt.Errorf("input of order %s in the inbox is no JSON", r.OrderID)}
		}
		return r.kept(), nil
	})
}
