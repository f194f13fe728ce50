package e2e

import (
	"bufio"
	"errors"
	"html"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/devissuer"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/store"
)

// bootPages is a system with pages, with the accounts of an issuer like that of `yeyak
// dev`.
func bootPages(t *testing.T, change ...func(*app.Options)) *system {
	t.Helper()
	dir := t.TempDir()
	at, err := devissuer.Start(dir, issuer.Audience, log.Default())
	require.NoError(t, err)
	atEnd(t, at.Stop)
	s := boot(t, func(o *app.Options) {
		o.Config.Auth.Issuer, o.Config.Pages.Client = config.URL(at.URL()), devissuer.PagesClient
		runsAudits(o)
		for _, c := range change {
			c(o)
		}
	})
	s.token, err = devissuer.Token(t.Context(), dir, at.URL(), "olga")
	require.NoError(t, err)
	s.know(at.URL())
	return s
}

// know registers the accounts with their names as ids, as `yeyak dev` does; the other
// requests of tests use these ids.
func (s *system) know(issuer string) {
	s.Helper()
	db, err := store.Open(s.Context(), string(s.options.Config.Databases.Front), store.Options{})
	require.NoError(s, err)
	defer func() { require.NoError(s, db.Close()) }()
	for _, account := range devissuer.Accounts() {
		for _, kind := range []identity.Kind{identity.CustomerKind, identity.OwnerKind} {
			s.eventually(func() bool { // on a busy machine the database may not answer in time
				_, err := store.NewPeople(db).Add(s.Context(), identity.Person{Issuer: issuer, Subject: account.ID, Kind: kind}, account.ID)
				return err == nil
			})
		}
	}
}

// browser is a browser without scripts: links, forms and cookies.
type browser struct {
	*system
	client *http.Client
	at     *url.URL // of the page that it shows
	text   string
}

// browse logs the account in.
func (s *system) browse(account string) *browser {
	s.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s, err)
	b := &browser{system: s, client: &http.Client{Jar: jar, Timeout: hangLimit}}
	b.open(s.url + "/login")
	b.do(http.MethodPost, b.at.String(), url.Values{"account": {account}}, http.StatusOK)
	require.Equal(s, s.url+"/", b.at.String())
	return b
}

func (b *browser) open(address string) {
	b.Helper()
	b.do(http.MethodGet, address, nil, http.StatusOK)
}

func (b *browser) do(method, address string, form url.Values, status int) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(b, err)
	r.Header.Set("Accept-Language", "en")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := b.client.Do(r)
	require.NoError(b, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(b, err)
	require.Equal(b, status, answer.StatusCode, "%s %s: %s", method, address, text)
	b.at, b.text = answer.Request.URL, string(text)
}

// submit sends the page's form with the given action, with these fields filled in.
func (b *browser) submit(path string, status int, fields ...string) {
	b.Helper()
	found := regexp.MustCompile(`(?s)<form[^>]* method="post" action="` + regexp.QuoteMeta(path) + `"[^>]*>(.*?)</form>`).FindStringSubmatch(b.text)
	require.NotNil(b, found, "no form for %s: %s", path, b.text)
	form := url.Values{}
	for _, input := range regexp.MustCompile(`<input[^>]*>`).FindAllString(found[1], -1) {
		if name := inTag(input, "name"); inTag(input, "type") != "radio" || strings.Contains(input, " checked") {
			form.Set(name, inTag(input, "value"))
		}
	}
	for n := 0; n < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	b.do(http.MethodPost, b.url+path, form, status)
}

