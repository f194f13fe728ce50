package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

var (
	today    = booking.DateOf(now)
	arrival  = today.AddDays(10)
	leaving  = today.AddDays(12)
	ours     = booking.Money{Amount: 50000, Currency: "KRW"}
	oneDay   = booking.Duration(24 * 60 * 60 * 1e9)
	aPolicy  = booking.CancellationPolicy{Tiers: []booking.Tier{{Before: &oneDay, Percent: 50}}, Fee: 1000}
	seaside  = booking.Place{ID: "place-seaside", Name: "Seaside Inn", OwnerID: "bora", Price: ours, Confirmation: booking.Manual, TimeZone: "Asia/Seoul", CheckInTime: booking.Clock{Hour: 15}, CheckOutTime: booking.Clock{Hour: 11}, Cancellation: &aPolicy}
	bibimbap = booking.Menu{ID: "menu-bibimbap", Name: "Bibimbap", OwnerID: "cora", Price: booking.Money{Amount: 9000, Currency: "KRW"}}
	latte    = booking.Drink{ID: "drink-latte", Name: "Latte", OwnerID: "cora", Price: booking.Money{Amount: 4500, Currency: "KRW"}, Date: arrival, TimeZone: "Asia/Seoul"}
)

// Ids of orders, one per kind.
const (
	stayID = "lodging-06gzvfahhdv2qeq77vmrpjqcg8"
	foodID = "food-06gzvfahhdv2qeq77vmrpjqcg8"
	cafeID = "cafe-06gzvfahhdv2qeq77vmrpjqcg8"
	callID = "cleaning-06gzvfahhdv2qeq77vmrpjqcg8"
)

// furnish adds an item of each kind, and an order of each kind by alice.
func (s *site) furnish() {
	s.Helper()
	ctx := s.Context()
	require.NoError(s, s.catalogue.AddPlace(ctx, "", seaside))
	require.NoError(s, s.stock.SetCapacity(ctx, seaside.ID, today, today.AddDays(60), 3))
	require.NoError(s, s.catalogue.AddMenu(ctx, "", bibimbap))
	require.NoError(s, s.catalogue.AddDrink(ctx, "", latte, 7))
	require.NoError(s, s.stock.SetCapacity(ctx, latte.ID, latte.Date, latte.Date.AddDays(1), 7))
	for _, input := range everyKind("alice") {
		s.publish(input, acceptedStatus[input.View().Kind])
	}
}

// acceptedStatus has the statuses of accepted orders.
var acceptedStatus = map[booking.Kind]booking.Status{
	booking.Lodging: booking.Confirmed, booking.Food: booking.Delivering, booking.Cafe: booking.InProduction, booking.Cleaning: booking.Calling,
}

func everyKind(customer string) []contract.Input {
	stay := order(stayID, customer, 100000)
	stay.Cancellation = &aPolicy
	return []contract.Input{
		contract.Lodging{Order: stay, Place: seaside, CheckIn: arrival, CheckOut: leaving, Rooms: 1}.WithInstants(),
		contract.Food{Order: order(foodID, customer, 18000), Menu: bibimbap, Quantity: 2, Address: "12 Sejong-daero"},
		contract.Cafe{Order: order(cafeID, customer, 9000), Drink: latte, Quantity: 2}.WithInstants(),
		contract.Cleaning{Order: order(callID, customer, 30000), Tel: "+8221234567", Location: "12 Sejong-daero"},
	}
}

// everyPage lists the addresses of all pages of a customer.
func everyPage() []string {
	return []string{
		"/", "/rooms", "/rooms?checkIn=" + arrival.String() + "&checkOut=" + leaving.String() + "&rooms=2",
		"/rooms/place-seaside", "/meals", "/meals?shop=cora", "/meals/menu-bibimbap?quantity=2", "/drinks", "/drinks?date=" + arrival.String(),
		"/drinks/drink-latte", "/cleaning", "/orders", "/orders?kind=food", "/messages",
		"/orders/" + stayID, "/orders/" + foodID, "/orders/" + cafeID, "/orders/" + callID, "/orders/" + stayID + "/cancel",
		"/orders/" + stayID + "/change",
	}
}

