package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

const aDrink = `{"name":"Mocha","ownerId":"cora","price":{"amount":5000,"currency":"KRW"},"date":"2026-11-21","count":40}`

func TestMenus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do("POST", menusPath, `{"name":"김치찌개","ownerId":"sara","price":{"amount":8000,"currency":"KRW"}}`)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	added := decode[menuView](t, a)
	require.Regexp(t, "^menu-[0-9a-z]{16}$", added.ID)
	require.Equal(t, menusPath+"/"+added.ID, a.Header.Get("Location"))
	require.Equal(t, menuView{ID: added.ID, Name: "김치찌개", OwnerID: "sara", Price: booking.Money{Amount: 8000, Currency: "KRW"}}, added)
	require.Equal(t, added, decode[menuView](t, b.do("GET", menusPath+"/"+added.ID, "")))
	b.problem(b.do("GET", menusPath+"/menu-none", ""), 404, booking.NotFound)
	b.problem(b.do("GET", menusPath+"/%00", ""), 404, booking.NotFound)

	menus := decode[part[menuView]](t, b.do("GET", menusPath+"?limit=7&cursor=c&ownerId=sara", ""))
	require.Equal(t, booking.CatalogueFilter{OwnerID: "sara"}, b.store.selected)
	require.Len(t, menus.Items, 2)
	require.Equal(t, "more", menus.Next)
	require.Equal(t, booking.Page{Limit: 7, Cursor: "c"}, b.store.page)

	b.store.fail(context.DeadlineExceeded)
	b.problem(b.do("POST", menusPath, `{"name":"Soup","ownerId":"sara","price":{"amount":8000,"currency":"KRW"}}`), 503, booking.Unavailable)
	b.problem(b.do("GET", menusPath, ""), 503, booking.Unavailable)
}

func TestDrinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do("POST", drinksPath, aDrink)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	added := decode[drinkView](t, a)
	require.Regexp(t, "^drink-[0-9a-z]{16}$", added.ID)
	require.Equal(t, drinksPath+"/"+added.ID, a.Header.Get("Location"))
	require.JSONEq(t, `{"id":"`+added.ID+`","name":"Mocha","ownerId":"cora","price":{"amount":5000,"currency":"KRW"},
		"date":"2026-11-21","timeZone":"Asia/Seoul","status":"on_sale","statusLabel":"on sale","withdrawn":false,
		"count":40,"remaining":40}`, a.text)
	require.Equal(t, map[booking.Date]int{{Year: 2026, Month: 11, Day: 21}: 40}, b.store.capacity, "on its day only")
	require.JSONEq(t, a.text, b.do("GET", drinksPath+"/"+added.ID, "").text)
	b.problem(b.do("GET", drinksPath+"/drink-none", ""), 404, booking.NotFound)

	a = b.do("GET", drinksPath+"?limit=1&cursor=c&ownerId=cora&date=2026-11-21&withdrawn=true", "", "Accept-Language", "ko")
	require.Equal(t, "ko", a.Header.Get("Content-Language"))
	drinks := decode[part[drinkView]](t, a)
	for _, d := range drinks.Items {
		require.Equal(t, "판매중", d.StatusLabel)
		require.Equal(t, map[bool]int{true: 40}[d.ID == added.ID], *d.Remaining, "%s", d.ID)
	}
	require.Equal(t, booking.Page{Limit: 1, Cursor: "c"}, b.store.page)
	require.Equal(t, booking.CatalogueFilter{
		OwnerID: "cora", Date: booking.Date{Year: 2026, Month: 11, Day: 21}, EndsAfter: b.store.selected.EndsAfter, Withdrawn: true,
	}, b.store.selected)
	require.False(t, b.store.selected.EndsAfter.IsZero())
	require.Equal(t, []string{"date"}, fields(b.problem(b.do("GET", drinksPath+"?date=2026-02-30", ""), 422, booking.Invalid)))
}

