package app

import (
	"cmp"

	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telephones"
	"github.com/yeyak/yeyak/web"
)

// sessions is the name of the secret that seals the pages' sessions.
const sessions = "sessions"

// newPages makes the pages, with Orders and the API's other dependencies.
func (a *App) newPages(all *orders.Orders, d api.Deps) *web.Pages {
	cfg := a.options.Config
	return web.New(web.Deps{
		Demo:   a.demoForPages(),
		Orders: all, Hub: a.hub, Catalogue: d.Catalogue, Stock: store.NewInventory(a.dbs[inventoryDB]),
		Payments: d.Payments, KeptMethods: a.keptMethods(), Messages: d.Messages, Callers: d.Callers,
		Deliveries: d.Deliveries, Cleaners: d.Cleaners, Members: d.Memberships, Audits: d.Audits, Actions: store.NewActions(a.pages), Bulk: store.NewBulk(a.pages), Monitor: d.Monitor, Terms: payments.Terms{},
		Issuer: string(cfg.Auth.Issuer), Client: cfg.Pages.Client, Audience: cfg.Auth.Audience,
		SessionKey: sharedKey(store.NewSecrets(a.dbs[catalogueDB]), sessions), HashKey: d.HashKey,
		TestPayments: !cfg.Payments.Stripe(),
		Telephone: func(text string) (booking.Personal, bool) {
			return telephones.Read(text, cmp.Or(cfg.Orders.TelRegion, api.DefaultTelRegion))
		},
		Admission: a.budgets, ReplyBudget: cfg.Orders.ReplyBudget, Closing: a.closing, Log: a.log,
	})
}

// hasPages reports whether this process serves pages: without authentication there is
// no login.
func (a *App) hasPages() bool { return a.verifier != nil && !a.options.Config.Pages.Off() }
