package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// waiting reads the events of an outbox, and deletes them.
func waiting(t *testing.T, o *store.Outbox) []booking.Event {
	t.Helper()
	events, unreadable, err := o.Waiting(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, unreadable)
	require.NoError(t, o.Delete(t.Context(), events))
	again, _, err := o.Waiting(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, again)
	for _, e := range events {
		require.WithinDuration(t, time.Now(), e.At, time.Minute)
	}
	return events
}

func types(events []booking.Event) (types []booking.EventType) {
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func testOutbox(t *testing.T, fresh newURL) {
	run(t, "Places", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		catalogue, outbox := store.NewCatalogue(db), store.CatalogueOutbox(db)
		place := newPlace("place-1")
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", place))
		require.Error(t, catalogue.AddPlace(t.Context(), "1025", place), "the id is used")
		registered := waiting(t, outbox)
		require.Len(t, registered, 1)
		require.Equal(t, "place-1/PlaceRegistered/1", registered[0].Key)
		require.Equal(t, "place-1", registered[0].Subject)
		off, on := true, false
		require.Equal(t, &booking.CatalogueData{
			Kind: booking.Lodging, OwnerID: "owner", By: "1025", Item: &booking.Item{ID: "place-1", Name: place.Name}, Price: &won, Withdrawn: &on,
			Confirmation: booking.Manual, ConfirmWithin: "24h", TimeZone: "Asia/Seoul", CheckInTime: "15:00", CheckOutTime: "11:30",
		}, registered[0].Catalogue)

		change := func(edit func(*booking.Place) error) error {
			_, err := catalogue.ChangePlace(t.Context(), "1025", "place-1", edit)
			return err
		}
		no := errors.New("no")
		require.ErrorIs(t, change(func(p *booking.Place) error { p.Name = "lost"; return no }), no)
		require.NoError(t, change(func(*booking.Place) error { return nil }))
		require.Empty(t, waiting(t, outbox), "nothing has changed")

		require.NoError(t, change(func(p *booking.Place) error { p.Name = "Seaside Inn"; return nil }))
		require.NoError(t, change(func(p *booking.Place) error { p.Withdrawn, p.Price.Amount = true, 7; return nil }))
		require.NoError(t, change(func(p *booking.Place) error { p.Price.Amount = 8; return nil }))
		require.NoError(t, change(func(p *booking.Place) error { p.Withdrawn = false; return nil }))
		events := waiting(t, outbox)
		require.Equal(t, []booking.EventType{
			booking.PlaceChanged, booking.PlaceWithdrawn, booking.PlaceChanged, booking.PlaceBroughtBack,
		}, types(events))
		require.Equal(t, "Seaside Inn", events[0].Catalogue.Item.Name)
		require.Equal(t, &off, events[1].Catalogue.Withdrawn)
		require.EqualValues(t, 7, events[1].Catalogue.Price.Amount)
		require.Equal(t, &off, events[2].Catalogue.Withdrawn)
		require.Equal(t, &on, events[3].Catalogue.Withdrawn)
	})

	run(t, "ConcurrentChanges", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		catalogue, outbox := store.NewCatalogue(db), store.CatalogueOutbox(db)
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace("place-1")))
		together(t, 12, func(int) (booking.Place, error) {
			return catalogue.ChangePlace(t.Context(), "1025", "place-1", func(p *booking.Place) error { p.Price.Amount++; return nil })
		})
		keys := map[string]bool{}
		last := won.Amount - 1
		for _, e := range waiting(t, outbox) {
			keys[e.Key] = true
			require.Equal(t, last+1, e.Catalogue.Price.Amount, "in the order of the changes")
			last++
		}
		require.Len(t, keys, 13)
	})

	run(t, "MenusAndDrinks", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		catalogue, outbox := store.NewCatalogue(db), store.CatalogueOutbox(db)
		require.NoError(t, catalogue.AddMenu(t.Context(), "1025", booking.Menu{ID: "menu-1", Name: "Gimbap", OwnerID: "sara", Price: won}))
		_, err := catalogue.ChangeMenu(t.Context(), "1025", "menu-1", func(m *booking.Menu) error { m.Withdrawn = true; return nil })
		require.NoError(t, err)
		require.Equal(t, []booking.EventType{booking.MenuRegistered, booking.MenuWithdrawn}, types(waiting(t, outbox)))

		drink := newDrink("drink-1")
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", drink, 40))
		registered := waiting(t, outbox)[0].Catalogue
		require.Equal(t, drink.Date.String(), registered.Date)
		require.Equal(t, 40, *registered.Count)
		require.True(t, drink.Ends().Equal(*registered.EndsAt))

		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1026", "drink-1", booking.DrinkDeletion{Orders: 3}))
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", "drink-1", booking.DrinkDeletion{Orders: 3, Done: true}))
		events := waiting(t, outbox)
		require.Equal(t, []booking.EventType{booking.DrinkDeleted}, types(events), "once")
		require.True(t, events[0].Catalogue.Deleted)
		require.Equal(t, "1026", events[0].Catalogue.By)
		require.True(t, *events[0].Catalogue.Withdrawn)
		_, err = catalogue.ChangeDrink(t.Context(), "1025", "drink-1", func(d *booking.Drink) error { d.Name = "late"; return nil })
		requireCode(t, booking.NotFound, err)
		require.Empty(t, waiting(t, outbox))
	})

	run(t, "Stock", func(t *testing.T) {
		db := setup(t, fresh, "inventory")
		inventory, outbox := store.NewInventory(db), store.InventoryOutbox(db)
		p := item(t, inventory, 3, 5)
		require.Empty(t, waiting(t, outbox), "it is only about to be registered")
		hold(t, inventory, newHold(p, "a", 1, 2, 2), done)
		change := booking.StockChange{
			Kind: booking.Lodging, OwnerID: "olivia", Item: booking.Item{ID: p, Name: "Inn"}, From: day(0), To: day(3), Capacity: 4,
		}
		require.NoError(t, inventory.ChangeStock(t.Context(), "1025", change))
		events := waiting(t, outbox)
		require.Equal(t, []booking.EventType{booking.StockChanged}, types(events))
		require.Equal(t, p, events[0].Subject)
		require.Equal(t, "1025", events[0].Catalogue.By)
		require.Equal(t, &booking.EventStock{From: day(0).String(), To: day(3).String(), Capacity: 4, Remaining: 2}, events[0].Catalogue.Stock)
		require.NoError(t, inventory.ChangeStock(t.Context(), "1025", change))
		require.NotEqual(t, events[0].Key, waiting(t, outbox)[0].Key)
		change.Capacity = 1
		requireCode(t, booking.StockBelowHeld, inventory.ChangeStock(t.Context(), "1025", change))
		require.Empty(t, waiting(t, outbox), "nothing was changed")
	})

	run(t, "Cleaners", func(t *testing.T) {
		db := setup(t, fresh, "fulfilment")
		crew, outbox := store.NewCrew(db), store.FulfilmentOutbox(db)
		_, err := crew.AddCleaner(t.Context(), "1025", booking.Cleaner{ID: "cleaner-1", Name: "Min-jun"})
		require.NoError(t, err)
		change := func(name string, withdrawn bool) {
			_, err := crew.ChangeCleaner(t.Context(), "1025", "cleaner-1", booking.CleanerChange{Name: &name, Withdrawn: &withdrawn})
			require.NoError(t, err)
		}
		change("Min-jun", false)
		change("Ji-woo", false)
		change("Ji-woo", true)
		change("Ji-woo", false)
		events := waiting(t, outbox)
		require.Equal(t, []booking.EventType{
			booking.CleanerRegistered, booking.CleanerChanged, booking.CleanerWithdrawnEvent, booking.CleanerBroughtBack,
		}, types(events))
		require.Equal(t, &booking.Cleaner{ID: "cleaner-1", Name: "Ji-woo"}, events[1].Catalogue.Cleaner)
		for _, e := range events {
			require.Equal(t, "1025", e.Catalogue.By, e.Type)
		}
	})

	run(t, "Written", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		written := store.CatalogueOutbox(db).Written()
		require.NoError(t, store.NewCatalogue(db).AddPlace(t.Context(), "1025", newPlace("place-1")))
		require.NoError(t, store.NewCatalogue(db).AddPlace(t.Context(), "1025", newPlace("place-2")))
		<-written
		require.Empty(t, written, "once for both")
	})

	// In the feed they are as they were in the outbox, among the events of orders.
	run(t, "InTheFeed", func(t *testing.T) {
		catalogueDB, m := setup(t, fresh, "catalogue"), store.NewMypage(setup(t, fresh, "mypage"))
		require.NoError(t, store.NewCatalogue(catalogueDB).AddPlace(t.Context(), "1025", newPlace("place-1")))
		events, _, err := store.CatalogueOutbox(catalogueDB).Waiting(t.Context(), 10)
		require.NoError(t, err)
		reader := follower{m: m}
		require.NoError(t, publishEvents(t.Context(), m, "o1", 1, 1))
		for range 2 { // by two processes
			require.NoError(t, m.AppendEvents(t.Context(), "outbox of catalogue", events))
		}
		reader.followUntil(t, 2)
		got := reader.seen[1]
		got.Cursor = ""
		require.Equal(t, events[0], got)
	})

	// Even more of them than one read's limit do not block the others.
	run(t, "Unreadable", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		catalogue, outbox := store.NewCatalogue(db), store.CatalogueOutbox(db)
		for _, id := range []string{"place-1", "place-2", "place-3", "place-4", "place-5", "place-6"} {
			require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace(id)))
		}
		_, err := db.SQL().ExecContext(t.Context(),
			`UPDATE catalogue_outbox SET data = '{"kind": 7}' WHERE subject IN ('place-1', 'place-2', 'place-3', 'place-5')`)
		require.NoError(t, err)
		for range 2 {
			events, unreadable, err := outbox.Waiting(t.Context(), 2)
			require.NoError(t, err)
			subjects := make([]string, len(events))
			for i, e := range events {
				subjects[i] = e.Subject
			}
			require.Equal(t, []string{"place-4", "place-6"}, subjects)
			require.Len(t, unreadable, 4)
			named, ok := errors.AsType[*store.Unreadable](unreadable[0])
			require.True(t, ok)
			require.Equal(t, "place-1", named.Item)
			require.ErrorContains(t, named, "event place-1/PlaceRegistered/1: ")
		}
		events, _, err := outbox.Waiting(t.Context(), 2)
		require.NoError(t, err)
		require.NoError(t, outbox.Delete(t.Context(), events))
		events, unreadable, err := outbox.Waiting(t.Context(), 2)
		require.NoError(t, err)
		require.Empty(t, events)
		require.Len(t, unreadable, 4, "they stay")
	})

	run(t, "WhatWasThereBefore", func(t *testing.T) { testOutboxOfBefore(t, fresh) })
}

