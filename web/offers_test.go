package web_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/web"
)

// ofThePlace are the fields of a place's form.
var ofThePlace = []string{
	"name", "Hill House", "price", "70,000", "confirmation", "manual", "confirmWithin", "90m", "timeZone", "Asia/Seoul",
	"checkInTime", "15:00", "checkOutTime", "11:00",
}

// TestOffers_LengthOfComposedName: as in the API, the characters of the composed form are
// counted.
func TestOffers_LengthOfComposedName(t *testing.T) {
	t.Parallel()
	b := newSite(t).as("bora", booking.English)
	for name, ok := range map[string]bool{
		strings.Repeat("\u0958", 100): true, strings.Repeat("\u0958", 101): false,
		norm.NFD.String(strings.Repeat("각", 200)): true, strings.Repeat("각", 201): false,
	} {
		key := field(t, b.get("/desk/menus/new").text, "key")
		added := b.post("/desk/menus/new", "key", key, "name", name, "price", "9000")
		require.Equal(t, ok, added.status == http.StatusOK, added.text)
		require.Equal(t, !ok, strings.Contains(added.words(), "At most 200 characters."), added.text)
	}
}

// TestOffers: an owner adds an item of each sort, changes it, withdraws it and ends the
// withdrawal.
func TestOffers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as("bora", booking.English)
	filter := booking.CatalogueFilter{OwnerID: "bora"}
	for path, fields := range map[string][]string{
		"/desk/places": ofThePlace,
		"/desk/menus":  {"name", "Hill House", "price", "9000"},
		"/desk/drinks": {"name", "Hill House", "price", "4500", "date", arrival.String(), "count", "12", "timeZone", "Asia/Seoul"},
	} {
		form := b.get(path + "/new")
		require.Equal(t, http.StatusOK, form.status)
		requirePage(t, form, booking.English)
		key := field(t, form.text, "key")
		empty := b.post(path+"/new", "key", key, "name", "", "price", "much")
		require.Equal(t, http.StatusUnprocessableEntity, empty.status)
		require.Contains(t, empty.words(), "This is needed.")
		require.Contains(t, empty.words(), "This is no amount")
		added := b.post(path+"/new", append([]string{"key", key}, fields...)...)
		require.Equal(t, http.StatusOK, added.status, added.text)
		require.True(t, strings.HasPrefix(added.url.Path, path+"/"), added.url)
		require.Equal(t, added.url.Path, b.post(path+"/new", append([]string{"key", key}, fields...)...).url.Path, "a form that is sent twice adds one")
		for _, l := range booking.Languages() {
			requirePage(t, s.as("bora", l).get(added.url.Path), l)
			list := s.as("bora", l).get("/desk/catalogue")
			requirePage(t, list, l)
			require.Contains(t, list.text, added.url.Path)
		}
		changed := append([]string{}, fields...)
		changed[1], changed[3] = "New name", "12000"
		require.Contains(t, b.post(added.url.Path, changed...).words(), "New name")
		away := b.post(added.url.Path+"/withdraw", "withdrawn", "yes")
		require.Contains(t, away.words(), "takes no new orders")
		require.NotContains(t, b.get("/desk/catalogue").text, added.url.Path)
		require.Contains(t, b.get("/desk/catalogue?withdrawn=1").text, added.url.Path)
		require.NotContains(t, b.post(added.url.Path+"/withdraw", "withdrawn", "no").words(), "takes no new orders")
	}
	places, _, err := s.catalogue.Places(t.Context(), filter, booking.Page{})
	require.NoError(t, err)
	require.Len(t, places, 1)
	places[0].ID = ""
	require.Equal(t, booking.Place{
		Name: "New name", OwnerID: "bora", Price: booking.Money{Amount: 12000, Currency: "KRW"}, Confirmation: booking.Manual,
		ConfirmWithin: booking.Duration(90 * time.Minute), TimeZone: "Asia/Seoul", CheckInTime: booking.Clock{Hour: 15}, CheckOutTime: booking.Clock{Hour: 11},
	}, places[0])
	menus, _, err := s.catalogue.Menus(t.Context(), filter, booking.Page{})
	require.NoError(t, err)
	require.Len(t, menus, 1)
	drinks, _, err := s.catalogue.Drinks(t.Context(), filter, booking.Page{})
	require.NoError(t, err)
	require.Len(t, drinks, 1)
	days, err := s.stock.Days(t.Context(), drinks[0].ID, arrival, arrival.AddDays(1))
	require.NoError(t, err)
	require.Equal(t, 12, days[0].Remaining)
}

