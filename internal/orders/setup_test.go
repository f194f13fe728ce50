package orders_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// today is the day of these tests: in Seoul already the 21st, in UTC still the 20th.
var today = time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)

// testTimeout is the reply budget for tests in which the awaited event comes, long enough for
// a busy machine.
const testTimeout = 20 * time.Second

// impatient is for tests in which the awaited event does not come, so that a short wait
// suffices.
func impatient(d *orders.Deps) { d.ReplyBudget = 100 * time.Millisecond }

// bundle is orders with all dependencies in memory, and an engine that the test describes.
type bundle struct {
	*orders.Orders
	t      *testing.T
	engine *mocks.Client
	store  *memory
}

func newBundle(t *testing.T, change ...func(*orders.Deps)) *bundle {
	t.Helper()
	b := &bundle{t: t, engine: mocks.NewClient(t), store: newMemory()}
	deps := orders.Deps{
		Engine: orders.NewEngine(b.engine), Hub: &orders.Hub{}, Pages: b.store, Catalogue: b.store, Calls: b.store,
		ReplyBudget: testTimeout, Now: func() time.Time { return today }, Eager: func() bool { return true },
		Policy: contract.Policy{InPlace: true, PayWithin: booking.Duration(time.Minute)}, Ledger: paid{},
	}
	for _, f := range change {
		f(&deps)
	}
	b.Orders = orders.New(deps)
	return b
}

// again returns the orders of another process, on the same engine and store.
func (b *bundle) again(change func(*orders.Deps)) *bundle {
	deps := b.Deps
	change(&deps)
	return &bundle{Orders: orders.New(deps), t: b.t, engine: b.engine, store: b.store}
}

// seaside is a place in Seoul at 50,000 won a night.
func seaside() booking.Place {
	return booking.Place{
		ID: "place-seaside", Name: "Seaside Inn", OwnerID: "olivia",
		Price: booking.Money{Amount: 50000, Currency: "KRW"}, Confirmation: booking.Auto,
		ConfirmWithin: booking.Duration(24 * time.Hour), TimeZone: "Asia/Seoul",
		CheckInTime: booking.Clock{Hour: 15}, CheckOutTime: booking.Clock{Hour: 11},
	}
}

func bibimbap() booking.Menu {
	return booking.Menu{ID: "menu-bibimbap", Name: "Bibimbap", OwnerID: "sara", Price: booking.Money{Amount: 9000, Currency: "KRW"}}
}

// latte is a drink for the day after today.
func latte() booking.Drink {
	return booking.Drink{
		ID: "drink-latte", Name: "Latte", OwnerID: "cora", Price: booking.Money{Amount: 4500, Currency: "KRW"},
		Date: booking.Date{Year: 2026, Month: 11, Day: 22}, TimeZone: "Asia/Seoul",
	}
}

// What the customer alice wants.
var (
	stay = orders.Stay{
		PlaceID: "place-seaside", CheckIn: booking.Date{Year: 2026, Month: 12, Day: 24},
		CheckOut: booking.Date{Year: 2026, Month: 12, Day: 26}, Rooms: 1,
	}
	meal = orders.Meal{MenuID: "menu-bibimbap", Quantity: 2, Address: "12 Sejong-daero"}
	cups = orders.Cups{MenuID: "drink-latte", Quantity: 3}
	call = orders.Call{Tel: "+8221234567", Location: "12 Sejong-daero", Price: booking.Money{Amount: 30000, Currency: "KRW"}}
)

// business is a line of business with an order of its kind.
type business struct {
	kind    booking.Kind
	wanted  orders.Wanted
	summary string         // of the order
	input   contract.Input // of its saga; its id is the kind and "-1"
}

// businesses are all there are.
func businesses() []business {
	order := func(kind booking.Kind, amount int64) contract.Order {
		return contract.Order{
			OrderID: string(kind) + "-1", CustomerID: "alice", Amount: booking.Money{Amount: amount, Currency: "KRW"},
			PaymentMethod: "pm_card_visa", PlacedAt: today, Policy: contract.Policy{
				InPlace: true, PayWithin: booking.Duration(time.Minute), AnswerWithin: booking.Duration(testTimeout + orders.ServiceWait),
			},
		}
	}
	return []business{
		{booking.Lodging, stay, "Seaside Inn, 2 nights from 2026-12-24, 1 room, customer alice", contract.Lodging{
			Order: order(booking.Lodging, 100000), Place: seaside(), Rooms: 1, CheckIn: stay.CheckIn, CheckOut: stay.CheckOut,
		}.WithInstants()},
		{booking.Food, meal, "Bibimbap, 2 portions, customer alice", contract.Food{
			Order: order(booking.Food, 18000), Menu: bibimbap(), Quantity: 2, Address: "12 Sejong-daero",
		}},
		{booking.Cafe, cups, "Latte on 2026-11-22, 3 cups, customer alice", contract.Cafe{
			Order: order(booking.Cafe, 13500), Drink: latte(), Quantity: 3,
		}.WithInstants()},
		{booking.Cleaning, call, "cleaning, customer alice", contract.Cleaning{
			Order: order(booking.Cleaning, 30000), Tel: "+8221234567", Location: "12 Sejong-daero",
		}},
	}
}

