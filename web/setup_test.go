package web_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devissuer"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/internal/telephones"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

// now is the time of these tests, close to that of the tokens.
var now = time.Now()

// site is the pages over a socket, with real stores on SQLite, a real issuer, and orders
// whose sagas the test plays.
type site struct {
	*testing.T
	url        string
	server     *httptest.Server
	issuer     *devissuer.Issuer
	catalogue  *store.Catalogue
	stock      *store.Inventory
	payments   *store.Payments
	messages   *store.Notifications
	rows       *store.Mypage
	hub        *orders.Hub
	book       *book
	deliveries *store.Jobs
	crew       *store.Crew
	members    *store.Members
	audits     *store.Audits
	actions    *store.Actions
	bulk       *store.Bulk
}

// book is orders without an engine: preparing and reading are real.
type book struct {
	*orders.Orders
	rows *store.Mypage

	prepared  func(orders.Placement) // is called with each; nil for none
	mu        sync.Mutex
	placed    []string
	decided   []orders.Decision
	deleted   []string // drinks
	place     func(orders.Attempt) (orders.Outcome, error)
	decide    func(orders.Decision) (orders.Outcome, error)
	changed   []orders.Change
	quote     func(contract.View, orders.Change) (orders.ChangeQuote, error)
	change    func(orders.Change) (orders.Outcome, error)
	refilled  []orders.QuantityChange
	quoteCups func(contract.View, orders.QuantityChange) (orders.QuantityQuote, error)
	returns   func(id string, back booking.PaymentReturn) (orders.Outcome, error)
	refund    func(context.Context, orders.Refund) (orders.Refunded, error)

	lost    bool
	settled []string
	waits   []orders.WaitingStep
	retried []booking.Personal
	resolve func(evidence booking.Personal) (orders.Outcome, error)
}

func (b *book) Read(ctx context.Context, caller booking.Caller, _ booking.Kind, id string) (contract.View, error) {
	view, err := b.rows.View(ctx, id)
	if err == nil {
		err = caller.Authorize(booking.ReadOrder, view.Thing())
	}
	return view, err
}

func (b *book) ReadSeen(ctx context.Context, caller booking.Caller, s orders.Seen) (contract.View, error) {
	return b.Read(ctx, caller, "", s.OrderID)
}

func (b *book) Prepare(ctx context.Context, caller booking.Caller, p orders.Placement) (orders.Attempt, error) {
	if b.prepared != nil {
		b.prepared(p)
	}
	return b.Orders.Prepare(ctx, caller, p)
}

func (b *book) Place(_ context.Context, a orders.Attempt) (orders.Outcome, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.placed = append(b.placed, a.OrderID)
	return b.place(a)
}

func (b *book) Decide(ctx context.Context, caller booking.Caller, d orders.Decision) (orders.Outcome, error) {
	view, err := b.rows.View(ctx, d.OrderID)
	if err == nil {
		err = caller.Authorize(d.Action(), view.Thing())
	}
	if err != nil {
		return orders.Outcome{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.decided = append(b.decided, d)
	return b.decide(d)
}

func newSite(t *testing.T, change ...func(*web.Deps)) *site {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(dir, "pages.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, service := range []string{"catalogue", "inventory", "payments", "notifications", "mypage", "fulfilment"} {
		_, err = store.Migrate(t.Context(), db, service)
		require.NoError(t, err)
	}
	issuer, err := devissuer.Start(dir, "yeyak", log.Default())
	require.NoError(t, err)
	t.Cleanup(issuer.Stop)

	s := &site{
		T: t, issuer: issuer, catalogue: store.NewCatalogue(db), stock: store.NewInventory(db), payments: store.NewPayments(db),
		messages: store.NewNotifications(db), rows: store.NewMypage(db), hub: &orders.Hub{},
	}
	s.deliveries, s.crew, s.members = store.NewDeliveries(db), store.NewCrew(db), store.NewMembers(db)
	s.audits, s.actions = store.NewAudits(db), store.NewActions(db)
	s.bulk = store.NewBulk(db)
	people := store.NewPeople(db)
	for _, account := range devissuer.Accounts() {
		for _, kind := range []identity.Kind{identity.CustomerKind, identity.OwnerKind} {
			_, err := people.Add(t.Context(), identity.Person{Issuer: issuer.URL(), Subject: account.ID, Kind: kind}, account.ID)
			require.NoError(t, err)
		}
	}
	s.book = &book{rows: s.rows}
	s.book.Orders = orders.New(orders.Deps{
		Hub: s.hub, Pages: s.rows, Catalogue: s.catalogue, Ledger: s.payments, Actions: s.actions, Bulk: s.bulk, Settler: settlements{s.book}, ReplyBudget: time.Second,
	})
	deps := web.Deps{
		Orders: s.book, Hub: s.hub, Catalogue: s.catalogue, Stock: s.stock, Payments: s.payments, Messages: s.messages,
		Callers: identity.New(identity.Options{
			Tokens: identity.NewVerifier(identity.VerifierOptions{Issuer: issuer.URL(), Audience: "yeyak"}), People: people, Keys: store.NewKeys(db),
		}),
		Deliveries: s.deliveries, Cleaners: s.crew, Members: s.members, Audits: s.audits, Actions: s.actions, Bulk: s.bulk, Terms: payments.Terms{},
		Issuer: issuer.URL(), Client: devissuer.PagesClient, Audience: "yeyak",
		SessionKey: key(db, "sessions"), HashKey: key(db, "request-hashes"), TestPayments: true,
		Log:       zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel)),
		Telephone: func(text string) (booking.Personal, bool) { return telephones.Read(text, "KR") },
	}
	for _, f := range change {
		f(&deps)
	}
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.HandleMethodNotAllowed, router.RedirectTrailingSlash = true, false // as in the API
	pages := web.New(deps)
	pages.Mount(router)
	router.NoRoute(func(c *gin.Context) { pages.Refuse(c, http.StatusNotFound, booking.NotFound) })
	router.NoMethod(func(c *gin.Context) { pages.Refuse(c, http.StatusMethodNotAllowed, "method_not_allowed") })
	s.server = httptest.NewServer(router)
	t.Cleanup(s.server.Close)
	s.url = s.server.URL
	return s
}

