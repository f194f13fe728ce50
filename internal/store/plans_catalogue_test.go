package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// The days of the drinks in crowd: those before plansToday have ended. A third of the drinks
// are of the 700 days from then on.
var (
	plansToday     = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	frequentlyPast = booking.Date{Year: 2025, Month: 12, Day: 25}
	onSale         = booking.Date{Year: 2027, Month: 1, Day: 2}
	rarelyOnSale   = booking.Date{Year: 2029, Month: 1, Day: 5}
	withoutDrinks  = booking.Date{Year: 2030, Month: 1, Day: 1}
)

// queriesOfCatalogue are the lists and counts of every filter of the catalogue's lists.
func queriesOfCatalogue(t *testing.T) (all []query) {
	owners := orAny("frequent", "rare", "unknown")
	// Only drinks have days.
	for _, f := range filters[booking.CatalogueFilter](t, values{"OwnerID": owners, "Date": {booking.Date{}}, "EndsAfter": {time.Time{}}}) {
		all = append(all, listingOf("Catalogue.Places", f, func(db *store.DB) listing[booking.Place] { return store.NewCatalogue(db).Places }),
			listingOf("Catalogue.Menus", f, func(db *store.DB) listing[booking.Menu] { return store.NewCatalogue(db).Menus }),
			countingOf("Catalogue.CountPlaces", f, (*store.Catalogue).CountPlaces), countingOf("Catalogue.CountMenus", f, (*store.Catalogue).CountMenus))
	}
	for _, f := range filters[booking.CatalogueFilter](t, values{
		"OwnerID": owners, "Date": orAny(frequentlyPast, onSale, rarelyOnSale, withoutDrinks), "EndsAfter": orAny(plansToday),
	}) {
		counted := countingOf("Catalogue.CountDrinks", f, (*store.Catalogue).CountDrinks)
		l := listingOf("Catalogue.Drinks", f, func(db *store.DB) listing[booking.Drink] { return store.NewCatalogue(db).Drinks })
		if !f.EndsAfter.IsZero() {
			l.index = endIndex(f)
			counted.index = l.index
		}
		all = append(all, l, counted)
	}
	return all
}

// endIndex is the index that has what the filter selects in the order in which it ends.
func endIndex(f booking.CatalogueFilter) string {
	switch {
	case f.OwnerID != "" && !f.Date.IsZero():
		return "drinks_by_owner_day_and_end"
	case f.OwnerID != "":
		return "drinks_by_owner_and_end"
	case !f.Date.IsZero():
		return "drinks_by_day_and_end"
	default:
		return "drinks_by_end"
	}
}

// listing is a list of the catalogue.
type listing[T any] func(context.Context, booking.CatalogueFilter, booking.Page) ([]T, string, error)

func listingOf[T any](method string, f booking.CatalogueFilter, of func(*store.DB) listing[T]) query {
	return query{method: method, service: "catalogue", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
		_, next, err := of(db)(ctx, f, booking.Page{Limit: pageOfPlans, Cursor: cursor})
		return next, err
	}}
}

func countingOf(method string, f booking.CatalogueFilter, of func(*store.Catalogue, context.Context, booking.CatalogueFilter) (int, error)) query {
	return counting(method, "catalogue", func(ctx context.Context, db *store.DB) (int, error) { return of(store.NewCatalogue(db), ctx, f) })
}

// queriesOfCrew are the lists of every filter of cleaners' lists, and those of a
// cleaner's calls.
func queriesOfCrew(t *testing.T) (all []query) {
	for _, f := range filters[booking.CleanerFilter](t, nil) {
		all = append(all, query{method: "Crew.Cleaners", service: "fulfilment", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewCrew(db).Cleaners(ctx, f, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}})
	}
	for _, cleaner := range []string{key10(150), "frequent", "unknown"} { // with one call, with many former ones, with none
		all = append(all, query{method: "Crew.AssignmentsOf", service: "fulfilment", rows: 1, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
			_, err := store.NewCrew(db).AssignmentsOf(ctx, cleaner)
			return "", err
		}})
	}
	return all
}