// of returns the business of a kind.
func of(kind booking.Kind) business {
	all := businesses()
	return all[slices.IndexFunc(all, func(b business) bool { return b.kind == kind })]
}

// in is the publication of the business's order in a status.
func (b business) in(status booking.Status, reason booking.Reason) contract.Publication {
	return cameTo(b.input.View(), status, reason)
}

// id is the id of the business's order.
func (b business) id() string { return b.input.View().ID }

// named is the business's input with another order id.
func (b business) named(id string) contract.Input {
	return changed(b.input, func(o *contract.Order) { o.OrderID = id })
}

// changed is the input with a change of its common fields.
func changed(in contract.Input, change func(*contract.Order)) contract.Input {
	switch in := in.(type) {
	case contract.Lodging:
		change(&in.Order)
		return in
	case contract.Food:
		change(&in.Order)
		return in
	case contract.Cafe:
		change(&in.Order)
		return in
	case contract.Cleaning:
		change(&in.Order)
		return in
	default:
		panic("an unknown business")
	}
}

// cameTo is the publication of an order in a status.
func cameTo(v contract.View, status booking.Status, reason booking.Reason) contract.Publication {
	v.Status, v.Reason, v.Version = status, reason, 7
	v.History = append(v.History, contract.Entry{Status: status, At: today, Reason: reason})
	p := contract.Publication{View: v}
	if v.Decided() {
		p.Decision = &v
	}
	return p
}

// placed is the result of a placement or decision.
type placed struct {
	orders.Outcome
	err error
}

// hashOf is the hash of a request.
func hashOf(w orders.Wanted) string {
	text, err := json.Marshal(w) // two equal addresses are printed alike
	if err != nil {
		panic(err)
	}
	digest := sha256.Sum256(fmt.Appendf(text, "%T", w))
	return hex.EncodeToString(digest[:])
}

// place places an order of alice's, under a key or "".
func (b *bundle) place(w orders.Wanted, key string) placed {
	p := orders.Placement{Wanted: w, CustomerID: "alice", PaymentMethod: "pm_card_visa", Key: key}
	if key != "" {
		p.RequestHash = hashOf(w)
	}
	return b.placeFor(b.t.Context(), p)
}

func (b *bundle) placeFor(ctx context.Context, p orders.Placement) placed {
	a, err := b.Prepare(ctx, booking.Caller{Unchecked: true}, p)
	if err != nil {
		return placed{orders.Outcome{OrderID: a.OrderID}, err}
	}
	out, err := b.Place(ctx, a)
	return placed{out, err}
}

// accepted checks that the order was accepted.
func (b *bundle) accepted(p placed) contract.View {
	b.t.Helper()
	require.NoError(b.t, p.err)
	require.True(b.t, p.Done)
	require.Equal(b.t, p.OrderID, p.View.ID)
	return p.View
}

// undecided expects that the order continues without a decision.
func (b *bundle) undecided(p placed) contract.View {
	b.t.Helper()
	require.NoError(b.t, p.err)
	require.False(b.t, p.Done)
	return p.View
}

// refused expects an error with the code, and returns the order that it is about, if any.
func (b *bundle) refused(p placed, code booking.Code) contract.View {
	b.t.Helper()
	require.ErrorIs(b.t, p.err, &booking.Error{Code: code})
	return p.View
}

// faulty expects that these fields are at fault, and nothing is placed.
func (b *bundle) faulty(p placed, fields ...string) {
	b.t.Helper()
	b.refused(p, booking.Invalid)
	var invalid *booking.Error
	require.ErrorAs(b.t, p.err, &invalid)
	named := []string{}
	for _, fault := range invalid.Faults {
		require.NotEmpty(b.t, fault.Words)
		named = append(named, fault.Field)
	}
	require.ElementsMatch(b.t, fields, named)
}

// onStart runs started in place of the saga of any business. What it returns is the answer
// to the start.
func (b *bundle) onStart(started func(client.StartWorkflowOptions, contract.Input) error) *mock.Call {
	return b.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			return &mocks.WorkflowRun{}, started(o, args[0].(contract.Input))
		})
}