// TestPages: every page in both languages is complete at once, within its size, and
// contains nothing that the content policy would forbid.
func TestPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	for _, l := range booking.Languages() {
		b := s.as("alice", l)
		for _, path := range everyPage() {
			got := b.get(path)
			require.Equal(t, http.StatusOK, got.status, path)
			require.Equal(t, "/"+strings.TrimPrefix(strings.SplitN(path, "?", 2)[0], "/"), got.url.Path)
			requirePage(t, got, l)
		}
	}
}

// requirePage checks the common parts of all pages.
func requirePage(t *testing.T, got shown, l booking.Language) {
	t.Helper()
	at := got.url.Path
	require.Equal(t, "text/html; charset=utf-8", got.header.Get("Content-Type"), at)
	require.Equal(t, string(l), got.header.Get("Content-Language"), at)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"), at)
	require.Equal(t, "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'", got.header.Get("Content-Security-Policy"), at)
	require.Less(t, len(got.text), 50_000, at)
	require.Contains(t, got.text, fmt.Sprintf(`<html lang="%s">`, l), at)
	for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(got.text, -1) {
		require.Contains(t, script, ` src="/static/yeyak.`, at)
	}
	require.NotRegexp(t, `<style|\sstyle=|\son[a-z]+=|javascript:`, got.text, at)
	require.Len(t, regexp.MustCompile(`<h1>`).FindAllString(got.text, -1), 1, at)
	require.Len(t, regexp.MustCompile(`rel="stylesheet"`).FindAllString(got.text, -1), 1, at)
	ids := regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(got.text, -1)
	seen := map[string]bool{}
	for _, id := range ids {
		require.False(t, seen[id[1]], "%s: two elements are %s", at, id[1])
		seen[id[1]] = true
	}
	for _, label := range regexp.MustCompile(`<label for="([^"]*)"`).FindAllStringSubmatch(got.text, -1) {
		require.True(t, seen[label[1]], "%s: no field %s", at, label[1])
	}
}

// TestPages_SwitchLanguage: the chosen language takes precedence over the browser's.
func TestPages_SwitchLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as("alice", booking.English)
	require.Contains(t, b.get("/orders").words(), "My orders")
	got := b.post("/language", "language", "ko", "back", "/orders?kind=food")
	require.Equal(t, "/orders?kind=food", got.url.RequestURI())
	require.Contains(t, got.words(), "내 주문")
	require.Contains(t, b.get("/orders").words(), "내 주문")
	require.Contains(t, b.post("/language", "language", "en", "back", "//evil.test").words(), "What would you like")
}

// TestPages_OfOthers: a thing that the person may not see is NotFound, and an action that
// they may never do is refused.
func TestPages_OfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	for path, status := range map[string]int{
		"/orders/" + stayID: http.StatusNotFound, "/orders/" + stayID + "/part": http.StatusNotFound, "/orders/" + stayID + "/live": http.StatusNotFound,
		"/orders/lodging-none": http.StatusNotFound, "/orders/<b>": http.StatusNotFound, "/rooms/none": http.StatusNotFound, "/meals/none": http.StatusNotFound,
		"/drinks/none": http.StatusNotFound, "/orders?cursor=guess": http.StatusUnprocessableEntity, "/static/none.css": http.StatusNotFound,
	} {
		require.Equal(t, status, s.as("minho", booking.English).get(path).status, path)
	}
	dana := s.as("dana", booking.Korean)
	refused := dana.get("/rooms")
	require.Equal(t, http.StatusForbidden, refused.status)
	require.Contains(t, refused.words(), "권한이 없습니다")
	require.NotContains(t, refused.text, `href="/rooms"`)
	require.Equal(t, http.StatusForbidden, dana.post("/cleaning", "tel", "02-123-4567", "location", "here").status)
	require.Equal(t, http.StatusNotFound, s.as("minho", booking.English).post("/orders/"+stayID+"/cancel").status)
	require.Empty(t, s.book.decided)
}

