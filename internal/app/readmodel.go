package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/projector"
	"github.com/yeyak/yeyak/internal/relay"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// rows is the read model. It reports to the hub what was written.
type rows struct {
	*store.Mypage
	hub *orders.Hub
}

// Publish implements activities.ReadModel.
func (r rows) Publish(ctx context.Context, p contract.Publication) error {
	if err := r.Mypage.Publish(ctx, p); err != nil {
		return err
	}
	r.hub.Published(p.View)
	return nil
}

// readModel is what the sagas publish to: the read model itself or, if it is fed by
// queries alone, a feed that queries the sagas until it is stopped.
func (a *App) readModel(ctx context.Context) activities.ReadModel {
	rows := rows{store.NewMypage(a.dbs[mypageDB]), a.hub}
	if a.options.Config.Mypage.Feed != config.FeedQuery {
		return rows
	}
	feed := projector.NewFeed(rows, a.repairer)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { feed.Run(ctx) })
	a.stopFeeding = func() { cancel(); running.Wait() }
	return feed
}

// skippedEvents logs and counts events of the feed that cannot be read.
func skippedEvents(registry prometheus.Registerer, log *zap.Logger) func(*store.Unreadable) {
	count := promauto.With(registry).NewCounter(prometheus.CounterOpts{
		Name: "yeyak_events_unreadable_total", Help: "Events that readers of the feed skipped because they cannot be read, once for each reader.",
	})
	return func(u *store.Unreadable) {
		count.Inc()
		about, item := u.About()
		log.Error("an event of the feed cannot be read and is skipped", zap.String("subject", cmp.Or(about, item)), zap.Error(u))
	}
}

// changed wakes requests that wait for an order whose row was written from a query.
func (a *App) changed(p contract.Publication) {
	a.hub.Wake(p)
	a.announcer.Announce(context.Background(), p.View.ID)
}

// relayEvents moves events from the services' outboxes to the feed. Every process does:
// it notices its own changes at once, and any of them takes over from one that died.
func (a *App) relayEvents(ctx context.Context) {
	relay := &relay.Relay{
		Outboxes: outboxes(a.dbs),
		Feed:     store.NewMypage(a.dbs[mypageDB]), Log: a.log,
		Appended: func(events []booking.Event) {
			a.hub.Tick()
			a.announcer.Announce(ctx, events[len(events)-1].Subject)
		},
	}
	a.beside.Go(func() { relay.Run(ctx) })
}

// outboxes are all services' outboxes, by the service's name.
func outboxes(dbs databases) map[string]relay.Outbox {
	return map[string]relay.Outbox{
		catalogueDB:  store.CatalogueOutbox(dbs[catalogueDB]),
		inventoryDB:  store.InventoryOutbox(dbs[inventoryDB]),
		fulfilmentDB: store.FulfilmentOutbox(dbs[fulfilmentDB]),
	}
}

// scheduleRepair has the engine start repairs, at this process's interval. It retries
// while the engine is away.
func (a *App) scheduleRepair(ctx context.Context) {
	every := a.options.Config.Mypage.RepairEvery
	if every <= 0 || !slices.Contains(a.options.Config.Worker.Serve, contract.MypageQueue) {
		return
	}
	a.beside.Go(func() {
		for {
			err := ensureRepair(ctx, a.engine.ScheduleClient(), every)
			if err == nil || ctx.Err() != nil {
				return
			}
			a.log.Debug("repair of the read model not scheduled yet", zap.Error(err))
			select {
			case <-ctx.Done():
				return
			case <-time.After(reconnectEvery):
			}
		}
	})
}

func ensureRepair(ctx context.Context, schedules client.ScheduleClient, every time.Duration) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID: contract.RepairSchedule, Spec: spec, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action: &client.ScheduleWorkflowAction{
			ID: contract.RepairSchedule, Workflow: contract.RepairWorkflow, TaskQueue: contract.SagasQueue,
			Args: []any{contract.Repair{}},
		},
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return schedules.GetHandle(ctx, contract.RepairSchedule).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			in.Description.Schedule.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
		},
	})
}

// RebuildMypage rewrites the row of every order from its workflow's answer.
func RebuildMypage(ctx context.Context, o Options) (done projector.Rebuilt, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		repairer := &projector.Repairer{Sagas: sagas, Rows: store.NewMypage(dbs[mypageDB]), Log: o.Log}
		done, err = repairer.Rebuild(ctx)
		return err
	})
	return done, err
}

// listenToOthers wakes requests in this process that wait for an order that another
// process has published, and streams of events.
func (a *App) listenToOthers(ctx context.Context) {
	pages := store.NewMypage(a.dbs[mypageDB])
	a.beside.Go(func() {
		err := a.announcer.Listen(ctx, func(orderID string) {
			a.hub.Tick()
			if !a.hub.Waiting(orderID) {
				return
			}
			if p, err := pages.Order(ctx, orderID); err == nil {
				a.hub.Published(p.View)
				a.hub.Wake(p)
			}
		})
		if err != nil && ctx.Err() == nil {
			a.log.Error("no longer listening to other processes", zap.Error(err))
		}
	})
}
