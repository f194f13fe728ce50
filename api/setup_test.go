package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// today is the time of all tests: the 21st in Seoul and still the 20th in UTC.
var today = time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)

// bundle is an API with all its dependencies in memory.
type bundle struct {
	t       *testing.T
	handler http.Handler
	deps    testDeps
	book    *book
	hub     *orders.Hub
	store   *memory
}

// testDeps is the setup of an API and its orders. Its own fields belong to the orders, or
// to both.
type testDeps struct {
	Deps
	admission.Limits
	ReadModel interface {
		ReadModel
		orders.Pages
	}
	Cleaners interface {
		Cleaners
		orders.CallQueue
	}
}

// api makes the API and its orders.
func (g testDeps) api(t *testing.T) (http.Handler, *book) {
	d := g.Deps
	d.Admission = admission.New(g.Limits, g.ReplyBudget, g.Registry)
	d.ReadModel, d.Cleaners = g.ReadModel, g.Cleaners
	k := &book{t: t, rows: g.ReadModel, prepared: map[string]orders.Placement{}, Orders: orders.New(orders.Deps{
		Hub: g.Hub, Pages: g.ReadModel, Catalogue: g.Catalogue, Terms: g.Terms, Calls: g.Cleaners,
		ReplyBudget: g.ReplyBudget, Now: g.Now, Log: g.Logger, Ledger: g.Payments,
	})}
	if kept, is := g.Bulk.(*bulkActions); is {
		k.bulk = kept
	}
	d.Orders = k
	return New(d), k
}

func setup(t *testing.T, change ...func(*testDeps)) *bundle {
	t.Helper()
	b := &bundle{t: t, hub: &orders.Hub{}, store: newMemory()}
	b.deps = testDeps{
		Deps: Deps{
			Hub: b.hub, Catalogue: b.store, Stock: b.store, Payments: b.store, Messages: b.store, Members: b.store, People: b.store, Audits: &b.store.audits, Actions: &b.store.audits, Bulk: &b.store.bulk, Monitor: &b.store.sights,
			Deliveries: &b.store.deliveries, Productions: &b.store.productions, Management: b.store,
			// A busy machine's speed must not decide a test.
			ReplyBudget: 20 * time.Second, MaxBody: 2000, Now: func() time.Time { return today },
		},
		ReadModel: b.store, Cleaners: b.store,
	}
	for _, f := range change {
		f(&b.deps)
	}
	b.handler, b.book = b.deps.api(t)
	return b
}

// answer is a response with its body.
type answer struct {
	*http.Response
	text string
}

func (b *bundle) do(method, target, body string, headers ...string) answer {
	b.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	result := w.Result()
	result.Request = r
	return answer{result, w.Body.String()}
}

func decode[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.text), &v), a.text)
	return v
}

// problem checks what all problems have in common and returns the problem.
func (b *bundle) problem(a answer, status int, code booking.Code) problem {
	b.t.Helper()
	require.Equal(b.t, status, a.StatusCode, a.text)
	require.Equal(b.t, "application/problem+json", a.Header.Get("Content-Type"))
	p := decode[problem](b.t, a)
	require.Equal(b.t, code, p.Code)
	require.Equal(b.t, status, p.Status)
	require.Equal(b.t, "/docs/problems#"+string(code), p.Type)
	require.NotEmpty(b.t, p.Title)
	require.NotEmpty(b.t, p.Detail)
	if a.Request != nil {
		requireDocumented(b.t, a.Request, p)
	}
	return p
}

func fields(p problem) []string {
	names := []string{}
	for _, e := range p.Errors {
		names = append(names, e.Field)
	}
	return names
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

const reservation = `{"placeId":"place-seaside","customerId":"alice","checkIn":"2026-12-24","checkOut":"2026-12-26","rooms":1}`

// orderIn is the publication of a reservation in a status.
func orderIn(id string, status booking.Status, reason booking.Reason) contract.Publication {
	return cameTo(contract.Lodging{
		Order: contract.Order{
			OrderID: id, CustomerID: "alice", PlacedAt: today, Amount: booking.Money{Amount: 100000, Currency: "KRW"},
		},
		Place: seaside(), Rooms: 1,
		CheckIn: booking.Date{Year: 2026, Month: 12, Day: 24}, CheckOut: booking.Date{Year: 2026, Month: 12, Day: 26},
	}.View(), status, reason)
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

// memory is a store in memory. Parts in away fail with that error.
type memory struct {
	mu       sync.Mutex
	away     error
	places   map[string]booking.Place
	capacity map[booking.Date]int
	payments map[string]booking.Payment
	messages []booking.Message
	orders   map[string]contract.Publication
	filter   booking.OrderFilter
	page     booking.Page
	events   []booking.Event
	members  []booking.Member
	by       string // the caller of the last change
	audits   audits
	bulk     bulkActions
	sights   sights
	shops
}

// errAway is a store's error while its database is away.
var errAway = booking.Errorf(booking.Unavailable, "a part that this needs is away at the moment").
	WithCause(errors.New("dial tcp 10.0.0.7:5432: connection refused"))

func newMemory() *memory {
	return &memory{
		places: map[string]booking.Place{"place-seaside": seaside()}, capacity: map[booking.Date]int{},
		payments: map[string]booking.Payment{}, orders: map[string]contract.Publication{}, shops: newShops(),
	}
}

func (m *memory) fail(err error) { m.mu.Lock(); defer m.mu.Unlock(); m.away = err }

func (m *memory) put(p contract.Publication) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders[p.View.ID] = p
}

func (m *memory) AddPlace(_ context.Context, by string, p booking.Place) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.places[p.ID], m.by = p, by
	return m.away
}