func inTag(tag, name string) string {
	found := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// follow opens the first link of the page with the prefix.
func (b *browser) follow(begins string) {
	b.Helper()
	found := regexp.MustCompile(`<a [^>]*href="(` + regexp.QuoteMeta(begins) + `[^"]*)"`).FindStringSubmatch(b.text)
	require.NotNil(b, found, "no link to %s: %s", begins, b.text)
	b.open(b.url + html.UnescapeString(found[1]))
}

// TestPages_OrderAndCancel: with links and forms alone a customer finds a room,
// reserves it, sees it confirmed, is shown the refund of a cancel, cancels, and sees
// everything undone. Meanwhile the page gets each change.
func TestPages_OrderAndCancel(t *testing.T) {
	t.Parallel()
	s := bootPages(t)
	place := s.place(2, object{"cancellation": object{"tiers": []object{{"before": "24h", "percent": 50}}, "fee": 1000}})
	b := s.browse("alice")
	b.open(s.url + "/rooms?rooms=1&checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String())
	b.follow("/rooms/" + place)
	path := b.at.Path
	b.submit(path, http.StatusConflict, "rooms", "2") // beside the price of one
	require.Contains(t, b.text, "The price has changed")
	require.Equal(t, []int{2, 2}, s.remaining(place))
	b.submit(path, http.StatusOK)
	require.True(t, strings.HasPrefix(b.at.Path, "/orders/lodging-"), b.at)
	require.Contains(t, b.text, ">confirmed<")
	require.Equal(t, []int{0, 0}, s.remaining(place))
	order := strings.TrimPrefix(b.at.Path, "/orders/")

	live := b.liveVersions(order)
	first := live()
	b.follow("/orders/" + order + "/cancel")
	require.Contains(t, b.text, "₩99,000 back")
	b.submit(b.at.Path, http.StatusOK, "reason", "Change of plans <b>")
	require.Equal(t, "/orders/"+order, b.at.Path)
	require.Contains(t, b.text, ">cancelled<")
	require.Contains(t, b.text, "₩99,000 was refunded")
	require.Contains(t, b.text, "Change of plans &lt;b&gt;")
	require.Equal(t, []int{2, 2}, s.remaining(place))
	require.Greater(t, live(), first)
	_, amount, refunded := s.payment(order)
	require.Equal(t, []int64{200000, 99000}, []int64{amount, refunded})
	b.open(s.url + "/orders")
	b.follow("/orders/" + order)
	b.refusedWithPages()
}

// refusedWithPages: what is refused before any page is reached is a page, too.
func (b *browser) refusedWithPages() {
	b.Helper()
	for _, c := range []struct {
		method, path, body, site, says string
		status                         int
	}{
		{http.MethodGet, "/orders/", "", "", "There is nothing here", http.StatusNotFound},
		{http.MethodGet, "/logout", "", "", "only takes forms", http.StatusMethodNotAllowed},
		{http.MethodPost, "/cleaning", "location=here", "cross-site", "A page of another site sent this", http.StatusForbidden},
		{http.MethodPost, "/cleaning", "location=" + strings.Repeat("x", 64<<10), "same-origin", "The form is too long", http.StatusRequestEntityTooLarge},
	} {
		r, err := http.NewRequestWithContext(b.Context(), c.method, b.url+c.path, strings.NewReader(c.body))
		require.NoError(b, err)
		for name, value := range map[string]string{
			"Accept": "text/html", "Accept-Language": "en", "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": c.site,
		} {
			r.Header.Set(name, value)
		}
		answer, err := b.client.Do(r)
		require.NoError(b, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(b, errors.Join(err, answer.Body.Close()))
		require.Equal(b, c.status, answer.StatusCode, "%s: %s", c.path, text)
		require.Contains(b, string(text), c.says)
	}
}

// liveVersions returns the versions that the order's page gets.
func (b *browser) liveVersions(order string) (next func() int64) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.url+"/orders/"+order+"/live", nil)
	require.NoError(b, err)
	answer, err := b.client.Do(r)
	require.NoError(b, err)
	atEnd(b, func() { answer.Body.Close() })
	require.Equal(b, http.StatusOK, answer.StatusCode)
	lines := bufio.NewScanner(answer.Body)
	return func() int64 {
		for lines.Scan() {
			if version, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				n, err := strconv.ParseInt(version, 10, 64)
				require.NoError(b, err)
				return n
			}
		}
		require.Fail(b, "the page gets no further event")
		return 0
	}
}

// TestPages_Declined: an order with a declined payment shows that, and holds nothing.
func TestPages_Declined(t *testing.T) {
	t.Parallel()
	s := bootPages(t)
	place := s.place(1)
	b := s.browse("minho")
	b.open(s.url + "/rooms/" + place + "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String())
	b.submit(b.at.Path, http.StatusOK, "method", "pm_card_chargeDeclined")
	require.True(t, strings.HasPrefix(b.at.Path, "/orders/lodging-"), b.at)
	require.Contains(t, b.text, booking.PaymentDeclined.Label(booking.English))
	require.Equal(t, []int{1, 1}, s.remaining(place))
}

// TestPages_EachBusiness: a meal, a drink and a cleaner are ordered with forms alone.
func TestPages_EachBusiness(t *testing.T) {
	t.Parallel()
	s := bootPages(t)
	s.post("/v1/food/menus", object{"name": "Bibimbap", "ownerId": "cora", "price": object{"amount": 9000, "currency": "KRW"}}).with(s, http.StatusCreated)
	s.post("/v1/cafe/menus", object{
		"name": "Latte", "ownerId": "cora", "price": object{"amount": 4500, "currency": "KRW"}, "date": inDays(1), "count": 3,
	}).with(s, http.StatusCreated)
	b := s.browse("alice")
	for _, c := range []struct {
		list, thing string
		fields      []string
		kind        booking.Kind
	}{
		{"/meals", "/meals/menu-", []string{"address", "12 Sejong-daero"}, booking.Food},
		{"/drinks", "/drinks/drink-", nil, booking.Cafe},
		{"/", "/cleaning", []string{"tel", "02-123-4567", "location", "12 Sejong-daero"}, booking.Cleaning},
	} {
		b.open(s.url + c.list)
		b.follow(c.thing)
		b.submit(b.at.Path, http.StatusOK, c.fields...)
		require.True(t, strings.HasPrefix(b.at.Path, "/orders/"+string(c.kind)+"-"), b.at)
		b.follow(b.at.Path + "/cancel")
		b.submit(b.at.Path, http.StatusOK)
		require.Contains(t, b.text, ">cancelled<")
	}
}
