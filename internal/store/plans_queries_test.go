package store_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
)

// values are the possible values of a filter's fields. A bool has both.
type values map[string][]any

// filters are all filters with these values. A field without values fails the test.
func filters[F any](t *testing.T, of values) []F {
	t.Helper()
	all := []F{*new(F)}
	for i := range reflect.TypeFor[F]().NumField() {
		field := reflect.TypeFor[F]().Field(i)
		choices := of[field.Name]
		if field.Type.Kind() == reflect.Bool {
			choices = []any{false, true}
		}
		require.NotEmpty(t, choices, "the filter's %s has no values in the tests of plans", field.Name)
		var longer []F
		for _, f := range all {
			for _, v := range choices {
				next := f
				reflect.ValueOf(&next).Elem().Field(i).Set(reflect.ValueOf(v).Convert(field.Type))
				longer = append(longer, next)
			}
		}
		all = longer
	}
	return all
}

// orAny adds the value that selects all.
func orAny[V any](some ...V) []any {
	choices := []any{*new(V)}
	for _, v := range some {
		choices = append(choices, v)
	}
	return choices
}

// queriesOfOrders are the lists and counts of every filter of orders' lists.
func queriesOfOrders(t *testing.T) (all []query) {
	for _, f := range filters[booking.OrderFilter](t, values{
		"CustomerID":   orAny("frequent", "rare", "unknown"),
		"OwnerID":      orAny("frequent", "rare", "unknown"),
		"ItemID":       orAny("frequent", "rare", "unknown"),
		"Kind":         orAny(booking.Kinds()...),
		"Status":       orAny(booking.Statuses()...),
		"PlacedBefore": orAny(midOfCrowd),
	}) {
		if (f.CustomerID == "") == (f.OwnerID == "") || f.ItemID != "" && (f.OwnerID == "" || f.Kind != "") {
			continue // refused: see TestStore/…/Mypage/Orders/OfOneAskerOnly
		}
		if !f.PlacedBefore.IsZero() && f.Status != "" {
			continue // further ranges of the same indexes
		}
		all = append(all, query{method: "Mypage.Orders", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewMypage(db).Orders(ctx, f, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}}, counting("Mypage.CountOrders", "mypage", func(ctx context.Context, db *store.DB) (int, error) {
			return store.NewMypage(db).CountOrders(ctx, f)
		}))
	}
	return all
}

// queriesOfJobs are the lists and counts of every filter of jobs' lists.
func queriesOfJobs(t *testing.T) (all []query) {
	for of, newJobs := range map[string]func(*store.DB) *store.Jobs{"OwnerID": store.NewDeliveries, "ItemID": store.NewProductions} {
		fields := values{
			"OwnerID": {""}, "ItemID": {""}, // refused but for one: see TestStore/…/Jobs/SelectedByWhatHasAnIndex
			"Status": orAny(booking.JobWaiting, booking.JobStarted, booking.JobDelivered, booking.JobCompleted, booking.JobCancelled),
		}
		fields[of] = orAny("frequent", "rare", "unknown")
		for _, f := range filters[booking.JobFilter](t, fields) {
			all = append(all, query{method: "Jobs.List", service: "fulfilment", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := newJobs(db).List(ctx, f, booking.Page{Limit: pageOfPlans, Cursor: cursor})
				return next, err
			}}, counting("Jobs.Count", "fulfilment", func(ctx context.Context, db *store.DB) (int, error) { return newJobs(db).Count(ctx, f) }))
		}
	}
	return all
}

