package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// shops are menus, drinks, jobs and cleaners in memory.
type shops struct {
	menus                   map[string]booking.Menu
	drinks                  map[string]booking.Drink
	deletions               map[string]*booking.DrinkDeletion
	deliveries, productions jobs
	cleaners                []booking.CleanerAtWork
	waits                   string // id of the waiting call
	waiting                 int    // number of waiting calls
	selected                booking.CatalogueFilter
	calls                   []booking.RegisteredCall
	callPolicy              *booking.CancellationPolicy
	onIt                    []booking.Assignment // calls that have a cleaner
}

func newShops() shops {
	return shops{
		menus: map[string]booking.Menu{"menu-bibimbap": bibimbap()}, drinks: map[string]booking.Drink{"drink-latte": latte()},
		deletions: map[string]*booking.DrinkDeletion{}, deliveries: newJobs(), productions: newJobs(),
	}
}

func bibimbap() booking.Menu {
	return booking.Menu{ID: "menu-bibimbap", Name: "Bibimbap", OwnerID: "sara", Price: booking.Money{Amount: 9000, Currency: "KRW"}}
}

// latte is a drink of the day after today.
func latte() booking.Drink {
	return booking.Drink{
		ID: "drink-latte", Name: "Latte", OwnerID: "cora", Price: booking.Money{Amount: 4500, Currency: "KRW"},
		Date: booking.Date{Year: 2026, Month: 11, Day: 22}, TimeZone: "Asia/Seoul",
	}
}

func (m *memory) AddMenu(_ context.Context, by string, menu booking.Menu) error {
	if m.away == nil {
		m.menus[menu.ID], m.by = menu, by
	}
	return m.away
}

func (m *memory) Menu(_ context.Context, id string) (booking.Menu, error) {
	return find(m.menus, id, m.away)
}

func (m *memory) ChangeMenu(_ context.Context, by, id string, change func(*booking.Menu) error) (booking.Menu, error) {
	return changed(m, m.menus, by, id, change)
}

func (m *memory) Menus(_ context.Context, f booking.CatalogueFilter, page booking.Page) ([]booking.Menu, string, error) {
	m.selected = f
	return listed(m, page, m.menus)
}

func changed[T any](m *memory, in map[string]T, by, id string, change func(*T) error) (T, error) {
	v, err := find(in, id, m.away)
	if err == nil {
		err = change(&v)
	}
	if err == nil {
		in[id], m.by = v, by
	}
	return v, err
}

func (m *memory) AddDrink(_ context.Context, by string, d booking.Drink, _ int) error {
	if m.away == nil {
		m.drinks[d.ID], m.by = d, by
	}
	return m.away
}

func (m *memory) Drink(_ context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error) {
	d, err := find(m.drinks, id, m.away)
	return d, m.deletions[id], err
}

func (m *memory) ChangeDrink(_ context.Context, by, id string, change func(*booking.Drink) error) (booking.Drink, error) {
	return changed(m, m.drinks, by, id, change)
}

func (m *memory) Drinks(_ context.Context, f booking.CatalogueFilter, page booking.Page) ([]booking.Drink, string, error) {
	m.selected = f
	drinks := maps.Clone(m.drinks)
	maps.DeleteFunc(drinks, func(_ string, d booking.Drink) bool { return d.HasEnded(f.EndsAfter) })
	return listed(m, page, drinks)
}

// AddCleaner assigns the cleaner to the waiting call.
func (m *memory) AddCleaner(_ context.Context, by string, c booking.Cleaner) (booking.CleanerAtWork, error) {
	atWork := booking.CleanerAtWork{Cleaner: c, OrderID: m.waits}
	if m.away == nil {
		m.cleaners = append(m.cleaners, atWork)
		m.waits, m.by = "", by
	}
	return atWork, m.away
}

func (m *memory) Waiting(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.waiting, m.away
}

func (m *memory) WaitingOf(ctx context.Context, _ string) (int, error) { return m.Waiting(ctx) }

func (m *memory) WaitingBy(ctx context.Context, _ string) (int, error) { return m.Waiting(ctx) }

func (m *memory) Cleaner(_ context.Context, id string) (booking.CleanerAtWork, error) {
	return find(m.cleanersByID(), id, m.away)
}

func (m *memory) cleanersByID() map[string]booking.CleanerAtWork {
	byID := map[string]booking.CleanerAtWork{}
	for _, c := range m.cleaners {
		byID[c.ID] = c
	}
	return byID
}

// ChangeCleaner assigns a cleaner that is restored to the waiting call.
func (m *memory) ChangeCleaner(_ context.Context, by, id string, change booking.CleanerChange) (booking.CleanerAtWork, error) {
	return changed(m, m.cleanersByID(), by, id, func(c *booking.CleanerAtWork) error {
		set(&c.Name, change.Name)
		set(&c.Withdrawn, change.Withdrawn)
		if change.Withdrawn != nil && !*change.Withdrawn {
			c.OrderID, m.waits = m.waits, ""
		}
		return nil
	})
}

func (m *memory) AssignmentsOf(context.Context, string) ([]booking.Assignment, error) {
	return m.onIt, m.away
}

func (m *memory) Call(_ context.Context, id string) (booking.RegisteredCall, error) {
	for _, call := range m.calls {
		if call.OrderID == id {
			return call, m.away
		}
	}
	return booking.RegisteredCall{}, cmp.Or(m.away, error(booking.Errorf(booking.NotFound, "there is no call %s", id)))
}

