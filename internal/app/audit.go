package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	neturl "net/url"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/relay"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Audit compares the sagas of all orders with the services' data, and repeats the
// checks with findings after `moment`. An error means that sources could not be read.
func Audit(ctx context.Context, o Options, moment time.Duration) (report audit.Report, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		money, err := provider(o, dbs, nil)
		if err != nil {
			return err
		}
		report, err = audit.Run(ctx, auditSources(dbs, sagas, money), audit.Options{Moment: moment})
		return err
	})
	return report, err
}

// settling is the policy of a lost order's compensation: the default times.
var settling = contract.Policy{InPlace: true}

// Settle starts the compensation of a lost order, and waits up to `wait` for its end. by is the
// caller, with a reason. It returns the order, without a status if no worker has begun with it.
// The compensation continues after the wait, until it is done.
func Settle(ctx context.Context, o Options, orderID string, reason booking.Personal, by string, wait time.Duration) (view contract.View, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		err := commanded(o, dbs, sagas).Settle(ctx, byCommand(by), orderID, reason)
		if err != nil {
			return err
		}
		view, err = awaitEnd(ctx, sagas, orderID, wait)
		return err
	})
	return view, err
}

// settler settles lost orders.
func settler(dbs databases, sagas *orders.Engine, log *zap.Logger) audit.Settler {
	return audit.Settler{Sagas: sagas, Pages: store.NewMypage(dbs[mypageDB]), Ledger: store.NewPayments(dbs[paymentsDB]), Policy: settling, Log: log}
}

// commanded makes the Orders of commands.
func commanded(o Options, dbs databases, sagas *orders.Engine) *orders.Orders {
	return orders.New(orders.Deps{
		Engine: sagas, Hub: &orders.Hub{}, Pages: store.NewMypage(dbs[mypageDB]), Ledger: store.NewPayments(dbs[paymentsDB]),
		Actions: store.NewActions(dbs[mypageDB]), Bulk: store.NewBulk(dbs[mypageDB]), Settler: settler(dbs, sagas, o.Log), ReplyBudget: recording, Log: o.Log,
	})
}

// Resolve records that a refund that the payment provider could not make was paid by
// hand, on behalf of a person. It returns the order.
func Resolve(ctx context.Context, o Options, orderID string, evidence booking.Personal, by string) (view contract.View, err error) {
	err = onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		out, err := commanded(o, dbs, sagas).Resolve(ctx, byCommand(by), orderID, evidence)
		if err == nil && !out.Done {
			err = fmt.Errorf("order %s has not answered: is a worker running? Repeat the command", orderID)
		}
		view = out.View
		return err
	})
	return view, err
}

// byCommand is the caller of a command, which has the databases and may do everything.
func byCommand(id string) booking.Caller { return booking.Caller{ID: id, Unchecked: true} }

// recording is the time limit for recording what was paid by hand. Before that the payment is
// checked at the provider, for five seconds at most (checkTimeout in activities).
const recording = 15 * time.Second

// CheckPayment requests a check of an order's payment at the payment provider.
func CheckPayment(ctx context.Context, o Options, orderID, by string) error {
	return onEverything(ctx, o, func(dbs databases, sagas *orders.Engine) error {
		all := orders.New(orders.Deps{
			Engine: sagas, Ledger: store.NewPayments(dbs[paymentsDB]), Actions: store.NewActions(dbs[mypageDB]), ReplyBudget: viewWithin, Log: o.Log,
		})
		return all.CheckPayment(ctx, byCommand(by), orderID)
	})
}

// viewWithin is the time limit of the read of an order that has not ended in time.
const viewWithin = 5 * time.Second

func awaitEnd(ctx context.Context, sagas *orders.Engine, orderID string, wait time.Duration) (contract.View, error) {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	view, err := sagas.Await(waiting, orderID)
	if _, ended := errors.AsType[*temporal.WorkflowExecutionError](err); err == nil || ended || ctx.Err() != nil {
		return view, err
	}
	reading, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	if view, err = sagas.View(reading, orderID); err != nil {
		return contract.View{ID: orderID}, ctx.Err()
	}
	return view, nil
}

// onEverything calls do with the databases and the engine, as they are.
func onEverything(ctx context.Context, o Options, do func(databases, *orders.Engine) error) error {
	if err := mustExist(o); err != nil {
		return err
	}
	o, err := withItsEngine(o)
	if err != nil {
		return err
	}
	return onDatabases(ctx, o, func(dbs databases) error {
		engine, namespace, err := newClient(o, nil, nil)
		if err != nil {
			return err
		}
		defer engine.Close()
		return do(dbs, orders.NewEngine(engine).In(namespace))
	})
}

