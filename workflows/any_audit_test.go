package workflows_test

import (
	"context"
	"iter"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// auditedTrials are orders that have ended, with the audit's other sources beside the
// stores.
type auditedTrials struct {
	mu       sync.Mutex
	names    map[string]string // the tests' names, by the ids of their orders
	views    map[string]contract.View
	again    map[string]bool // the workflow was started more than once
	items    map[string]bool
	charges  []audit.ProviderCharge
	cleaners []booking.CleanerAtWork
	calls    []audit.Call
}

// add adds an order whose last workflow has ended.
func (a *auditedTrials) add(t *testing.T, s *trial) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names[s.order], a.views[s.order], a.items[s.item] = t.Name(), s.last, true
	a.again[s.order] = s.earlierRuns > 0
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, is := range s.provider {
		c := audit.ProviderCharge{OrderID: s.order, Ref: "ref of " + key, Refunded: is.refunded}
		if is.charged > 0 {
			c.Charged = booking.Money{Amount: is.charged, Currency: is.currency}
		}
		a.charges = append(a.charges, c)
	}
	if s.crew == nil {
		return
	}
	for c, err := range s.crew.AllCleaners(t.Context()) {
		require.NoError(t, err)
		if c.OrderID != otherCall.OrderID {
			a.cleaners = append(a.cleaners, c)
		}
	}
	for c, err := range s.crew.Assignments(t.Context()) {
		require.NoError(t, err)
		if c.OrderID == s.order {
			a.calls = append(a.calls, c)
		}
	}
}

// requireClean audits all orders.
func (a *auditedTrials) requireClean(t *testing.T) {
	t.Helper()
	if t.Failed() {
		return // trials that have failed are not among them
	}
	report, err := audit.Run(context.Background(), a.sources(t), audit.Options{})
	require.NoError(t, err)
	for _, f := range report.Findings {
		if a.again[f.OrderID] && f.Kind == audit.Message {
			continue // a workflow does not know which messages an earlier, forgotten run has sent or withdrawn
		}
		t.Errorf("%s: %s: %s", a.names[f.OrderID], f.Kind, f.Says)
	}
	require.Zero(t, report.NotJudged, report.OneNotJudged)
	require.Equal(t, len(a.names), report.Orders)
}

// sources are the stores, limited to these orders, without what sagas do not write: the
// catalogue, the inbox, and the outboxes of events and decisions.
func (a *auditedTrials) sources(t *testing.T) audit.Sources {
	db, err := stores()
	require.NoError(t, err)
	jobs := func(jobs *store.Jobs) listing[booking.JobState] {
		return ours(jobs.All, func(j booking.JobState) bool { return a.has(j.OrderID) })
	}
	return audit.Sources{
		Workflows: a, Provider: a, Crew: a,
		Inventory: theirStock{a, store.NewInventory(db)}, Management: theirCalls{a, store.NewManagement(db)},
		Messages: theirMessages{a, store.NewNotifications(db)}, Catalogue: noItems{}, Outboxes: noItems{},
		Ledger:     ours(store.NewPayments(db).All, func(p booking.Payment) bool { return a.has(p.OrderID) }),
		Pages:      ours(store.NewMypage(db).All, func(r audit.Row) bool { return a.has(r.ID) }),
		Deliveries: jobs(store.NewDeliveries(db)), Productions: jobs(store.NewProductions(db)),
		Inbox: listed[orders.Kept](), Decisions: listed[orders.KeptDecision](),
	}
}

func (a *auditedTrials) has(orderID string) bool { return a.names[orderID] != "" }

// listing is a source that lists things.
type listing[T any] func(context.Context) iter.Seq2[T, error]

// All implements sources of the audit.
func (l listing[T]) All(ctx context.Context) iter.Seq2[T, error] { return l(ctx) }