func key(db *store.DB, name string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) { return store.NewSecrets(db).Secret(ctx, name) }
}

// browser is a browser without scripts: cookies, links and forms.
type browser struct {
	*testing.T
	site   *site
	client *http.Client
	header map[string]string
}

func (s *site) browser(language booking.Language) *browser {
	s.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s, err)
	return &browser{s.T, s, &http.Client{Jar: jar}, map[string]string{"Accept-Language": string(language)}}
}

// as is a browser in which the account has logged in.
func (s *site) as(account string, language booking.Language) *browser {
	s.Helper()
	b := s.browser(language)
	shown := b.get("/login")
	require.Equal(s, http.StatusOK, shown.status)
	id := field(s.T, shown.text, "id")
	home := b.send(http.MethodPost, shown.url.Scheme+"://"+shown.url.Host+"/login", url.Values{"id": {id}, "account": {account}})
	require.Equal(s, http.StatusOK, home.status, home.text)
	require.Equal(s, "/", home.url.Path)
	return b
}

// shown is what a browser shows after all redirects.
type shown struct {
	status int
	text   string
	url    *url.URL
	header http.Header
}

func (b *browser) get(path string) shown { return b.send(http.MethodGet, b.site.url+path, nil) }

func (b *browser) post(path string, fields ...string) shown {
	form := url.Values{}
	for n := 0; n < len(fields); n += 2 {
		form.Add(fields[n], fields[n+1])
	}
	return b.send(http.MethodPost, b.site.url+path, form)
}

func (b *browser) send(method, target string, form url.Values) shown {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, target, strings.NewReader(form.Encode()))
	require.NoError(b, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.header {
		r.Header.Set(name, value)
	}
	answer, err := b.client.Do(r)
	require.NoError(b, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(b, err)
	return shown{answer.StatusCode, string(text), answer.Request.URL, answer.Header}
}

// form is the page's form for the action, with its fields as they are.
func (p shown) form(t *testing.T, action string) url.Values {
	t.Helper()
	found := regexp.MustCompile(`(?s)<form[^>]* method="post" action="` + regexp.QuoteMeta(action) + `"[^>]*>(.*?)</form>`).FindStringSubmatch(p.text)
	require.NotNil(t, found, "no form for %s in %s", action, p.text)
	fields := url.Values{}
	for _, input := range regexp.MustCompile(`<input[^>]*>`).FindAllString(found[1], -1) {
		choice := slices.Contains([]string{"radio", "checkbox"}, attribute(input, "type"))
		if name := attribute(input, "name"); name != "" && (!choice || strings.Contains(input, " checked")) {
			fields.Add(name, attribute(input, "value"))
		}
	}
	return fields
}

func attribute(tag, name string) string {
	found := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return unescaped.Replace(found[1])
}

var unescaped = strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">")

// field is the value of the field of a form.
func field(t *testing.T, text, name string) string {
	t.Helper()
	for _, input := range regexp.MustCompile(`<input[^>]*>`).FindAllString(text, -1) {
		if attribute(input, "name") == name {
			return attribute(input, "value")
		}
	}
	require.Fail(t, "no field "+name, text)
	return ""
}

// words is the text of a page without its markup.
func (p shown) words() string {
	text := regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(p.text, "")
	text = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " ")
	return strings.Join(strings.Fields(unescaped.Replace(text)), " ")
}

// publish stores an order of alice's whose saga has reached the last of the statuses.
func (s *site) publish(input contract.Input, statuses ...booking.Status) contract.View {
	s.Helper()
	view := input.View()
	for _, status := range statuses {
		view.Status = status
		view.Placed = view.Placed || !slices.Contains([]booking.Status{booking.Received, booking.PaymentPending}, status)
		view.Version++
		view.History = append(view.History, contract.Entry{Status: status, At: now.Add(time.Duration(len(view.History)) * time.Second)})
	}
	s.keep(view)
	return view
}

func (s *site) keep(view contract.View) {
	s.Helper()
	p := contract.Publication{View: view}
	require.NoError(s, s.rows.Publish(s.Context(), p))
	s.hub.Wake(p)
}

// order is the common part of a customer's orders.
func order(id, customer string, amount int64) contract.Order {
	return contract.Order{OrderID: id, CustomerID: customer, Amount: booking.Money{Amount: amount, Currency: "KRW"}, PlacedAt: now, PaymentMethod: "pm_card_visa"}
}

func escape(text string) string { return url.QueryEscape(text) }

func unescape(text string) string { return unescaped.Replace(text) }

// links lists the addresses of links in a page with this prefix.
func links(p shown, begins string) (found []string) {
	for _, l := range regexp.MustCompile(`<a [^>]*href="([^"]*)"`).FindAllStringSubmatch(p.text, -1) {
		if strings.HasPrefix(l[1], begins) {
			found = append(found, l[1])
		}
	}
	return found
}