// TestPages_OtherSites: requests that a page of another site makes a browser send are
// refused.
func TestPages_OtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil.test"}} {
		b.header = header
		for _, path := range []string{"/cleaning", "/orders/" + stayID + "/cancel", "/logout", "/language"} {
			got := b.post(path)
			require.Equal(t, http.StatusForbidden, got.status, path)
			require.Contains(t, got.words(), "A page of another site sent this")
			require.NotEmpty(t, got.header.Get("Content-Security-Policy"))
		}
	}
	require.Empty(t, s.book.decided)
}

// TestPages_Elsewhere: an address that has no page, or only takes forms, answers with a page.
func TestPages_Elsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as("alice", booking.Korean)
	unknown := b.get("/orders/")
	require.Equal(t, http.StatusNotFound, unknown.status)
	require.Contains(t, unknown.words(), "없는 페이지이거나")
	require.Contains(t, unknown.text, `href="/messages"`, "the person's navigation")
	require.NotEmpty(t, unknown.header.Get("Content-Security-Policy"))
	forms := b.get("/logout")
	require.Equal(t, http.StatusMethodNotAllowed, forms.status)
	require.Contains(t, forms.words(), "양식을 보낼 때만")
}

// TestPages_LanguageOfAnAnswer: the language of an answer to a form is switched by the page
// that has the form.
func TestPages_LanguageOfAnAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	for from, back := range map[string]string{
		s.url + "/orders?kind=food": "/orders?kind=food", "": "/", "https://evil.test/orders": "/",
	} {
		b.header["Referer"] = from
		refused := b.post("/orders/" + foodID + "/decide/nothing")
		require.NotEqual(t, http.StatusOK, refused.status)
		require.Equal(t, back, refused.form(t, "/language").Get("back"), from)
	}
}

// TestPages_TooMany: a person that exceeds the limit of requests sees that, on each of
// their pages.
func TestPages_TooMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(d *web.Deps) { d.Admission = admission.New(admission.Limits{PerSecond: 1}, time.Second, nil) })
	b := s.as("alice", booking.English)
	for n := 0; b.get("/orders").status == http.StatusOK; n++ {
		require.Less(t, n, 1000)
	}
	for _, path := range []string{"/", "/orders", "/cleaning"} {
		got := b.get(path)
		require.Equal(t, http.StatusTooManyRequests, got.status, path)
		require.NotEmpty(t, got.header.Get("Retry-After"))
		require.Contains(t, got.words(), "too many requests")
	}
}

// TestStatic: the stylesheet and the script are cached for ever, by names that change with
// their content.
func TestStatic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(booking.English)
	text := b.get("/").text
	for _, kind := range []string{"css", "js", "svg"} {
		at := regexp.MustCompile(`/static/[a-z]+\.[0-9a-f]{12}\.` + kind).FindString(text)
		require.NotEmpty(t, at, kind)
		got := b.get(at)
		require.Equal(t, http.StatusOK, got.status)
		require.Equal(t, "public, max-age=31536000, immutable", got.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	}
}

