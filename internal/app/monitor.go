package app

import (
	"context"
	"net/url"
	"strings"

	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// Types that commands print.
type (
	Overview         = orders.Overview
	NeedingAttention = orders.NeedingAttention
)

// AttentionFilter selects orders that need attention; "" is any kind or cause.
func AttentionFilter(kind booking.Kind, cause string) orders.AttentionFilter {
	return orders.AttentionFilter{Kind: kind, Cause: orders.Cause(cause)}
}

// monitorOf makes the operators' monitor of orders. ui is the address of the engine's
// web UI, "" for none.
func monitorOf(dbs databases, pages *store.DB, all *orders.Orders, ui string) *orders.Monitor {
	m := &orders.Monitor{
		Orders: all, Pages: store.NewMypage(pages), Audits: store.NewAudits(pages), Log: store.NewActions(pages),
		Line: store.NewPayments(dbs[paymentsDB]), Stock: store.NewInventory(dbs[inventoryDB]),
		Inbox: store.NewInbox(pages), Decisions: store.NewDecisions(pages),
	}
	if ui != "" {
		m.Link = func(orderID, run string) string {
			at := "/namespaces/" + url.PathEscape(all.Engine.Namespace()) + "/workflows/" + url.PathEscape(orderID) + "/" + run + "/history"
			return strings.TrimSuffix(ui, "/") + at
		}
	}
	return m
}

// monitor is this process's monitor, with the state of its dependencies.
func (a *App) monitor(all *orders.Orders) *orders.Monitor {
	m := monitorOf(a.dbs, a.pages, all, a.options.Config.Pages.TemporalUI)
	m.Degraded, m.Load, m.Tallies = a.health.Degraded, a.load, func() []orders.Tally { return tallies(a.registry) }
	return m
}

// load is the load of this process: its requests and connections.
func (a *App) load() (all []orders.Load) {
	b := a.budgets
	for _, of := range []struct {
		name string
		use  func() (busy, of, waiting int)
	}{{"writes", b.Writes.Use}, {"starts", b.Starts.Use}, {"reads", b.Reads.Use}, {"streams", b.Streams.Use}} {
		is := orders.Load{Name: of.name}
		is.Busy, is.Of, is.Waiting = of.use()
		all = append(all, is)
	}
	for _, db := range sharing(a.dbs) {
		is := orders.Load{Name: strings.Join(db.services, "+") + " database"}
		is.Busy, is.Of = db.shared.Use()
		all = append(all, is)
	}
	return all
}

// asMonitor calls do with a command's monitor.
func asMonitor(ctx context.Context, o Options, do func(*orders.Monitor, booking.Caller) error) error {
	return onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		return do(monitorOf(dbs, dbs[mypageDB], commanded(o, dbs, sagas), o.Config.Pages.TemporalUI), byCommand(booking.SystemID))
	})
}

// Status returns the state of everything.
func Status(ctx context.Context, o Options) (is orders.Overview, err error) {
	err = asMonitor(ctx, o, func(m *orders.Monitor, caller booking.Caller) error {
		is, err = m.Overview(ctx, caller)
		return err
	})
	return is, err
}

// attentionPage is how many orders are read and checked at a time.
const attentionPage = 50

// Attention calls do with the orders that need attention.
func Attention(ctx context.Context, o Options, f orders.AttentionFilter, do func(orders.NeedingAttention) error) error {
	return asMonitor(ctx, o, func(m *orders.Monitor, caller booking.Caller) error {
		read := func(ctx context.Context, page booking.Page) ([]orders.NeedingAttention, string, error) {
			return m.Attention(ctx, caller, f, page)
		}
		return each(ctx, attentionPage, read, do)
	})
}

// Timeline returns the whole history of an order.
func Timeline(ctx context.Context, o Options, orderID string) (t orders.Timeline, err error) {
	err = asMonitor(ctx, o, func(m *orders.Monitor, caller booking.Caller) error {
		t, err = m.Timeline(ctx, caller, orderID)
		return err
	})
	return t, err
}

// JSON is the API's form of a value that operators read.
func JSON(of any) any { return api.JSON(of) }