// TestOffers_Logged: an owner's changes of the catalogue are in the log, with the caller.
func TestOffers_Logged(t *testing.T) {
	t.Parallel()
	core, log := observer.New(zap.InfoLevel)
	s := newSite(t, func(d *web.Deps) { d.Log = zap.New(core) })
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", latte, 7))
	b := s.as("cora", booking.English)
	added := b.post("/desk/menus/new", "key", field(t, b.get("/desk/menus/new").text, "key"), "name", "Stew", "price", "9000").url.Path
	b.post(added, "name", "Soup", "price", "9000")
	b.post(added+"/withdraw", "withdrawn", "yes")
	b.post("/desk/menus/new", "name", "")
	b.post("/desk/drinks/"+latte.ID+"/stock", "count", "9")
	b.post("/desk/drinks/" + latte.ID + "/delete")
	var said []string
	for _, line := range log.All() {
		fields := line.ContextMap()
		require.Equal(t, "cora", fields["by"])
		require.Equal(t, "cora", fields["owner"])
		said = append(said, line.Message+" "+fields["item"].(string))
	}
	stew := strings.TrimPrefix(added, "/desk/menus/")
	require.Equal(t, []string{"menu added " + stew, "menu changed " + stew, "menu changed " + stew, "stock set " + latte.ID, "drink deleted " + latte.ID}, said)
}

// TestOffers_KeepWhatTheyHave: a change of a place keeps its policy and its withdrawal.
func TestOffers_KeepWhatTheyHave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := seaside
	place.Withdrawn, place.Price = true, booking.Money{Amount: 5050, Currency: "EUR"}
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	b := s.as("bora", booking.Korean)
	form := b.get("/desk/places/" + place.ID)
	require.Equal(t, "50.50", field(t, form.text, "price"))
	sent := form.form(t, "/desk/places/"+place.ID)
	sent.Set("price", "60.5")
	sent.Set("confirmWithin", "2h")
	require.Equal(t, http.StatusOK, b.send(http.MethodPost, s.url+"/desk/places/"+place.ID, sent).status)
	is, err := s.catalogue.Place(t.Context(), place.ID)
	require.NoError(t, err)
	place.Price.Amount, place.ConfirmWithin = 6050, booking.Duration(2*time.Hour)
	require.Equal(t, place, is)
}

