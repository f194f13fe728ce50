package store_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// cursorsOf fills every list with cursors and returns how each is read from a cursor,
// one row at a time.
func cursorsOf(t *testing.T, fresh newURL) map[string]func(ctx context.Context, cursor string) (next string, err error) {
	ctx := t.Context()
	pages := setup(t, fresh, "mypage")
	catalogue, mypage := store.NewCatalogue(setup(t, fresh, "catalogue")), store.NewMypage(pages)
	bulk, actions, audits, members := store.NewBulk(pages), store.NewActions(pages), store.NewAudits(pages), store.NewMembers(pages)
	management := store.NewManagement(setup(t, fresh, "management"))
	notifications := store.NewNotifications(setup(t, fresh, "notifications"))
	fulfilment := setup(t, fresh, "fulfilment")
	crew, deliveries, productions := store.NewCrew(fulfilment), store.NewDeliveries(fulfilment), store.NewProductions(fulfilment)
	known(t, pages, "1026")
	var named []booking.BulkOrder
	var findings []audit.Finding
	for n, id := range []string{"a", "b", "c"} {
		named = append(named, booking.BulkOrder{N: n + 1, OrderID: id})
		findings = append(findings, audit.Finding{Kind: audit.Abandoned, OrderID: id, Says: "its workflow was terminated"})
		run := booking.BulkRun{ID: id, State: booking.BulkPlanned, Action: booking.RetryOrder, PlannedAt: noon, Orders: len(named)}
		require.NoError(t, bulk.Plan(ctx, run, named))
		action := booking.OperatorAction{ID: id, At: noon, By: "1024", Action: booking.CancelOrder, OrderID: id, Outcome: booking.ActionDone}
		require.NoError(t, actions.Append(ctx, action, nil))
		put(t, members, member("1026", id, "", booking.StaffLevel))
		_, err := management.Register(ctx, newCall(id, ""))
		require.NoError(t, err)
		require.NoError(t, catalogue.AddPlace(ctx, "1025", newPlace(id)))
		require.NoError(t, catalogue.AddMenu(ctx, "1025", booking.Menu{ID: id, Name: "국", OwnerID: "owner", Price: won}))
		require.NoError(t, catalogue.AddDrink(ctx, "1025", newDrink(id), 5))
		_, err = crew.AddCleaner(ctx, "1025", newCleaner(id))
		require.NoError(t, err)
		for _, jobs := range []*store.Jobs{deliveries, productions} {
			_, err = jobs.Start(ctx, booking.Job{OrderID: id, Quantity: 1})
			require.NoError(t, err)
		}
		_, err = notifications.Send(ctx, booking.Message{Key: id, OrderID: id, RecipientID: "alice"})
		require.NoError(t, err)
		require.NoError(t, mypage.Publish(ctx, contract.Publication{
			View: newView(id, "alice", 1, booking.Confirmed), Events: []booking.Event{newEvent(id, 1)},
		}))
	}
	auditsOf{t, audits}.audit(noon, audit.Report{Findings: findings})
	(&follower{m: mypage}).followUntil(t, 3)
	one := func(cursor string) booking.Page { return booking.Page{Limit: 1, Cursor: cursor} }
	return map[string]func(context.Context, string) (string, error){
		"Places": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := catalogue.Places(ctx, booking.CatalogueFilter{}, one(cursor))
			return next, err
		},
		"Menus": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := catalogue.Menus(ctx, booking.CatalogueFilter{}, one(cursor))
			return next, err
		},
		"Drinks": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := catalogue.Drinks(ctx, booking.CatalogueFilter{}, one(cursor))
			return next, err
		},
		"DrinksOnSale": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := catalogue.Drinks(ctx, booking.CatalogueFilter{EndsAfter: noon}, one(cursor))
			return next, err
		},
		"Cleaners": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := crew.Cleaners(ctx, booking.CleanerFilter{}, one(cursor))
			return next, err
		},
		"Deliveries": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := deliveries.List(ctx, booking.JobFilter{}, one(cursor))
			return next, err
		},
		"Productions": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := productions.List(ctx, booking.JobFilter{}, one(cursor))
			return next, err
		},
		"Messages": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := notifications.Messages(ctx, "alice", one(cursor))
			return next, err
		},
		"Orders": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := mypage.Orders(ctx, booking.OrderFilter{CustomerID: "alice"}, one(cursor))
			return next, err
		},
		"Calls": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := management.Calls(ctx, one(cursor))
			return next, err
		},
		"Members": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := members.Members(ctx, "1026", one(cursor))
			return next, err
		},
		"Actions": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := actions.Actions(ctx, "", one(cursor))
			return next, err
		},
		"Bulk.Runs": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := bulk.Runs(ctx, one(cursor))
			return next, err
		},
		"Bulk.Orders": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := bulk.Orders(ctx, "c", false, one(cursor))
			return next, err
		},
		"Findings": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := audits.Findings(ctx, "", one(cursor))
			return next, err
		},
		"NeedingAttention": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := mypage.NeedingAttention(ctx, orders.AttentionFilter{}, one(cursor))
			return next, err
		},
		"Events": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := mypage.Events(ctx, cursor, 1)
			return next, err
		},
		"EventsOf": func(ctx context.Context, cursor string) (string, error) {
			_, next, err := mypage.EventsOf(ctx, booking.EventFilter{CustomerID: "c"}, cursor, 1)
			return next, err
		},
	}
}