// TestDrinks_AfterTheirDay: a drink whose day has passed is not on sale, not listed, and
// cannot be ordered.
func TestDrinks_AfterTheirDay(t *testing.T) {
	t.Parallel()
	now := latte().Ends().Add(-time.Second)
	b := setup(t, func(d *testDeps) { d.Now = func() time.Time { return now } })
	require.Contains(t, b.do("GET", drinksPath+"/drink-latte", "").text, `"status":"on_sale"`)
	lists := []string{drinksPath, drinksPath + "?date=2026-11-22", drinksPath + "?date=2026-11-22&ownerId=cora"}
	for _, list := range lists {
		require.Len(t, decode[part[drinkView]](t, b.do("GET", list, "")).Items, 1, list)
	}

	now = latte().Ends()
	require.Contains(t, b.do("GET", drinksPath+"/drink-latte", "").text, `"status":"over"`)
	for _, list := range lists {
		require.Empty(t, decode[part[drinkView]](t, b.do("GET", list, "")).Items, list)
	}
	p := b.problem(b.do("POST", cafeOrdersPath, cups), 422, booking.Invalid)
	require.Equal(t, []fieldError{{"menuId", "could be ordered until the end of 2026-11-22 only"}}, p.Errors)

	b.store.deletions["drink-latte"] = &booking.DrinkDeletion{}
	require.Contains(t, b.do("GET", drinksPath+"/drink-latte", "").text, `"status":"deleting"`)
}

func TestDrinks_SomethingAway(t *testing.T) {
	t.Parallel()
	stockAway := func(t *testing.T) (*bundle, *memory) {
		away := newMemory()
		away.fail(context.DeadlineExceeded)
		return setup(t, func(d *testDeps) { d.Stock = away }), away
	}
	t.Run("AddWithoutStock", func(t *testing.T) {
		t.Parallel()
		b, _ := stockAway(t)
		b.problem(b.do("POST", drinksPath, aDrink), 503, booking.Unavailable)
		require.Len(t, b.store.drinks, 1, "nothing half")
	})
	t.Run("AddWithoutCatalogue", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.store.fail(errors.New("no such column: secret"))
		a := b.do("POST", drinksPath, aDrink)
		b.problem(a, 500, internalError)
		require.NotContains(t, a.text, "secret")
	})
	t.Run("ListWithoutStock", func(t *testing.T) {
		t.Parallel()
		b, _ := stockAway(t)
		a := b.do("GET", drinksPath, "")
		require.Equal(t, http.StatusOK, a.StatusCode, a.text)
		require.Len(t, decode[part[drinkView]](t, a).Items, 1)
		require.NotContains(t, a.text, "remaining")
	})
	t.Run("GetWithoutStock", func(t *testing.T) {
		t.Parallel()
		b, _ := stockAway(t)
		a := b.do("GET", drinksPath+"/drink-latte", "")
		require.JSONEq(t, `{"id":"drink-latte","name":"Latte","ownerId":"cora","price":{"amount":4500,"currency":"KRW"},
			"date":"2026-11-22","timeZone":"Asia/Seoul","status":"on_sale","statusLabel":"on sale","withdrawn":false}`, a.text)
	})
}

func TestDeleteDrink(t *testing.T) {
	t.Parallel()
	const path = drinksPath + "/drink-latte"
	t.Run("Begins", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var deleted []string
		b.book.deletes = func(drinkID string) error { deleted = append(deleted, drinkID); return nil }
		a := b.do("DELETE", path, "")
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		require.Equal(t, path, a.Header.Get("Location"))
		shown := decode[drinkView](t, a)
		require.Equal(t, booking.SaleDeleting, shown.Status)
		require.Equal(t, &booking.DrinkDeletion{}, shown.Deletion)
		require.Equal(t, []string{"drink-latte"}, deleted)
	})
	t.Run("UnderWay", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.store.deletions["drink-latte"] = &booking.DrinkDeletion{Orders: 9, Cancelled: 4, Ended: 1}
		b.book.deletes = func(string) error { return nil }
		a := b.do("DELETE", path, "")
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		require.Contains(t, a.text, `"status":"deleting"`)
		require.Contains(t, a.text, `"deletion":{"orders":9,"cancelled":4,"over":1,"done":false}`)
		require.JSONEq(t, a.text, b.do("GET", path, "").text)
	})
	t.Run("Done", func(t *testing.T) {
		t.Parallel()
		b := setup(t) // the fixture fails the test if a drink is deleted
		b.store.deletions["drink-latte"] = &booking.DrinkDeletion{Orders: 9, Cancelled: 8, Ended: 1, Done: true}
		a := b.do("DELETE", path, "")
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		require.Equal(t, booking.SaleDeleted, decode[drinkView](t, a).Status)
		require.JSONEq(t, a.text, b.do("GET", path, "").text)
	})
	t.Run("Unknown", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.problem(b.do("DELETE", drinksPath+"/drink-none", ""), 404, booking.NotFound)
		b.problem(b.do("DELETE", drinksPath+"/%00", ""), 404, booking.NotFound)
	})
	t.Run("TemporalAway", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.book.deletes = func(string) error { return &booking.Error{Code: orders.TemporalUnavailable} }
		a := b.do("DELETE", path, "")
		b.problem(a, 503, orders.TemporalUnavailable)
		require.Equal(t, "2", a.Header.Get("Retry-After"))
	})
	t.Run("Defect", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.book.deletes = func(string) error { return errors.New("secret") }
		a := b.do("DELETE", path, "")
		b.problem(a, 500, internalError)
		require.NotContains(t, a.text, "secret")
	})
}