// unfilteredQueries are the lists and counts without filters, or with a fixed one.
func unfilteredQueries() []query {
	ctxOnly := func(f func(context.Context, *store.DB) error) func(context.Context, *store.DB, string) (string, error) {
		return func(ctx context.Context, db *store.DB, _ string) (string, error) { return "", f(ctx, db) }
	}
	all := []query{
		{method: "Mypage.Events", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewMypage(db).Events(ctx, cursor, pageOfPlans)
			return next, err
		}},
		{method: "Management.Calls", service: "management", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewManagement(db).Calls(ctx, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}},
		{method: "Mypage.States", service: "mypage", rows: 3, each: 6, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewMypage(db).States(ctx, []string{key10(1), key10(500_000), "unknown"})
			return err
		})},
		{method: "Mypage.Statuses", service: "mypage", rows: 3, each: 6, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewMypage(db).Statuses(ctx, []string{key10(1), key10(500_000), "unknown"})
			return err
		})},
		{method: "Mypage.AttentionCounts", service: "mypage", rows: open4All, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewMypage(db).AttentionCounts(ctx)
			return err
		})},
		{method: "Crew.Waiting", service: "fulfilment", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewCrew(db).Waiting(ctx)
			return err
		})},
		{method: "Crew.WaitingOf", service: "fulfilment", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewCrew(db).WaitingOf(ctx, "frequent")
			return err
		})},
		{method: "Crew.WaitingBy", service: "fulfilment", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewCrew(db).WaitingBy(ctx, "caller")
			return err
		})},
		{method: "Crew.Unsignalled", service: "fulfilment", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewCrew(db).Unsignalled(ctx)
			return err
		})},
		{method: "Payments.Outlook", service: "payments", rows: open4All, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, _, err := store.NewPayments(db).Outlook(ctx)
			return err
		})},
		{method: "Payments.PayByHand", service: "payments", rows: 3, each: 6, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewPayments(db).PayByHand(ctx, booking.Resolution{OrderID: key10(7), Evidence: "none"})
			if errors.Is(err, &booking.Error{Code: booking.NotFound}) { // SQLite's tables are empty
				return nil
			}
			return err
		})},
		{method: "Sandbox.Retrieve", service: "sandbox", rows: 3, each: 6, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewSandbox(db).Retrieve(ctx, key10(7))
			if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
				return nil
			}
			return err
		})},
		{method: "Inventory.Close", service: "inventory", rows: heldOfOne, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInventory(db).Close(ctx, "drink-rare")
			return err
		})},
		{method: "Inventory.Holders", service: "inventory", rows: pageOfPlans, each: 4, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInventory(db).Holders(ctx, "place-1", "", pageOfPlans)
			return err
		})},
		{method: "Inventory.StillHold", service: "inventory", rows: 3, each: 6, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInventory(db).StillHold(ctx, "place-1", []string{key10(1), key10(2), "unknown"})
			return err
		})},
		{method: "Inventory.Days", service: "inventory", rows: 30, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			from := booking.Date{Year: 2026, Month: 1, Day: 1}
			_, err := store.NewInventory(db).Days(ctx, "place-1", from, from.AddDays(30))
			return err
		})},
		{method: "Inventory.Least", service: "inventory", rows: 90, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			from := booking.Date{Year: 2026, Month: 1, Day: 1}
			_, err := store.NewInventory(db).Least(ctx, []string{"place-1", "place-2", "unknown"}, from, from.AddDays(30))
			return err
		})},
		{method: "Inventory.Levels", service: "inventory", rows: 3, each: 6, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			day := booking.Date{Year: 2026, Month: 1, Day: 2}
			_, err := store.NewInventory(db).Levels(ctx, []booking.ItemDay{
				{ItemID: "place-1", Date: day}, {ItemID: "place-1", Date: day.AddDays(40)}, {ItemID: "unknown", Date: day},
			})
			return err
		})},
		{method: "Inbox.Lease", service: "mypage", rows: pageOfPlans, each: 6, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			now := time.Now()
			_, err := store.NewInbox(db).Lease(ctx, pageOfPlans, now, now)
			return err
		})},
		{method: "Inbox.Open", service: "mypage", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInbox(db).Open(ctx)
			return err
		})},
		{method: "Inbox.OpenOf", service: "mypage", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInbox(db).OpenOf(ctx, "customer")
			return err
		})},
		{method: "Inbox.OpenBy", service: "mypage", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInbox(db).OpenBy(ctx, "caller")
			return err
		})},
		{method: "Inbox.Expire", service: "mypage", rows: open4All, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInbox(db).Expire(ctx, time.Unix(0, 0))
			return err
		})},
		{method: "Inbox.Forget", service: "mypage", rows: pageOfPlans, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewInbox(db).Forget(ctx, time.Unix(0, 0))
			return err
		})},
		{method: "SandboxIntents.Search", service: "sandbox", rows: 3, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewSandboxIntents(db).Search(ctx, key10(7))
			return err
		})},
		{method: "SandboxIntents.Methods", service: "sandbox", rows: 3, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewSandboxIntents(db).Methods(ctx, key10(7))
			return err
		})},
		{method: "SandboxIntents.Refunds", service: "sandbox", rows: 3, sorts: true, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewSandboxIntents(db).Refunds(ctx, key10(7))
			return err
		})},
	}
	for _, person := range []string{"frequent", "rare", "unknown"} {
		for _, f := range []booking.EventFilter{{CustomerID: person}, {OwnerID: person}} {
			all = append(all, query{method: "Mypage.EventsOf", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
				_, next, err := store.NewMypage(db).EventsOf(ctx, f, cursor, pageOfPlans)
				return next, err
			}})
		}
	}
	for _, after := range []string{"", key10(500)} {
		all = append(all, query{method: "SandboxIntents.List", service: "sandbox", rows: pageOfPlans, read: ctxOnly(func(ctx context.Context, db *store.DB) error {
			_, err := store.NewSandboxIntents(db).List(ctx, after, pageOfPlans)
			return err
		})})
	}
	for _, recipient := range []string{"frequent", "rare", "unknown", "prevented"} {
		all = append(all, query{method: "Notifications.Messages", service: "notifications", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewNotifications(db).Messages(ctx, recipient, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}})
	}
	return all
}