// onDatabases calls do with the databases, which must exist.
func onDatabases(ctx context.Context, o Options, do func(databases) error) error {
	if err := mustExist(o); err != nil {
		return err
	}
	dbs, err := openDatabases(ctx, o.Config, store.Options{})
	if err != nil {
		return err
	}
	defer dbs.close()
	if err := dbs.mustBeMigrated(ctx); err != nil {
		return err
	}
	return do(dbs)
}

// withItsEngine finds the engine of the data folder, if the databases are there and no other
// engine is named. With another folder's engine, at its default address, the audit would report
// every order.
func withItsEngine(o Options) (Options, error) {
	named, err := temporalSettings()
	if err != nil || named.HostPort != "" || o.TemporalAddress != "" || o.Config.Databases.Front != "" {
		return o, err
	}
	announced := devserver.Announced(o.Config.Dev.DataDir)
	if o.TemporalAddress = announced["TEMPORAL_ADDRESS"]; o.TemporalAddress == "" {
		return o, fmt.Errorf("yeyak dev does not run on %s: start it, or say where Temporal is (TEMPORAL_ADDRESS)", o.Config.Dev.DataDir)
	}
	return o, nil
}

// mustExist refuses SQLite files that do not exist: opening one creates it, and an
// empty one has no faults.
func mustExist(o Options) error {
	all, err := urls(o.Config)
	if err != nil {
		return err
	}
	for _, db := range sharing(all) {
		u, err := neturl.Parse(db.shared)
		if err != nil || u.Scheme != "sqlite" {
			continue // opening it returns the error
		}
		if _, err := os.Stat(u.Host + u.Path); errors.Is(err, fs.ErrNotExist) {
			return db.failed(fmt.Errorf("there is none in %s: name it (DATABASE_URL), or the data folder of yeyak dev (YEYAK_DATA_DIR)", u.Host+u.Path))
		}
	}
	return nil
}

// mustBeMigrated refuses databases without the tables that this program reads.
func (d databases) mustBeMigrated(ctx context.Context) error {
	var errs []error
	for _, db := range sharing(d) {
		for _, service := range db.services {
			pending, err := store.Pending(ctx, db.shared, service)
			if err == nil && len(pending) > 0 {
				err = fmt.Errorf("it lacks migrations (%s): run yeyak migrate", strings.Join(pending, ", "))
			}
			if err != nil {
				errs = append(errs, db.failed(err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

func auditSources(dbs databases, sagas *orders.Engine, money payments.Provider) audit.Sources {
	return audit.Sources{
		Workflows:   sagas,
		Pages:       store.NewMypage(dbs[mypageDB]),
		Ledger:      store.NewPayments(dbs[paymentsDB]),
		Provider:    money.Ledger,
		Inventory:   store.NewInventory(dbs[inventoryDB]),
		Deliveries:  store.NewDeliveries(dbs[fulfilmentDB]),
		Productions: store.NewProductions(dbs[fulfilmentDB]),
		Crew:        store.NewCrew(dbs[fulfilmentDB]),
		Management:  store.NewManagement(dbs[managementDB]),
		Messages:    store.NewNotifications(dbs[notificationsDB]),
		Catalogue:   store.NewCatalogue(dbs[catalogueDB]),
		Inbox:       store.NewInbox(dbs[mypageDB]),
		Decisions:   store.NewDecisions(dbs[mypageDB]),
		Outboxes:    auditedEvents{outboxes(dbs), store.NewMypage(dbs[mypageDB])},
	}
}

// auditedEvents lists events that the feed's readers do not get: of the outboxes, up to
// one batch of the relay, since if those do not move, none do; and events in the feed
// that cannot be read.
type auditedEvents struct {
	outboxes map[string]relay.Outbox
	feed     *store.Mypage
}

func (a auditedEvents) Undelivered(ctx context.Context) iter.Seq2[booking.Event, error] {
	return func(yield func(booking.Event, error) bool) {
		for _, err := range a.feed.UnreadableEvents(ctx) {
			if !yield(booking.Event{}, err) {
				return
			}
		}
		for _, outbox := range a.outboxes {
			events, unreadable, err := outbox.Waiting(ctx, relay.Batch)
			if err != nil {
				yield(booking.Event{}, err)
				return
			}
			for _, err := range unreadable {
				if !yield(booking.Event{}, err) {
					return
				}
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