func (m *memory) Place(_ context.Context, id string) (booking.Place, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return find(m.places, id, m.away)
}

func (m *memory) ChangePlace(_ context.Context, by, id string, change func(*booking.Place) error) (booking.Place, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := find(m.places, id, m.away)
	if err == nil {
		err = change(&p)
	}
	if err == nil {
		m.places[id], m.by = p, by
	}
	return p, err
}

func (m *memory) Places(_ context.Context, f booking.CatalogueFilter, page booking.Page) ([]booking.Place, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.page, m.selected = page, f
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	var all []booking.Place
	for _, p := range m.places {
		all = append(all, p)
	}
	return all, "more", m.away
}

func (m *memory) SetCapacity(_ context.Context, _ string, from, to booking.Date, rooms int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rooms < 2 {
		return booking.Errorf(booking.StockBelowHeld, "2 rooms are held on %s", from)
	}
	for d := from; d.Before(to); d = d.AddDays(1) {
		m.capacity[d] = rooms
	}
	return m.away
}

func (m *memory) ChangeStock(ctx context.Context, by string, c booking.StockChange) error {
	m.mu.Lock()
	m.by = by
	m.mu.Unlock()
	return m.SetCapacity(ctx, c.Item.ID, c.From, c.To, c.Capacity)
}

func (m *memory) Days(_ context.Context, _ string, from, to booking.Date) ([]booking.StockDay, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var days []booking.StockDay
	for d := from; d.Before(to); d = d.AddDays(1) {
		days = append(days, booking.StockDay{Date: d, Capacity: m.capacity[d], Remaining: m.capacity[d]})
	}
	return days, m.away
}

func (m *memory) Levels(ctx context.Context, of []booking.ItemDay) (map[booking.ItemDay]booking.StockDay, error) {
	levels := map[booking.ItemDay]booking.StockDay{}
	for _, one := range of {
		days, err := m.Days(ctx, one.ItemID, one.Date, one.Date.AddDays(1))
		if err != nil {
			return nil, err
		}
		levels[one] = days[0]
	}
	return levels, nil
}

func (m *memory) Payment(_ context.Context, id string) (booking.Payment, error) {
	return find(m.payments, id, m.away)
}

func (m *memory) Messages(_ context.Context, _ string, page booking.Page) ([]booking.Message, string, error) {
	m.page = page
	return m.messages, "", m.away
}

func (m *memory) Order(_ context.Context, id string) (contract.Publication, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return find(m.orders, id, m.away)
}

func (m *memory) View(ctx context.Context, id string) (contract.View, error) {
	p, err := m.Order(ctx, id)
	return p.View, err
}

func (m *memory) Statuses(_ context.Context, ids []string) (map[string]booking.Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	statuses := map[string]booking.Status{}
	for _, id := range ids {
		if p, published := m.orders[id]; published {
			statuses[id] = p.View.Status
		}
	}
	return statuses, m.away
}

func (m *memory) Orders(_ context.Context, f booking.OrderFilter, page booking.Page) ([]contract.View, string, error) {
	m.filter, m.page = f, page
	views := []contract.View{}
	for _, p := range m.orders {
		views = append(views, p.View)
	}
	return views, "", m.away
}

func (m *memory) Events(_ context.Context, after string, limit int) ([]booking.Event, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := strconv.Atoi("0" + after)
	if err != nil || at > len(m.events) {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	events := slices.Clone(m.events[at:min(at+limit, len(m.events))])
	for i := range events {
		events[i].Cursor = strconv.Itoa(at + i + 1)
	}
	return events, strconv.Itoa(at + len(events)), m.away
}

func (m *memory) EventsOf(ctx context.Context, f booking.EventFilter, after string, limit int) (found []booking.Event, next string, err error) {
	all, end, err := m.Events(ctx, after, 1<<20)
	if err != nil {
		return nil, "", err
	}
	of := followed{f.CustomerID, f.OwnerID}
	for _, e := range all {
		if e.Catalogue != nil || !of.has(orderOf(e)) {
			continue
		}
		if found = append(found, e); len(found) == limit {
			return found, e.Cursor, nil
		}
	}
	return found, end, nil
}

func (m *memory) EndOfFeed(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strconv.Itoa(len(m.events)), m.away
}

// InUse checks places only: owners have nothing else in these tests.
func (m *memory) InUse(_ context.Context, kind identity.Kind, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.places {
		if kind == identity.OwnerKind && p.OwnerID == id {
			return true, m.away
		}
	}
	return false, m.away
}

// happen appends events to the feed.
func (m *memory) happen(events ...booking.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, events...)
}

func (m *memory) Publish(_ context.Context, p contract.Publication) error {
	m.put(p)
	return m.away
}

func find[T any](in map[string]T, id string, away error) (T, error) {
	v, ok := in[id]
	if away == nil && !ok {
		away = booking.Errorf(booking.NotFound, "there is no %q", id)
	}
	return v, away
}