// TestPages_Smuggled: markup that people write is shown as text.
func TestPages_Smuggled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place, menu, drink := seaside, bibimbap, latte
	place.Name, menu.Name, drink.Name = bad, bad, bad
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	require.NoError(t, s.stock.SetCapacity(t.Context(), place.ID, today, today.AddDays(60), 3))
	require.NoError(t, s.catalogue.AddMenu(t.Context(), "", menu))
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", drink, 7))
	views := []contract.View{}
	for _, input := range everyKind("alice") {
		v := input.View()
		v.Item.Name, v.Placed, v.Status = bad, true, acceptedStatus[v.Kind]
		v.History = append(v.History, contract.Entry{Status: v.Status, At: now, Note: bad, By: bad})
		if v.Delivery != nil {
			v.Delivery.Address = bad
		}
		if v.Cleaning != nil {
			v.Cleaning = &contract.Visit{Location: bad, Cleaner: &booking.Cleaner{ID: "kim", Name: bad}}
		}
		s.keep(v)
		views = append(views, v)
	}
	b := s.as("alice", booking.Korean)
	pages := everyPage()
	for _, field := range []string{"checkIn", "checkOut", "rooms", "quantity", "date", "cursor", "kind", "shop", "address"} {
		for _, path := range []string{"/rooms", "/rooms/place-seaside", "/meals", "/meals/menu-bibimbap", "/drinks", "/drinks/drink-latte", "/orders", "/login"} {
			pages = append(pages, path+"?"+field+"="+escape(bad))
		}
	}
	seen := 0
	for _, path := range pages {
		got := b.get(path)
		require.NotContains(t, got.text, "<script>", path)
		require.NotContains(t, got.text, "<img", path)
		require.NotContains(t, got.text, `"'`, path)
		if strings.Contains(got.text, "&lt;script&gt;") {
			seen++
		}
	}
	require.Greater(t, seen, len(views)+3)
	sent := b.post("/cleaning", "tel", bad, "location", bad, "offer", bad)
	require.Equal(t, http.StatusUnprocessableEntity, sent.status)
	require.NotContains(t, sent.text, "<script>")
	require.Contains(t, sent.text, "&lt;script&gt;")
}

// named gives every caller this name.
type named struct {
	web.Callers
	name string
}

func (n named) Caller(ctx context.Context, credential string) (booking.Caller, error) {
	caller, err := n.Callers.Caller(ctx, credential)
	caller.Name = n.name
	return caller, err
}

// TestPages_SmuggledByOthers: markup in the name of a person, in what the payment provider says
// of a card, in an order of today or that is changed, and in a finding is shown as text.
func TestPages_SmuggledByOthers(t *testing.T) {
	t.Parallel()
	kept := newWallet()
	kept.cards[0].Brand = bad
	s := newSite(t, func(d *web.Deps) { d.Callers, d.KeptMethods = named{d.Callers, bad}, kept })
	zone, err := booking.Zone("Asia/Seoul")
	require.NoError(t, err)
	inn, tea, day := seaside, latte, booking.DateOf(now.In(zone))
	inn.Name, tea.Name = bad, bad
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", inn))
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", tea, 7))
	s.publish(contract.Lodging{Order: order(stayID, "alice", 1000), Place: inn, CheckIn: day, CheckOut: day.AddDays(1), Rooms: 1}.WithInstants(), booking.Confirmed)
	s.publish(contract.Cafe{Order: order(cafeID, "alice", 9000), Drink: tea, Quantity: 2}.WithInstants(), booking.InProduction)
	_, _, err = s.audits.Request(t.Context(), "olga", now)
	require.NoError(t, err)
	run, ok, err := s.audits.Lease(t.Context(), now, now)
	require.NoError(t, err)
	require.True(t, ok)
	finding := audit.Finding{Kind: audit.Catalogue, Item: bad, Says: bad, Remedy: bad}
	require.NoError(t, s.audits.Done(t.Context(), run, audit.Report{Findings: []audit.Finding{finding}, NotJudged: 1, OneNotJudged: bad}, now))
	for _, c := range []struct {
		who, path string
		times     int // at least
	}{
		{"alice", "/cards", 2}, {"alice", "/orders/" + stayID + "/change", 2}, {"alice", "/orders/" + cafeID + "/change", 2},
		{"bora", "/desk/today", 2}, {"bora", "/desk/earnings?from=" + escape(bad), 2}, {"olga", "/desk/earnings?owner=" + escape(bad), 1},
		{"olga", "/desk?owner=" + escape(bad), 1}, {"olga", "/operator/audit", 3},
	} {
		got := s.as(c.who, booking.English).get(c.path)
		require.NotContains(t, got.text, "<script>", c.path)
		require.NotContains(t, got.text, "<img", c.path)
		require.NotContains(t, got.text, `"'`, c.path)
		require.GreaterOrEqual(t, strings.Count(got.text, "&lt;script&gt;"), c.times, c.path)
	}
}