func TestMenus_Invalid(t *testing.T) {
	t.Parallel()
	const menu = `{"name":"Soup","ownerId":"sara","price":{"amount":8000,"currency":"KRW"}}`
	for name, test := range map[string]struct {
		path, body string
		fields     []string
	}{
		"EmptyMenu":       {menusPath, `{}`, []string{"name", "ownerId", "price"}},
		"Menu":            {menusPath, strings.NewReplacer("Soup", " ", "sara", "s a", "8000", "-1", "KRW", "won").Replace(menu), []string{"name", "ownerId", "price.amount", "price.currency"}},
		"UnknownOfMenu":   {menusPath, strings.Replace(menu, "{", `{"id":"x",`, 1), []string{"id"}},
		"InvisibleName":   {menusPath, strings.Replace(menu, "Soup", `So\u200bup`, 1), []string{"name"}},
		"QueryOfMenu":     {menusPath + "?id=1", menu, []string{"id"}},
		"EmptyDrink":      {drinksPath, `{}`, []string{"count", "date", "name", "ownerId", "price"}},
		"Past":            {drinksPath, strings.Replace(aDrink, "2026-11-21", "2026-11-20", 1), []string{"date"}}, // today in UTC, yesterday in Seoul
		"TooFarAhead":     {drinksPath, strings.Replace(aDrink, "2026-11-21", "2028-11-22", 1), []string{"date"}},
		"NoDate":          {drinksPath, strings.Replace(aDrink, "2026-11-21", "2027-02-30", 1), []string{"date"}},
		"NoneOfIt":        {drinksPath, strings.Replace(aDrink, "40", "0", 1), []string{"count"}},
		"Half":            {drinksPath, strings.Replace(aDrink, "40", "0.5", 1), []string{"count"}},
		"TooMany":         {drinksPath, strings.Replace(aDrink, "40", "1000001", 1), []string{"count"}},
		"Zone":            {drinksPath, strings.NewReplacer("{\"name", `{"timeZone":"Mars/Base","name`, "2026-11-21", "2026-11-18").Replace(aDrink), []string{"date", "timeZone"}},
		"NullOfDrink":     {drinksPath, strings.NewReplacer("40", "null").Replace(aDrink), []string{"count"}},
		"EmptyCleaner":    {cleanersPath, `{}`, []string{"name"}},
		"BlankCleaner":    {cleanersPath, `{"name":" "}`, []string{"name"}},
		"UnknownOfPerson": {cleanersPath, `{"name":"Min","tel":"1"}`, []string{"tel"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.problem(b.do("POST", test.path, test.body), 422, booking.Invalid)
			require.Equal(t, test.fields, fields(p), p)
			require.Len(t, b.store.menus, 1)
			require.Len(t, b.store.drinks, 1)
			require.Empty(t, b.store.cleaners)
		})
	}
	t.Run("TodayElsewhere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		body := strings.NewReplacer("{\"name", `{"timeZone":"America/New_York","name`, "2026-11-21", "2026-11-20").Replace(aDrink)
		require.Equal(t, http.StatusCreated, b.do("POST", drinksPath, body).StatusCode)
		body = strings.Replace(aDrink, "2026-11-21", "2028-11-21", 1)
		require.Equal(t, http.StatusCreated, b.do("POST", drinksPath, body).StatusCode, "two years ahead")
	})
}