// TestOffers_Faults: each fault is shown beside its field.
func TestOffers_Faults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as("bora", booking.English)
	for name, is := range map[string][2]string{
		"name": {"Hidden\u200b", "cannot be shown"}, "price": {"1.5", "no amount"}, "confirmWithin": {"9000h", "30 days at most"},
		"timeZone": {"Asia/Nowhere", "no time zone"}, "checkInTime": {"25:00", "A time of day"}, "checkOutTime": {"16:00", "before the next ones"},
	} {
		fields := append([]string{}, ofThePlace...)
		for n := 0; n < len(fields); n += 2 {
			if fields[n] == name {
				fields[n+1] = is[0]
			}
		}
		got := b.post("/desk/places/new", fields...)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, name)
		require.Contains(t, got.words(), is[1], name)
		require.Equal(t, 1, strings.Count(got.text, `aria-invalid`), name)
	}
	s.furnish()
	for _, price := range []string{"1", "799"} {
		for path, fields := range map[string][]string{
			"/desk/menus/new":            {"name", "Soup", "price", price},
			"/desk/menus/" + bibimbap.ID: {"name", "Soup", "price", price},
			"/desk/drinks/" + latte.ID:   {"name", "Tea", "price", price},
			"/desk/places/" + seaside.ID: {"name", "Inn", "price", price},
		} {
			got := s.as("olga", booking.English).post(path, append(fields, "owner", "bora")...)
			require.Equal(t, http.StatusUnprocessableEntity, got.status, path)
			require.Contains(t, got.words(), "charges at least ₩800 and at most ₩99,999,999", path)
		}
	}
	past := b.post("/desk/drinks/new", "name", "Tea", "price", "1000", "date", today.AddDays(-2).String(), "count", "0", "timeZone", "Asia/Seoul")
	require.Contains(t, past.words(), "This day has passed.")
	require.Contains(t, past.words(), "from 1 to 1,000,000")
	places, _, err := s.catalogue.Places(t.Context(), booking.CatalogueFilter{}, booking.Page{})
	require.NoError(t, err)
	require.Equal(t, []booking.Place{seaside}, places)
}

// TestOffers_OfOthers: items of others cannot be changed, and staff can change only the
// stock.
func TestOffers_OfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	for who, status := range map[string]int{"alice": 403, "dana": 403, "kim": 403, "bora": 200, "olga": 200} {
		b := s.as(who, booking.English)
		require.Equal(t, status, b.get("/desk/catalogue").status, who)
		require.Equal(t, status, b.get("/desk/places/new").status, who)
		if who == "olga" {
			continue
		}
		for _, path := range []string{"/desk/menus/" + bibimbap.ID, "/desk/drinks/" + latte.ID} {
			require.Equal(t, http.StatusForbidden, b.get(path).status, "%s %s", who, path)
			for _, action := range []string{"", "/withdraw"} {
				require.Equal(t, http.StatusForbidden, b.post(path+action, "name", "Mine", "price", "1000", "withdrawn", "yes").status, "%s %s", who, path)
			}
		}
		require.Equal(t, http.StatusForbidden, b.post("/desk/drinks/"+latte.ID+"/delete").status)
		require.Equal(t, http.StatusForbidden, b.post("/desk/drinks/"+latte.ID+"/stock", "count", "1").status)
	}
	require.Equal(t, http.StatusForbidden, s.as("bora", booking.English).post("/desk/menus/new", "name", "Mine", "price", "1000", "owner", "cora").status)
	require.Equal(t, http.StatusNotFound, s.as("bora", booking.English).get("/desk/places/none").status)
	s.employ("cora", "bora", "")
	b := s.as("bora", booking.English)
	require.Contains(t, b.get("/desk/catalogue").text, latte.ID)
	require.Equal(t, http.StatusForbidden, b.get("/desk/drinks/"+latte.ID).status, "staff change no drink")
	require.Equal(t, "/desk/catalogue", b.post("/desk/drinks/"+latte.ID+"/stock", "count", "9").url.Path)
	days, err := s.stock.Days(t.Context(), latte.ID, latte.Date, latte.Date.AddDays(1))
	require.NoError(t, err)
	require.Equal(t, 9, days[0].Capacity)
}

// reads notes which lists and items of the catalogue are read.
type reads struct {
	web.Catalogue
	mu   sync.Mutex
	seen []string
}

func (r *reads) note(what, of string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, what+" "+of)
}

func (r *reads) Places(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Place, string, error) {
	r.note("places of", f.OwnerID)
	return r.Catalogue.Places(ctx, f, p)
}

func (r *reads) Menus(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Menu, string, error) {
	r.note("menus of", f.OwnerID)
	return r.Catalogue.Menus(ctx, f, p)
}