// queriesOfMembers are the lists of an organisation's members and of a person's memberships.
func queriesOfMembers() (all []query) {
	for _, name := range []string{"frequent", "rare", "unknown"} {
		all = append(all, query{method: "Members.Members", service: "mypage", rows: pageOfPlans, read: func(ctx context.Context, db *store.DB, cursor string) (string, error) {
			_, next, err := store.NewMembers(db).Members(ctx, name, booking.Page{Limit: pageOfPlans, Cursor: cursor})
			return next, err
		}})
	}
	for _, name := range []string{"person-100", "rare", "unknown"} { // the parts of one person are read at once
		all = append(all, query{method: "Members.Memberships", service: "mypage", rows: 5, sorts: true, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
			_, err := store.NewMembers(db).Memberships(ctx, name)
			return "", err
		}})
	}
	return all
}

// queriesOfDecisions read the decisions that wait, which are few, beside those that ever did.
func queriesOfDecisions() []query {
	read := func(method string, rows int, read func(context.Context, *store.Decisions) error) query {
		return query{method: method, service: "mypage", rows: rows, each: 10, read: func(ctx context.Context, db *store.DB, _ string) (string, error) {
			return "", read(ctx, store.NewDecisions(db))
		}}
	}
	of := key10(7)
	return []query{
		read("Decisions.Ahead", 1, func(ctx context.Context, d *store.Decisions) error {
			_, _, err := d.Ahead(ctx, orders.KeptDecision{Decision: orders.Decision{OrderID: of}})
			return err
		}),
		read("Decisions.Waits", 1, func(ctx context.Context, d *store.Decisions) error {
			_, err := d.Waits(ctx, of, plansToday)
			return err
		}),
		read("Decisions.Open", open4All, func(ctx context.Context, d *store.Decisions) error {
			_, err := d.Open(ctx)
			return err
		}),
		read("Decisions.Lease", pageOfPlans, func(ctx context.Context, d *store.Decisions) error {
			_, err := d.Lease(ctx, pageOfPlans, plansToday, plansToday)
			return err
		}),
		read("Decisions.All", open4All, func(ctx context.Context, d *store.Decisions) error { return firstOf(d.All(ctx)) }),
	}
}

// queriesOfEverything are the audit's reads: whole tables, page by page.
func queriesOfEverything() []query {
	const auditPage = 1000
	everything := func(method, service string, each int, first func(context.Context, *store.DB) error) query {
		return query{method: method, service: service, rows: auditPage, each: each, sorts: strings.HasSuffix(method, "AllDays"),
			read: func(ctx context.Context, db *store.DB, _ string) (string, error) { return "", first(ctx, db) }}
	}
	return []query{
		everything("Catalogue.AllPlaces", "catalogue", 3, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewCatalogue(db).AllPlaces(ctx))
		}),
		everything("Catalogue.AllDrinks", "catalogue", 3, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewCatalogue(db).AllDrinks(ctx))
		}),
		everything("Payments.All", "payments", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewPayments(db).All(ctx)) }),
		everything("Sandbox.Charges", "sandbox", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewSandbox(db).Charges(ctx)) }),
		everything("Inventory.LiveHolds", "inventory", 8, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewInventory(db).LiveHolds(ctx))
		}),
		everything("Inventory.AllDays", "inventory", 8, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewInventory(db).AllDays(ctx))
		}),
		everything("Jobs.All", "fulfilment", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewDeliveries(db).All(ctx)) }),
		everything("Jobs.All", "fulfilment", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewProductions(db).All(ctx)) }),
		everything("Crew.AllCleaners", "fulfilment", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewCrew(db).AllCleaners(ctx)) }),
		everything("Crew.Assignments", "fulfilment", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewCrew(db).Assignments(ctx)) }),
		everything("Management.Registered", "management", 3, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewManagement(db).Registered(ctx))
		}),
		everything("Notifications.NotWithdrawn", "notifications", 3, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewNotifications(db).NotWithdrawn(ctx))
		}),
		everything("Mypage.All", "mypage", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewMypage(db).All(ctx)) }),
		everything("Inbox.All", "mypage", 3, func(ctx context.Context, db *store.DB) error { return firstOf(store.NewInbox(db).All(ctx)) }),
		everything("Mypage.UnreadableEvents", "mypage", 3, func(ctx context.Context, db *store.DB) error {
			return firstOf(store.NewMypage(db).UnreadableEvents(ctx))
		}),
	}
}