// decides makes the saga publish its first decision, which may reach the hub before the
// start is answered.
func (b *bundle) decides(status booking.Status, reason booking.Reason) *mock.Call {
	return b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
		b.publish(in, status, reason)
		return nil
	})
}

func (b *bundle) publish(in contract.Input, status booking.Status, reason booking.Reason) {
	p := cameTo(in.View(), status, reason)
	p.RequestHash = requestHash(in)
	b.store.put(p)
	b.Hub.Wake(p)
}

// requestHash is the hash of the request that an input was made of.
func requestHash(in contract.Input) string {
	switch in := in.(type) {
	case contract.Lodging:
		return in.RequestHash
	case contract.Food:
		return in.RequestHash
	case contract.Cafe:
		return in.RequestHash
	case contract.Cleaning:
		return in.RequestHash
	default:
		panic("an unknown business")
	}
}

// answersQuery makes every order answer a query with v, or fail with err.
func (b *bundle) answersQuery(query string, v any, err error) *mock.Call {
	return b.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", query).Return(valueOf(b.t, v), err).Maybe()
}

// knowsNone makes the engine know no order.
func (b *bundle) knowsNone() *mock.Call { return knowsNone(b.engine) }

// memory is a store in memory. All its methods fail with the error in away.
type memory struct {
	mu        sync.Mutex
	away      error
	places    map[string]booking.Place
	menus     map[string]booking.Menu
	drinks    map[string]booking.Drink
	deletions map[string]*booking.DrinkDeletion
	policy    *booking.CancellationPolicy // for calls
	waiting   int                         // calls that wait for a cleaner
	waitingOf map[string]int              // those of them by customer
	waitingBy map[string]int              // those of them by the caller that placed them for others
	reads     int                         // how often the catalogue was read
	orders    map[string]contract.Publication
}

func newMemory() *memory {
	return &memory{
		places: map[string]booking.Place{"place-seaside": seaside()}, menus: map[string]booking.Menu{"menu-bibimbap": bibimbap()},
		drinks: map[string]booking.Drink{"drink-latte": latte()}, deletions: map[string]*booking.DrinkDeletion{},
		orders: map[string]contract.Publication{},
	}
}

func (m *memory) fail(err error) { m.mu.Lock(); defer m.mu.Unlock(); m.away = err }

func (m *memory) put(p contract.Publication) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders[p.View.ID] = p
}

func found[T any](m *memory, in map[string]T, id string) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := in[id]
	if m.away == nil && !ok {
		return v, booking.Errorf(booking.NotFound, "there is no %q", id)
	}
	return v, m.away
}

func (m *memory) countRead() { m.mu.Lock(); defer m.mu.Unlock(); m.reads++ }

func (m *memory) Place(_ context.Context, id string) (booking.Place, error) {
	m.countRead()
	return found(m, m.places, id)
}

func (m *memory) Menu(_ context.Context, id string) (booking.Menu, error) {
	m.countRead()
	return found(m, m.menus, id)
}

func (m *memory) Drink(_ context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error) {
	m.countRead()
	d, err := found(m, m.drinks, id)
	return d, m.deletions[id], err
}

func (m *memory) CallPolicy(context.Context) (*booking.CancellationPolicy, error) {
	m.countRead()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.policy, m.away
}

func (m *memory) Waiting(context.Context) (int, error) { return m.waiting, m.away }

func (m *memory) WaitingOf(_ context.Context, customerID string) (int, error) {
	return m.waitingOf[customerID], m.away
}

func (m *memory) WaitingBy(_ context.Context, placedBy string) (int, error) {
	return m.waitingBy[placedBy], m.away
}

func (m *memory) Order(_ context.Context, id string) (contract.Publication, error) {
	return found(m, m.orders, id)
}

func (m *memory) View(ctx context.Context, id string) (contract.View, error) {
	p, err := m.Order(ctx, id)
	return p.View, err
}

func (m *memory) Orders(context.Context, booking.OrderFilter, booking.Page) ([]contract.View, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	views := []contract.View{}
	for p := range maps.Values(m.orders) {
		views = append(views, p.View)
	}
	return views, "", m.away
}

func (m *memory) CountOrders(_ context.Context, f booking.OrderFilter) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.orders {
		if f.Status == "" || p.View.Status == f.Status && p.View.CustomerID == f.CustomerID {
			n++
		}
	}
	return n, m.away
}

func (m *memory) Publish(_ context.Context, p contract.Publication) error {
	m.mu.Lock()
	p.View.Disputed = m.orders[p.View.ID].View.Disputed // which no publication changes
	m.mu.Unlock()
	m.put(p)
	return m.away
}
