package app

import (
	"context"
	"slices"

	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/hub"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Decorate lets a test stand between a service and what it stands on, to make
// it fail or to end the process at a chosen point. Nil fields change nothing.
type Decorate struct {
	Ledger    func(activities.PaymentLedger) activities.PaymentLedger
	Provider  func(activities.PaymentProvider) activities.PaymentProvider
	Stock     func(activities.Stock) activities.Stock
	Outbox    func(activities.Outbox) activities.Outbox
	ReadModel func(activities.ReadModel) activities.ReadModel
}

func decorated[T any](with func(T) T, what T) T {
	if with == nil {
		return what
	}
	return with(what)
}

// waiters wakes who waits in this process and in others.
type waiters struct {
	*hub.Hub
	*store.Announcer
}

// newServices puts the services on their stores. Those whose queue is not
// among serve are registered and answer that they are not served here.
func newServices(dbs databases, serve []string, provider activities.PaymentProvider, w activities.Waiters, d Decorate, log *zap.Logger) workers.Services {
	service := func(name, queue string) activities.Service {
		if !slices.Contains(serve, queue) {
			return activities.Service{}
		}
		return activities.NewService(name, func(name string, from, to gobreaker.State) {
			log.Warn("steps in place", zap.String("service", name), zap.Stringer("breakerWas", from), zap.Stringer("breakerIs", to))
		})
	}
	return workers.Services{
		Payments: &activities.Payments{
			Service:  service("payments", contract.PaymentsQueue),
			Ledger:   decorated[activities.PaymentLedger](d.Ledger, store.NewPayments(dbs[paymentsDB])),
			Provider: decorated(d.Provider, provider),
		},
		Inventory: &activities.Inventory{
			Service: service("inventory", contract.InventoryQueue),
			Stock:   decorated[activities.Stock](d.Stock, store.NewInventory(dbs[inventoryDB])),
		},
		Notifications: &activities.Notifications{
			Service: service("notifications", contract.NotificationsQueue),
			Outbox:  decorated[activities.Outbox](d.Outbox, store.NewNotifications(dbs[notificationsDB])),
		},
		Mypage: &activities.Mypage{
			Service:   service("mypage", contract.MypageQueue),
			ReadModel: decorated[activities.ReadModel](d.ReadModel, store.NewMypage(dbs[mypageDB])),
			Waiters:   w,
		},
	}
}

// sandboxMemory lets the sandbox remember in a database.
type sandboxMemory struct{ *store.Sandbox }

func (m sandboxMemory) Charge(ctx context.Context, c booking.Charge, declined bool) (payments.Record, error) {
	r, err := m.Sandbox.Charge(ctx, c, declined)
	return payments.Record{Ref: r.Ref, Status: r.Status}, err
}

func (m sandboxMemory) Void(ctx context.Context, c booking.Charge) (payments.Record, error) {
	r, err := m.Sandbox.Void(ctx, c)
	return payments.Record{Ref: r.Ref, Status: r.Status}, err
}
