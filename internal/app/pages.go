package app

import (
	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telephones"
	"github.com/yeyak/yeyak/web"
)

// sessions is the name of the secret with which sessions of the pages are sealed.
const sessions = "sessions"

// newPages puts the pages on what the API is on.
func (a *App) newPages(d api.Deps) *web.Pages {
	cfg := a.options.Config
	return web.New(web.Deps{
		Orders: d.Orders, Hub: a.hub, Catalogue: d.Catalogue, Stock: store.NewInventory(a.dbs[inventoryDB]),
		Payments: d.Payments, Messages: d.Messages, Callers: d.Callers,
		Deliveries: d.Deliveries, Cleaners: d.Cleaners, Members: d.Members,
		Issuer: string(cfg.Auth.Issuer), Client: cfg.Pages.Client, Audience: cfg.Auth.Audience,
		SessionKey: sharedKey(store.NewSecrets(a.dbs[catalogueDB]), sessions), HashKey: d.HashKey,
		TestPayments: !cfg.Payments.Stripe(),
		Telephone:    func(text string) (booking.Personal, bool) { return telephones.Read(text, cfg.Orders.TelRegion) },
		Admission:    a.budgets, ReplyBudget: cfg.Orders.ReplyBudget, Closing: a.closing, Log: a.log,
	})
}

// hasPages tells whether this process serves pages: without authentication nobody could
// log in.
func (a *App) hasPages() bool { return a.verifier != nil && !a.options.Config.Pages.Off() }