// forgeries are cursors in the form of the list's own.
func forgeries(t *testing.T, cursor string) map[string]string {
	t.Helper()
	place := placeOf(t, cursor)
	text, err := json.Marshal(place)
	require.NoError(t, err)
	encoded := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	forged := map[string]string{
		"not base64": "?", "padded": cursor + "=", "in two lines": cursor[:4] + "\n" + cursor[4:], "cut off": cursor[:len(cursor)-2],
		"empty text": encoded(""), "null": encoded("null"), "object": encoded("{}"), "no parts": encoded("[]"),
		"numbers": encoded(`["` + place[0] + `",1,2]`), "deep": encoded(strings.Repeat("[", 5000)),
		"spaced": encoded(" " + string(text)), "too many": encoded(strings.TrimSuffix(string(text), "]") + `,"x"]`),
		"too few": encoded(`["` + place[0] + `"]`), "not Unicode": encoded(strings.Replace(string(text), `","`, "\",\"\xff", 1)),
	}
	for i := range place {
		for _, hostile := range []string{
			"", "\x00", "a\x00b", "\ufffd", "🙂", "'; --", strings.Repeat("9", 400), "-1", "+1", "01", "1e3", "9223372036854775808", "NaN", "infinity",
			"0000-01-01T00:00:00Z", "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z",
			"2026-02-30T00:00:00Z", "2026-11-28T00:00:60Z", "2026-11-28T00:00:00.123456789123Z", "2026-11-28T00:00:00,1Z", "-0001-01-01T00:00:00Z",
		} {
			parts := append([]string{}, place...)
			parts[i] = hostile
			forged[strings.Join(parts, "|")] = store.EncodeCursor(parts[0], parts[1:]...)
		}
	}
	return forged
}