func (m *memory) Calls(_ context.Context, page booking.Page) ([]booking.RegisteredCall, string, error) {
	m.page = page
	return m.calls, "more", m.away
}

// Cleaners lists one cleaner at a time.
func (m *memory) Cleaners(_ context.Context, f booking.CleanerFilter, page booking.Page) ([]booking.CleanerAtWork, string, error) {
	m.page, m.selected.Withdrawn = page, f.Withdrawn
	at := len(page.Cursor)
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	if m.away != nil || at >= len(m.cleaners) {
		return nil, "", m.away
	}
	next := strings.Repeat("c", at+1)
	if at+1 == len(m.cleaners) {
		next = ""
	}
	return m.cleaners[at : at+1], next, nil
}

func listed[T any](m *memory, page booking.Page, in map[string]T) ([]T, string, error) {
	m.page = page
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	all := []T{}
	for _, v := range in {
		all = append(all, v)
	}
	return all, "more", m.away
}

// jobs are deliveries or productions in memory.
type jobs struct {
	away   error
	all    map[string]booking.JobState
	filter booking.JobFilter
	page   booking.Page
}

func newJobs() jobs { return jobs{all: map[string]booking.JobState{}} }

func (j *jobs) Job(_ context.Context, id string) (booking.JobState, error) {
	return find(j.all, id, j.away)
}

func (j *jobs) List(_ context.Context, f booking.JobFilter, page booking.Page) ([]booking.JobState, string, error) {
	j.filter, j.page = f, page
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	all := []booking.JobState{}
	for _, job := range j.all {
		all = append(all, job)
	}
	slices.SortFunc(all, func(a, b booking.JobState) int { return strings.Compare(a.OrderID, b.OrderID) })
	return all, "", j.away
}

// business is a business in HTTP.
type business struct {
	kind   booking.Kind
	orders string // where orders are placed
	body   string // of a valid order, by alice
	input  contract.Input
}

// businesses are all businesses, each with an order with the id <kind>-1.
func businesses() []business {
	order := func(kind booking.Kind, amount int64) contract.Order {
		return contract.Order{
			OrderID: string(kind) + "-1", CustomerID: "alice", Amount: booking.Money{Amount: amount, Currency: "KRW"},
			PaymentMethod: "pm_card_visa", PlacedAt: today, Policy: contract.Policy{InPlace: true, PayWithin: booking.Duration(time.Minute)},
		}
	}
	return []business{
		{booking.Lodging, reservationsPath, reservation, contract.Lodging{
			Order: order(booking.Lodging, 100000), Place: seaside(), Rooms: 1,
			CheckIn: booking.Date{Year: 2026, Month: 12, Day: 24}, CheckOut: booking.Date{Year: 2026, Month: 12, Day: 26},
		}.WithInstants()},
		{booking.Food, foodOrdersPath, meal, contract.Food{
			Order: order(booking.Food, 18000), Menu: bibimbap(), Quantity: 2, Address: "12 Sejong-daero",
		}},
		{booking.Cafe, cafeOrdersPath, cups, contract.Cafe{
			Order: order(booking.Cafe, 13500), Drink: latte(), Quantity: 3,
		}.WithInstants()},
		{booking.Cleaning, callsPath, call, contract.Cleaning{
			Order: order(booking.Cleaning, 30000), Tel: "+8221234567", Location: "12 Sejong-daero",
		}},
	}
}

const (
	meal = `{"menuId":"menu-bibimbap","customerId":"alice","quantity":2,"address":"12 Sejong-daero"}`
	cups = `{"menuId":"drink-latte","customerId":"alice","quantity":3}`
	call = `{"customerId":"alice","tel":"+82 2-123-4567","location":"12 Sejong-daero","price":{"amount":30000,"currency":"KRW"}}`
)

// in is the publication of the business's order in a status.
func (b business) in(status booking.Status, reason booking.Reason) contract.Publication {
	return cameTo(b.input.View(), status, reason)
}

// path is the address of the business's order.
func (b business) path() string { return b.orders + "/" + string(b.kind) + "-1" }

// reached are the possible statuses of the kind's orders.
func reached(k booking.Kind) []booking.Status {
	found := []booking.Status{booking.Received}
	for i := 0; i < len(found); i++ {
		for _, next := range k.Next(found[i]) {
			if !slices.Contains(found, next) {
				found = append(found, next)
			}
		}
	}
	return found
}

func (m *memory) CountPlaces(_ context.Context, f booking.CatalogueFilter) (int, error) {
	m.selected = f
	return len(m.places), m.away
}

func (m *memory) CountMenus(_ context.Context, f booking.CatalogueFilter) (int, error) {
	m.selected = f
	return len(m.menus), m.away
}

func (m *memory) CountDrinks(_ context.Context, f booking.CatalogueFilter) (int, error) {
	m.selected = f
	return len(m.drinks), m.away
}

func (m *memory) CountOrders(_ context.Context, f booking.OrderFilter) (int, error) {
	m.filter = f
	return len(m.orders), m.away
}

func (j *jobs) Count(_ context.Context, f booking.JobFilter) (int, error) {
	j.filter = f
	return len(j.all), j.away
}

func (m *memory) CallPolicy(context.Context) (*booking.CancellationPolicy, error) {
	return m.callPolicy, m.away
}

func (m *memory) SetCallPolicy(_ context.Context, by string, p *booking.CancellationPolicy) error {
	if m.away == nil {
		m.callPolicy, m.by = p, by
	}
	return m.away
}
