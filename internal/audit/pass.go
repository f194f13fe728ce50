package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// listSize is the page size of the engine's list.
const listSize = 500

// pass is one pass over everything, or over some orders; it always includes stock and
// cleaners.
type pass struct {
	Sources
	pace *pace
	only map[string]bool // orders; nil for all

	orders   map[string]*facts
	crew     crew
	garbled  map[string]bool  // findings: orders that cannot be checked, since their workflow's view cannot be read
	silent   map[string]error // why orders cannot be checked whose workflow does not answer
	counts   Counts
	findings []Finding
	known    []Finding
}

// runPass reads the facts and judges them.
func (s Sources) runPass(ctx context.Context, p *pace, only map[string]bool) (*pass, error) {
	l := &pass{
		Sources: s, pace: p, only: only, orders: map[string]*facts{}, silent: map[string]error{}, garbled: map[string]bool{},
		crew: crew{cleaners: map[string]booking.CleanerAtWork{}, calls: map[string]Call{}},
	}
	for _, gather := range []func(context.Context) error{
		l.workflows, l.underWay, l.rows, l.inbox, l.decisions, l.money, l.stock, l.work, l.cleaning, l.messages, l.catalogue, l.feed, l.unlisted, l.views, l.refunds, l.disputes,
	} {
		if err := gather(ctx); err != nil {
			return nil, err
		}
	}
	for id, f := range l.orders {
		if f.life != unknown {
			l.counts.Orders++
		}
		if f.life == running {
			l.counts.Running++
		}
		if l.silent[id] == nil && !l.garbled[id] {
			l.findings = append(l.findings, judge(f)...)
			l.known = append(l.known, f.known()...)
			l.findings = append(l.findings, f.inInbox(time.Now())...)
			l.findings = append(l.findings, f.undelivered(time.Now())...)
		}
	}
	l.findings = append(l.findings, l.crew.judge()...)
	return l, nil
}

// of returns the facts of an order; for an order outside of this pass they are not
// kept.
func (l *pass) of(orderID string) *facts {
	if l.only != nil && !l.only[orderID] {
		return &facts{}
	}
	f := l.orders[orderID]
	if f == nil {
		f = &facts{id: orderID}
		l.orders[orderID] = f
	}
	return f
}

// workflows lists the sagas of all orders. A few selected orders are read one by one.
func (l *pass) workflows(ctx context.Context) error {
	if l.only != nil {
		for id := range l.only {
			l.of(id)
		}
		return nil
	}
	for page := []byte(nil); ; {
		found, next, err := l.Workflows.List(ctx, orders.All, listSize, page)
		if err != nil {
			return err
		}
		for _, s := range found {
			if f := l.of(s.OrderID); f.life == unknown { // older runs of it come later
				f.lives(s)
			}
		}
		if next == nil {
			return nil
		}
		if err := l.pace.after(ctx, len(found)); err != nil {
			return err
		}
		page = next
	}
}

// lives stores what the engine says about the order's workflow.
func (f *facts) lives(s orders.Saga) {
	f.saga = s
	switch {
	case s.Running():
		f.life = running
	case s.Completed():
		f.life = ended
	default:
		f.life = lost
	}
}

func (l *pass) rows(ctx context.Context) error {
	return each(ctx, l, l.Pages.All, func(r Row) {
		l.counts.Rows++
		l.of(r.ID).row = &row{orderState: orderStateOf(r.View), status: r.Status, version: r.Version, disputed: r.View.Disputed}
	})
}

func (l *pass) inbox(ctx context.Context) error {
	return each(ctx, l, l.Inbox.All, func(k orders.Kept) { l.of(k.OrderID).kept = &k })
}

func (l *pass) decisions(ctx context.Context) error {
	return each(ctx, l, l.Decisions.All, func(k orders.KeptDecision) {
		f := l.of(k.OrderID)
		f.decided = append(f.decided, k)
	})
}

func (l *pass) money(ctx context.Context) error {
	err := each(ctx, l, l.Ledger.All, func(p booking.Payment) {
		l.counts.Payments++
		l.of(p.OrderID).payment = &p
	})
	if err != nil {
		return err
	}
	return each(ctx, l, l.Provider.Charges, func(c ProviderCharge) {
		l.counts.Charges++
		f := l.of(c.OrderID)
		f.charges = append(f.charges, c)
	})
}