// ours are the values of a listing that belong to these orders.
func ours[T any](all listing[T], is func(T) bool) listing[T] {
	return func(ctx context.Context) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			for one, err := range all(ctx) {
				if (err != nil || is(one)) && !yield(one, err) {
					return
				}
			}
		}
	}
}

func listed[T any](things ...T) listing[T] {
	return func(context.Context) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			for _, one := range things {
				if !yield(one, nil) {
					return
				}
			}
		}
	}
}

// Charges implements audit.ProviderLedger.
func (a *auditedTrials) Charges(ctx context.Context) iter.Seq2[audit.ProviderCharge, error] {
	return listed(a.charges...)(ctx)
}

// AllCleaners implements audit.Crew.
func (a *auditedTrials) AllCleaners(ctx context.Context) iter.Seq2[booking.CleanerAtWork, error] {
	return listed(a.cleaners...)(ctx)
}

// Assignments implements audit.Crew.
func (a *auditedTrials) Assignments(ctx context.Context) iter.Seq2[audit.Call, error] {
	return listed(a.calls...)(ctx)
}

// List implements audit.Workflows.
func (a *auditedTrials) List(context.Context, string, int, []byte) (found []orders.Saga, next []byte, err error) {
	for id := range a.views {
		saga, _ := a.Describe(context.Background(), id)
		found = append(found, saga)
	}
	return found, nil, nil
}

// Describe implements audit.Workflows.
func (a *auditedTrials) Describe(_ context.Context, id string) (orders.Saga, error) {
	v, known := a.views[id]
	if !known {
		return orders.Saga{}, booking.Errorf(booking.NotFound, "no workflow of %s", id)
	}
	return orders.Saga{OrderID: id, Kind: v.Kind, Status: v.Status, Execution: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}, nil
}

// View implements audit.Workflows.
func (a *auditedTrials) View(_ context.Context, id string) (contract.View, error) {
	return a.views[id], nil
}

// Pending implements audit.Workflows.
func (a *auditedTrials) Pending(context.Context, string) (map[string][]orders.Awaited, error) {
	return nil, nil
}

type theirStock struct {
	*auditedTrials
	all *store.Inventory
}

// AllDays implements audit.Inventory.
func (s theirStock) AllDays(ctx context.Context) iter.Seq2[audit.StockDay, error] {
	return ours(s.all.AllDays, func(d audit.StockDay) bool { return s.items[d.ItemID] })(ctx)
}

// LiveHolds implements audit.Inventory.
func (s theirStock) LiveHolds(ctx context.Context) iter.Seq2[audit.Hold, error] {
	return ours(s.all.LiveHolds, func(h audit.Hold) bool { return s.has(h.OrderID) })(ctx)
}

type theirCalls struct {
	*auditedTrials
	all *store.Management
}

// Registered implements audit.Management.
func (c theirCalls) Registered(ctx context.Context) iter.Seq2[string, error] {
	return ours(c.all.Registered, c.has)(ctx)
}

type theirMessages struct {
	*auditedTrials
	all *store.Notifications
}

// NotWithdrawn implements audit.Messages.
func (m theirMessages) NotWithdrawn(ctx context.Context) iter.Seq2[booking.Message, error] {
	return ours(m.all.NotWithdrawn, func(sent booking.Message) bool { return m.has(sent.OrderID) })(ctx)
}

// noItems is an empty source.
type noItems struct{}

// AllPlaces implements audit.Items.
func (noItems) AllPlaces(ctx context.Context) iter.Seq2[booking.Place, error] {
	return listed[booking.Place]()(ctx)
}

// AllDrinks implements audit.Items.
func (noItems) AllDrinks(ctx context.Context) iter.Seq2[booking.Drink, error] {
	return listed[booking.Drink]()(ctx)
}

// Undelivered implements audit.Outboxes.
func (noItems) Undelivered(ctx context.Context) iter.Seq2[booking.Event, error] {
	return listed[booking.Event]()(ctx)
}