// testCursors: a list continues from its own cursors, and so does a part of it, such as
// the events of one customer. Any other cursor is either a place in the list or
// refused, on every database.
func testCursors(t *testing.T, fresh newURL) {
	lists := cursorsOf(t, fresh)
	continuing := map[string]string{}
	for name, read := range lists {
		next, err := read(t.Context(), "")
		require.NoError(t, err, name)
		require.NotEmpty(t, next, name)
		_, err = read(t.Context(), next)
		require.NoError(t, err, name)
		continuing[name] = next
	}
	for name, read := range lists {
		for what, cursor := range forgeries(t, continuing[name]) {
			_, err := read(t.Context(), cursor)
			if err != nil {
				require.ErrorIs(t, err, &booking.Error{Code: booking.InvalidCursor}, "%s: %s", name, what)
			}
		}
		for _, cursor := range continuing {
			if placeOf(t, cursor)[0] != placeOf(t, continuing[name])[0] {
				_, err := read(t.Context(), cursor)
				requireCode(t, booking.InvalidCursor, err)
			}
		}
	}
	for name, cursor := range continuing {
		place := placeOf(t, cursor)
		if _, err := time.Parse(time.RFC3339Nano, place[1]); err != nil {
			continue
		}
		for _, year := range []string{"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"} {
			place[1] = year
			_, err := lists[name](t.Context(), store.EncodeCursor(place[0], place[1:]...))
			requireCode(t, booking.InvalidCursor, err)
		}
	}
}

// testCursorsOfNoRow: a cursor that no row of the list has is refused.
func testCursorsOfNoRow(t *testing.T, fresh newURL) {
	pages := setup(t, fresh, "mypage")
	for _, n := range []string{"-5", "+1", "01", "0", "1001", "99999999999"} {
		_, _, err := store.NewBulk(pages).Orders(t.Context(), "run", false, booking.Page{Cursor: store.EncodeCursor("bulk orders", n)})
		requireCode(t, booking.InvalidCursor, err)
	}
	for _, part := range []string{"found", "rows"} {
		cursor := store.EncodeCursor("attention", part, "2026-11-28T00:00:00Z", "")
		_, _, err := store.NewMypage(pages).NeedingAttention(t.Context(), orders.AttentionFilter{}, booking.Page{Cursor: cursor})
		requireCode(t, booking.InvalidCursor, err)
	}
}

// placeOf is the content of a cursor: the list and the place in it.
func placeOf(t *testing.T, cursor string) (place []string) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &place))
	return place
}

// FuzzCursor: a decoded cursor is within the limits of every database, and is encoded
// the same.
func FuzzCursor(f *testing.F) {
	f.Add("orders", "2026-11-28T00:00:00.123456Z", "food-1")
	f.Add("orders", "0000-01-01T00:00:00Z", "food-1")
	f.Add("orders", "9999-12-31T23:59:59-23:59", "\x00")
	f.Add("drinks on sale", "2026-11-28T15:00:00Z", "2026-11-28T00:00:00.123456Z")
	f.Add("events", "9223372036854775807", "-1")
	f.Add("events", "+1", "01")
	f.Add("places", "\xff", "\u2028<>&")
	f.Fuzz(func(t *testing.T, list, first, second string) {
		for _, cursor := range []string{
			list, first, second, store.EncodeCursor(list, first, second), store.EncodeCursor("events", first, second), store.EncodeCursor(list, first),
			store.EncodeCursor("drinks on sale", first, second, list),
			base64.RawURLEncoding.EncodeToString([]byte(first)),
		} {
			refused := func(err error) bool {
				if err != nil {
					requireCode(t, booking.InvalidCursor, err)
				}
				return err != nil
			}
			for parts := range 3 {
				if place, err := store.DecodeCursor(list, cursor, parts); !refused(err) {
					require.Equal(t, cursor, store.EncodeCursor(list, place...))
					for _, text := range place {
						require.True(t, utf8.ValidString(text) && !strings.ContainsRune(text, 0), "%q", text)
					}
				}
			}
			within := func(at time.Time) bool { return at.Year() >= 1 && at.Year() <= 9999 && at.Location() == time.UTC }
			if at, err := store.DecodeMoment(list, cursor); !refused(err) {
				require.True(t, within(at), at)
			}
			if ends, at, err := store.DecodeEnd(cursor); !refused(err) {
				require.True(t, within(ends) && within(at), "%s %s", ends, at)
			}
			if tx, seq, err := store.DecodePosition(cursor); !refused(err) {
				require.True(t, tx >= 0 && seq >= 0)
			}
		}
	})
}