func (l *pass) stock(ctx context.Context) error {
	err := each(ctx, l, l.Inventory.AllDays, func(d StockDay) {
		l.counts.Days++
		l.findings = append(l.findings, judgeDay(d)...)
	})
	if err != nil {
		return err
	}
	return each(ctx, l, l.Inventory.LiveHolds, func(h Hold) {
		l.counts.Holds++
		f := l.of(h.OrderID)
		f.holds = append(f.holds, h)
	})
}

func (l *pass) work(ctx context.Context) error {
	err := each(ctx, l, l.Deliveries.All, func(j booking.JobState) {
		l.counts.Deliveries++
		l.of(j.OrderID).delivery = j.Status
	})
	if err != nil {
		return err
	}
	return each(ctx, l, l.Productions.All, func(j booking.JobState) {
		l.counts.Productions++
		f := l.of(j.OrderID)
		f.production, f.making = j.Status, j.Quantity
	})
}

// cleaning reads the cleaners between two reads of the calls. A call that waits in both
// has waited in between: no cleaner was free then, unless there is a contradiction.
func (l *pass) cleaning(ctx context.Context) error {
	err := each(ctx, l, l.Crew.AllCleaners, func(c booking.CleanerAtWork) {
		l.counts.Cleaners++
		l.crew.cleaners[c.ID] = c
	})
	if err != nil {
		return err
	}
	err = each(ctx, l, l.Crew.Assignments, func(c Call) {
		l.counts.Calls++
		l.of(c.OrderID).call = &c
		if c.State == CallWaiting || c.State == CallAssigned {
			l.crew.calls[c.OrderID] = c
		}
	})
	if err != nil {
		return err
	}
	return each(ctx, l, l.Management.Registered, func(orderID string) {
		l.counts.Registrations++
		l.of(orderID).registered = true
	})
}

func (l *pass) messages(ctx context.Context) error {
	return each(ctx, l, l.Messages.NotWithdrawn, func(m booking.Message) {
		if notice := contract.NoticeIn(m.OrderID, m.Key); notice != "" {
			l.counts.Notices++
			f := l.of(m.OrderID)
			f.notices = append(f.notices, notice)
		}
	})
}

// catalogue finds stored data that this build's rules refuse. It was stored under other
// rules, and cannot be ordered.
func (l *pass) catalogue(ctx context.Context) error {
	err := each(ctx, l, l.Catalogue.AllPlaces, func(p booking.Place) {
		l.counts.Items++
		l.findings = append(l.findings, judgeItem(p.ID, p.Fault(),
			`PATCH /v1/lodging/places/`+p.ID+` with a "timeZone" and "confirmation" of today`)...)
	})
	if err != nil {
		return err
	}
	return each(ctx, l, l.Catalogue.AllDrinks, func(d booking.Drink) {
		l.counts.Items++
		l.findings = append(l.findings, judgeItem(d.ID, d.Fault(),
			"DELETE /v1/cafe/menus/"+d.ID+", and register the drink anew")...)
	})
}

// feed finds events that stay in their outbox.
func (l *pass) feed(ctx context.Context) error {
	return each(ctx, l, l.Outboxes.Undelivered, func(e booking.Event) {
		l.findings = append(l.findings, Finding{
			Kind: Feed, Item: e.Subject, Says: fmt.Sprintf("%s of %s has not reached the feed", e.Type, e.At.UTC().Format(time.RFC3339)),
			Remedy: "it does when a process runs that reaches the database of mypage", same: "untold " + e.Key,
		})
	})
}

// each reads a list. An item that cannot be read is a finding.
func each[T any](ctx context.Context, l *pass, list func(context.Context) iter.Seq2[T, error], do func(T)) error {
	for one, err := range list(ctx) {
		if u, ok := errors.AsType[unreadable](err); ok {
			l.findings = append(l.findings, cannotRead(u))
			continue
		}
		if err != nil {
			return err
		}
		do(one)
		if err := l.pace.after(ctx, 1); err != nil {
			return err
		}
	}
	return nil
}

func cannotRead(u unreadable) Finding {
	orderID, item := u.About()
	says := "cannot be read: " + u.Error()
	return Finding{Kind: Unreadable, OrderID: orderID, Item: item, Says: says, same: orderID + "\n" + item + "\n" + says}
}
