package marketing

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

func TestMain(m *testing.M) {
	if encoded := os.Getenv(mortalVariable); encoded != "" {
		os.Exit(liveMortally(encoded))
	}
	pgtest.Main(m)
}

// eachDatabase runs a test on a fresh database of both kinds.
func eachDatabase(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite://"+filepath.Join(t.TempDir(), "marketing.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.New(t))
	})
}

// openStore opens a store of one test, with its tables.
func openStore(t *testing.T, databaseURL string) *store {
	t.Helper()
	where, err := Settings{DatabaseURL: databaseURL}.database()
	require.NoError(t, err)
	s, err := where.open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	require.NoError(t, s.prepare(t.Context()))
	return s
}

const pollEvery = 10 * time.Millisecond

// start runs the service until the test ends, or until stop.
func start(t *testing.T, f *fakeFeed, databaseURL string, log *zap.Logger) *running {
	t.Helper()
	s, err := Start(t.Context(), Settings{Listen: "127.0.0.1:0", Feed: f.URL, DatabaseURL: databaseURL, PollEvery: pollEvery}, log)
	require.NoError(t, err)
	r := &running{T: t, Service: s}
	t.Cleanup(r.stop)
	return r
}

type running struct {
	*testing.T
	*Service
	once sync.Once
}

func (r *running) stop() {
	r.once.Do(func() { require.NoError(r, r.Stop(r.Context())) })
}

type answer struct {
	status int
	header http.Header
	raw    string
	body   struct {
		problem
		CustomerID  string           `json:"customerId"`
		Items       []recommendation `json:"items"`
		Cursor      string           `json:"cursor"`
		CaughtUp    bool             `json:"caughtUp"`
		LastEventAt *time.Time       `json:"lastEventAt"`
	}
}

func (r *running) request(method, path string) answer {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), method, "http://"+r.Address()+path, http.NoBody)
	require.NoError(r, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(r, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(r, err)
	a := answer{status: response.StatusCode, header: response.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // other content is read from raw
	return a
}

func (r *running) get(path string) answer {
	r.Helper()
	return r.request(http.MethodGet, path)
}

// recommended are the items for a customer as "why item customers".
func (r *running) recommended(customer string) []string {
	r.Helper()
	a := r.get("/recommendations/" + url.PathEscape(customer))
	require.Equal(r, http.StatusOK, a.status, a.raw)
	return inShort(a.body.Items)
}

func inShort(items []recommendation) (all []string) {
	for _, i := range items {
		all = append(all, fmt.Sprintf("%s %s %d", i.Because, i.Item.ID, i.Customers))
	}
	return all
}

// requireCaughtUp waits until the whole feed is processed.
func (r *running) requireCaughtUp(f *fakeFeed) {
	r.Helper()
	eventually(r.T, func() bool {
		a := r.get("/readyz")
		return a.status == http.StatusOK && a.body.CaughtUp && a.body.Cursor == f.end()
	})
}

// eventually runs in the test's own goroutine, so that a requirement in the condition
// may end the test.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(waitLimit); !condition(); time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "not seen within %v", waitLimit)
	}
}

const waitLimit = 2 * time.Minute

// fakeFeed is the API as far as this service uses it.
type fakeFeed struct {
	*httptest.Server
	sync.Mutex
	events    []string
	requested []string // the requested cursors
	// instead answers instead of the feed, while it is set.
	instead http.HandlerFunc
	// serves is called before each page is sent: a client has all of a page before its
	// request has ended.
	serves func()
}

func newFakeFeed(t *testing.T, events ...string) *fakeFeed {
	f := &fakeFeed{events: events}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeFeed) add(events ...string) {
	f.Lock()
	defer f.Unlock()
	f.events = append(f.events, events...)
}

func (f *fakeFeed) answers(instead http.HandlerFunc) {
	f.Lock()
	defer f.Unlock()
	f.instead = instead
}

func (f *fakeFeed) end() string {
	f.Lock()
	defer f.Unlock()
	return cursorAt(len(f.events))
}

func (f *fakeFeed) questions() []string {
	f.Lock()
	defer f.Unlock()
	return append([]string(nil), f.requested...)
}

// Only the feed knows what its cursors mean: these count events.
func cursorAt(n int) string {
	if n == 0 {
		return ""
	}
	return "+/" + strconv.Itoa(n) + "=="
}

func positionOf(cursor string) int {
	n, _ := strconv.Atoi(strings.Trim(cursor, "+/="))
	return n
}

func (f *fakeFeed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.Lock()
	defer f.Unlock()
	if f.instead != nil {
		f.instead(w, r)
		return
	}
	after := r.URL.Query().Get("after")
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if r.Method != http.MethodGet || r.URL.Path != "/v1/events" || err != nil || limit > 200 {
		http.Error(w, "this is no request of the feed", http.StatusUnprocessableEntity)
		return
	}
	f.requested = append(f.requested, after)
	from := positionOf(after)
	to := min(from+limit, len(f.events))
	w.Header().Set("Content-Type", "application/json")
	next, _ := json.Marshal(cursorAt(to))
	page := fmt.Sprintf(`{"items":[%s],"next":%s}`, strings.Join(f.events[from:to], ","), next)
	if f.serves != nil {
		f.serves()
	}
	_, _ = io.WriteString(w, page)
}

var firstTime = time.Date(2026, 11, 24, 1, 38, 28, 914974000, time.UTC)

// cloudEvent is an event in the feed's format.
func cloudEvent(eventType, order, customer, kind, itemID, itemName string, at time.Time) string {
	raw, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": order + "/" + eventType, "source": "/yeyak/" + kind, "type": eventType,
		"subject": order, "time": at, "datacontenttype": "application/json",
		"data": map[string]any{
			"kind": kind, "customerId": customer, "ownerId": "bora", "item": map[string]any{"id": itemID, "name": itemName},
			"quantity": 1, "amount": map[string]any{"amount": 50000, "currency": "KRW"}, "status": "paid", "reason": "",
		},
	})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// placed is the event of a reservation that was accepted.
func placed(order, customer, item string) string {
	return cloudEvent("ReservationPlaced", order, customer, "lodging", item, "Name of "+item, firstTime)
}

// cancelled is the event of one that was cancelled.
func cancelled(order, customer, item string) string {
	return cloudEvent("ReservationCanceled", order, customer, "lodging", item, "Name of "+item, firstTime)
}