func (r *reads) Drinks(ctx context.Context, f booking.CatalogueFilter, p booking.Page) ([]booking.Drink, string, error) {
	r.note("drinks of", f.OwnerID)
	return r.Catalogue.Drinks(ctx, f, p)
}

func (r *reads) Drink(ctx context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error) {
	r.note("drink", id)
	return r.Catalogue.Drink(ctx, id)
}

// TestOffers_OfOneItem: for staff of one item that item is read, and no list of its owner's.
func TestOffers_OfOneItem(t *testing.T) {
	t.Parallel()
	catalogue := &reads{}
	s := newSite(t, func(d *web.Deps) { catalogue.Catalogue, d.Catalogue = d.Catalogue, catalogue })
	s.furnish()
	s.employ("cora", "bora", latte.ID)
	b := s.as("bora", booking.English)
	catalogue.seen = nil
	listed := func(path string) bool { return strings.Contains(b.get(path).text, "/desk/drinks/"+latte.ID) }
	require.True(t, listed("/desk/catalogue"))
	require.Equal(t, []string{"places of bora", "menus of bora", "drinks of bora", "drink " + latte.ID}, catalogue.seen)
	require.False(t, listed("/desk/catalogue?withdrawn=1"))
	_, err := s.catalogue.ChangeDrink(t.Context(), "", latte.ID, func(d *booking.Drink) error { d.Withdrawn = true; return nil })
	require.NoError(t, err)
	require.False(t, listed("/desk/catalogue"))
	require.True(t, listed("/desk/catalogue?withdrawn=1"))
}

// TestOffers_Smuggled: markup that owners write is shown as text.
func TestOffers_Smuggled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place, menu, drink := seaside, bibimbap, latte
	place.Name, menu.Name, drink.Name, menu.OwnerID, drink.OwnerID = bad, bad, bad, "bora", "bora"
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	require.NoError(t, s.catalogue.AddMenu(t.Context(), "", menu))
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", drink, 7))
	b := s.as("bora", booking.Korean)
	for _, got := range []shown{
		b.get("/desk/catalogue"), b.get("/desk/places/" + place.ID), b.get("/desk/menus/" + menu.ID), b.get("/desk/drinks/" + drink.ID),
		b.get("/desk/places/" + place.ID + "/stock?month=" + escape(bad)), b.post("/desk/menus/new", "name", bad, "price", bad, "owner", bad),
		b.post("/desk/places/"+place.ID+"/stock", "from", bad, "last", bad, "rooms", bad),
	} {
		require.NotContains(t, got.text, "<script>", got.url)
		require.NotContains(t, got.text, "<img", got.url)
		require.Contains(t, got.text, "&lt;script&gt;", got.url)
	}
}

// TestDeleteDrink: a drink is deleted by its own form.
func TestDeleteDrink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", latte, 7))
	b := s.as("cora", booking.English)
	path := "/desk/drinks/" + latte.ID
	require.Contains(t, b.get(path).text, `action="`+path+`/delete"`)
	require.Equal(t, "/desk/catalogue", b.post(path+"/delete").url.Path)
	require.Equal(t, []string{latte.ID}, s.book.deleted)
}

// TestOffers_Many: each list of the catalogue shows a part and leads to the rest of it; with the
// longest names, too, the page is of the size of a page.
func TestOffers_Many(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for n := range 30 {
		place, menu, drink := seaside, bibimbap, latte
		place.ID, menu.ID, drink.ID = fmt.Sprintf("place-%02d", n), fmt.Sprintf("menu-%02d", n), fmt.Sprintf("drink-%02d", n)
		place.OwnerID, place.Name, menu.Name, drink.Name = "cora", longName, longName, longName
		require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
		require.NoError(t, s.catalogue.AddMenu(t.Context(), "", menu))
		require.NoError(t, s.catalogue.AddDrink(t.Context(), "", drink, 7))
	}
	b := s.as("cora", booking.Korean)
	got := b.get("/desk/catalogue")
	requirePage(t, got, booking.Korean)
	var seen []string
	for _, shows := range []int{12, 12, 6} {
		drinks := links(got, "/desk/drinks/drink-")
		require.Len(t, drinks, shows)
		seen = append(seen, drinks...)
		if more := links(got, "/desk/catalogue?list=drink&amp;skip="); len(more) > 0 {
			got = b.get(unescape(more[0]))
			requirePage(t, got, booking.Korean)
			require.NotContains(t, got.text, "/desk/menus/")
		}
	}
	slices.Sort(seen)
	require.Len(t, slices.Compact(seen), 30)
}

