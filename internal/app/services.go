package app

import (
	"fmt"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Decorate lets a test wrap a service's dependencies, to make them fail or to end the
// process at a chosen point. Nil fields change nothing.
type Decorate struct {
	Ledger      func(activities.PaymentLedger) activities.PaymentLedger
	Provider    func(activities.PaymentProvider) activities.PaymentProvider
	Stock       func(activities.Stock) activities.Stock
	Messages    func(activities.Messages) activities.Messages
	Registry    func(activities.Registry) activities.Registry
	Deliveries  func(activities.Jobs) activities.Jobs
	Productions func(activities.Jobs) activities.Jobs
	Crew        func(activities.Crew) activities.Crew
	ReadModel   func(activities.ReadModel) activities.ReadModel
	Decisions   func(activities.Decisions) activities.Decisions
}

func decorated[T any](with func(T) T, what T) T {
	if with == nil {
		return what
	}
	return with(what)
}

// waiters wakes requests in this process and in others.
type waiters struct {
	*orders.Hub
	*store.Announcer
}

// newServices makes the services with their stores. A service whose queue this process
// does not serve is registered, and refuses calls.
func (a *App) newServices(readModel activities.ReadModel) workers.Services {
	dbs, d := a.dbs, a.options.Decorate
	service := func(name, queue string) activities.Service {
		if !slices.Contains(a.options.Config.Worker.Serve, queue) {
			return activities.Service{}
		}
		return activities.NewService(name, func(name string, from, to gobreaker.State) {
			a.log.Warn("steps in place", zap.String("service", name), zap.Stringer("breakerWas", from), zap.Stringer("breakerIs", to))
		})
	}
	inventory, crew := store.NewInventory(dbs[inventoryDB]), store.NewCrew(dbs[fulfilmentDB])
	return workers.Services{
		Payments: &activities.Payments{
			Service:  service("payments", contract.PaymentsQueue),
			Ledger:   decorated[activities.PaymentLedger](d.Ledger, store.NewPayments(dbs[paymentsDB])),
			Provider: decorated(d.Provider, a.money.PaymentProvider),
			Gate:     a.gate,
			Follower: a.sagas,
		},
		Inventory: &activities.Inventory{
			Service: service("inventory", contract.InventoryQueue),
			Stock:   decorated[activities.Stock](d.Stock, inventory),
		},
		Drinks: &activities.Drinks{
			Service: service("drinks", contract.InventoryQueue),
			Shelf:   inventory, Sagas: a.sagas, Pages: store.NewCatalogue(dbs[catalogueDB]),
		},
		Notifications: &activities.Notifications{
			Service:  service("notifications", contract.NotificationsQueue),
			Messages: decorated[activities.Messages](d.Messages, store.NewNotifications(dbs[notificationsDB])),
		},
		Management: &activities.Management{
			Service:  service("management", contract.ManagementQueue),
			Registry: decorated[activities.Registry](d.Registry, store.NewManagement(dbs[managementDB])),
		},
		Deliveries: &activities.Deliveries{
			Service: service("deliveries", contract.FulfilmentQueue),
			Jobs:    decorated[activities.Jobs](d.Deliveries, store.NewDeliveries(dbs[fulfilmentDB])),
		},
		Productions: &activities.Productions{
			Service: service("productions", contract.FulfilmentQueue),
			Jobs:    decorated[activities.Jobs](d.Productions, store.NewProductions(dbs[fulfilmentDB])),
		},
		Assignment: &activities.Assignment{
			Service: service("assignment", contract.FulfilmentQueue),
			Crew:    decorated[activities.Crew](d.Crew, crew), Callers: a.sagas,
		},
		Mypage: &activities.Mypage{
			Service:   service("mypage", contract.MypageQueue),
			ReadModel: decorated(d.ReadModel, readModel),
			Decisions: decorated[activities.Decisions](d.Decisions, store.NewDecisions(a.dbs[mypageDB])),
			Disputed:  store.NewMypage(a.dbs[mypageDB]),
			Waiters:   waiters{a.hub, a.announcer},
			Repairer:  a.repairer,
		},
	}
}

// newGate makes the gate in front of the payment provider.
func (a *App) newGate(registry prometheus.Registerer) *payments.Gate {
	o := a.options.Config.Overload
	breaker := o.Breaker.WithDefaults()
	host, _ := os.Hostname() // without it, the process id suffices
	return payments.NewGate(payments.GateOptions{
		Slow: breaker.Slow, Window: breaker.Window, MinCalls: breaker.MinCalls, FailPercent: breaker.FailPercent,
		ShutFor: breaker.OpenFor, Probes: breaker.Probes,
		PerSecond: o.DeferredPerSecond, PayWithin: o.PayWithinAllowed(),
		CallsProvider: slices.Contains(a.options.Config.Worker.Serve, contract.PaymentsQueue),
		Outlook:       store.NewPayments(a.dbs[paymentsDB]), Worker: fmt.Sprintf("%s/%d", host, os.Getpid()),
		Log: a.log, Registry: registry,
	})
}

// keptMethods are the cards that the payment provider keeps for customers.
func (a *App) keptMethods() payments.KeptMethods {
	return payments.KeptMethods{Customers: store.NewPaymentCustomers(a.dbs[paymentsDB]), Keeper: a.money.Methods, Log: a.log}
}

// provider is the configured payment provider.
func provider(o Options, dbs databases, sandbox *payments.Sandbox) (payments.Provider, error) {
	cfg := o.Config.Payments
	return payments.Named(cfg.Name(), payments.Providers{
		Stripe: payments.StripeOptions{
			URL: string(cfg.StripeURL), Key: string(cfg.StripeKey), WebhookSecrets: o.Config.Notices.Secrets(),
			Customers: store.NewPaymentCustomers(dbs[paymentsDB]), Log: o.Log,
		},
		Sandbox: sandbox, SandboxLedger: store.NewSandbox(dbs[sandboxDB]),
	})
}