// testOutboxOfBefore: the migration writes events of what was registered by a version
// without events.
func testOutboxOfBefore(t *testing.T, fresh newURL) {
	asBefore := func(t *testing.T, db *store.DB, service string, statements ...string) {
		t.Helper()
		for _, statement := range append(statements, "DROP TABLE "+service+"_outbox") {
			_, err := db.SQL().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		_, err := store.Migrate(t.Context(), db, service)
		require.NoError(t, err)
	}
	waitingByType := func(t *testing.T, o *store.Outbox) map[string]booking.CatalogueData {
		t.Helper()
		all := map[string]booking.CatalogueData{}
		for _, e := range waiting(t, o) {
			require.Contains(t, e.Key, string(e.Type))
			all[e.Subject+" "+string(e.Type)] = *e.Catalogue
		}
		return all
	}

	run(t, "Catalogue", func(t *testing.T) {
		db := setup(t, fresh, "catalogue")
		catalogue := store.NewCatalogue(db)
		menu := booking.Menu{ID: "menu-1", Name: "Gimbap", OwnerID: "sara", Price: won}
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace("place-1")))
		require.NoError(t, catalogue.AddPlace(t.Context(), "1025", newPlace("place-2")))
		require.NoError(t, catalogue.AddMenu(t.Context(), "1025", menu))
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink("drink-1"), 5))
		require.NoError(t, catalogue.AddDrink(t.Context(), "1025", newDrink("drink-2"), 5))
		off, err := catalogue.ChangePlace(t.Context(), "1025", "place-2", func(p *booking.Place) error { p.Withdrawn = true; return nil })
		require.NoError(t, err)
		require.NoError(t, catalogue.NoteDeletion(t.Context(), "1025", "drink-2", booking.DrinkDeletion{}))

		asBefore(t, db, "catalogue", "DELETE FROM catalogue_migrations WHERE name = '0004'")
		drink, removed := newDrink("drink-1").EventData(), newDrink("drink-2").EventData()
		drink.EndsAt, removed.EndsAt = nil, nil
		deleted, yes := removed, true
		deleted.Withdrawn, deleted.Deleted = &yes, true
		require.Equal(t, map[string]booking.CatalogueData{
			"place-1 PlaceRegistered": newPlace("place-1").EventData(), "place-2 PlaceRegistered": newPlace("place-2").EventData(),
			"place-2 PlaceWithdrawn": off.EventData(), "menu-1 MenuRegistered": menu.EventData(),
			"drink-1 DrinkRegistered": drink, "drink-2 DrinkRegistered": removed, "drink-2 DrinkDeleted": deleted,
		}, waitingByType(t, store.CatalogueOutbox(db)))
	})

	run(t, "Cleaners", func(t *testing.T) {
		db := setup(t, fresh, "fulfilment")
		crew := store.NewCrew(db)
		here, err := crew.AddCleaner(t.Context(), "1025", booking.Cleaner{ID: "cleaner-1", Name: "Min-jun"})
		require.NoError(t, err)
		_, err = crew.AddCleaner(t.Context(), "1025", booking.Cleaner{ID: "cleaner-2", Name: "Ji-woo"})
		require.NoError(t, err)
		yes := true
		removed, err := crew.ChangeCleaner(t.Context(), "1025", "cleaner-2", booking.CleanerChange{Withdrawn: &yes})
		require.NoError(t, err)

		asBefore(t, db, "fulfilment", "DELETE FROM fulfilment_migrations WHERE name = '0005'", "ALTER TABLE cleaners DROP COLUMN version")
		before := removed
		before.Withdrawn = false
		require.Equal(t, map[string]booking.CatalogueData{
			"cleaner-1 CleanerRegistered": here.EventData(), "cleaner-2 CleanerRegistered": before.EventData(),
			"cleaner-2 CleanerWithdrawn": removed.EventData(),
		}, waitingByType(t, store.FulfilmentOutbox(db)))
	})
}