// TestDrinks_PastDays: the list of a past day says so and shows no drink whose day has ended.
func TestDrinks_PastDays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as("alice", booking.English)
	for _, days := range []int{1, 2, 5} { // yesterday has passed at the café, but not everywhere
		ended := latte
		ended.ID, ended.Date = "drink-"+strconv.Itoa(days), seoulToday().AddDays(-days)
		require.NoError(t, s.catalogue.AddDrink(t.Context(), "", ended, 7))
		past := b.get("/drinks?date=" + ended.Date.String())
		require.Equal(t, http.StatusUnprocessableEntity, past.status)
		require.Contains(t, past.words(), "This day has passed.")
		require.NotContains(t, past.words(), "nothing to drink")
		require.Empty(t, links(past, "/drinks/"))
	}
	free := b.get("/drinks?date=" + arrival.String())
	require.Equal(t, http.StatusOK, free.status)
	require.Contains(t, free.words(), "nothing to drink")
}

// TestDrinks_OfOneDateElsewhere: of the drinks of one date, those are listed whose day has not
// ended in their time zone.
func TestDrinks_OfOneDateElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	east, west := latte, latte
	east.ID, east.TimeZone = "drink-east", "Pacific/Kiritimati"
	west.ID, west.TimeZone = "drink-west", "Etc/GMT+12" // 26 hours later
	zone, err := booking.Zone(west.TimeZone)
	require.NoError(t, err)
	east.Date = booking.DateOf(time.Now().In(zone))
	west.Date = east.Date
	for _, d := range []booking.Drink{east, west} {
		require.NoError(t, s.catalogue.AddDrink(t.Context(), "", d, 7))
	}
	for _, path := range []string{"/drinks?date=" + west.Date.String(), "/drinks"} {
		there := s.as("alice", booking.English).get(path)
		require.Equal(t, http.StatusOK, there.status)
		require.Equal(t, []string{"/drinks/" + west.ID}, links(there, "/drinks/"), path)
	}
}

// TestDrinks_SoonestFirst: the list begins with the drinks whose day ends first.
func TestDrinks_SoonestFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for id, ahead := range map[string]int{"drink-c": 3, "drink-a": 1, "drink-b": 2} {
		d := latte
		d.ID, d.Date = id, latte.Date.AddDays(ahead)
		require.NoError(t, s.catalogue.AddDrink(t.Context(), "", d, 7))
	}
	require.Equal(t, []string{"/drinks/drink-a", "/drinks/drink-b", "/drinks/drink-c"}, links(s.as("alice", booking.English).get("/drinks"), "/drinks/"))
	require.Equal(t, []string{"/desk/drinks/drink-a", "/desk/drinks/drink-b", "/desk/drinks/drink-c"},
		links(s.as("cora", booking.English).get("/desk/catalogue"), "/desk/drinks/drink-"))
}

// TestDrink_DayHasEnded: the page of a drink whose day has ended says so, and has no form.
func TestDrink_DayHasEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	past := latte
	past.ID, past.Date = "drink-past", booking.DateOf(now.UTC()).AddDays(-2)
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", past, 7))
	page := s.as("alice", booking.English).get("/drinks/" + past.ID)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.words(), "Its day has ended")
	require.NotContains(t, page.text, `name="quantity"`)
}
