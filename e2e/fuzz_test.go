package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/rig/seed"
)

var requests = flag.Int("requests", 500, "how many requests TestAnyRequest makes of each database")

// clients is the number of concurrent clients.
const clients = 8

// TestAnyRequest: requests made from the OpenAPI document, valid, nearly valid and
// hostile, are sent over real sockets. No answer is 5xx except 503 with Retry-After,
// every refusal is a problem, and when all orders are stable the audit finds nothing.
// YEYAK_SEED repeats a run's choices; ids and interleaving depend on the machine.
//
// Requests that are not HTTP are not sent: Go's server answers them itself.
func TestAnyRequest(t *testing.T) { // not parallel: it is a load for others
	seed := seed.Of(t, "requests")
	for name, change := range map[string]func(*app.Options){"PostgreSQL": func(*app.Options) {}, "SQLite": onSQLite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fuzzer{
				audited: bootAudited(t, change, func(o *app.Options) { o.Config.Orders.ReplyBudget = 2 * time.Second }),
				known:   newKnown(), seed: seed, answered: map[string]map[int]int{},
				client: &http.Client{
					Timeout:       hangLimit,
					Transport:     &http.Transport{MaxIdleConnsPerHost: clients, IdleConnTimeout: 2 * time.Second},
					CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
				},
			}
			f.operations = f.readOperations()
			f.begin()
			f.run(*requests)
			f.requireReached(*requests)
			f.requireStable()
			f.requireClean()
		})
	}
}

// fuzzer is a system and its random clients.
type fuzzer struct {
	*audited
	*known
	seed       uint64
	client     *http.Client
	operations []*operation

	mu       sync.Mutex
	answered map[string]map[int]int // how often, by operation and status
	faults   int
}

// begin places an order of each kind, so that every random request finds one.
func (f *fuzzer) begin() {
	f.Helper()
	for _, place := range f.placers() {
		f.learn("", place().raw)
	}
}

// run makes n requests.
func (f *fuzzer) run(n int) {
	var all sync.WaitGroup
	for client := range uint64(clients) {
		random := rand.New(rand.NewPCG(f.seed, client))
		all.Go(func() {
			for range n / clients {
				f.check(newComposer(random, f.known).compose(f.operations))
			}
		})
	}
	all.Wait()
}

// faultsShown is how many faults a run reports: one fault usually occurs often.
const faultsShown = 20

// check sends a request and reports an answer that must not be.
func (f *fuzzer) check(r *request) {
	status, wrong := f.exchange(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answered[r.operation.ID] == nil {
		f.answered[r.operation.ID] = map[int]int{}
	}
	f.answered[r.operation.ID][status]++
	if wrong == nil {
		return
	}
	if f.faults++; f.faults <= faultsShown {
		f.Errorf("%s\n%v\nlogged: %v", r, wrong, f.logged(r))
	}
}

// logged are the log lines about the request's order, and the last error.
func (f *fuzzer) logged(r *request) (lines []string) {
	for _, entry := range f.log.All() {
		line := fmt.Sprint(entry.Time.Format(time.StampMilli), " ", entry.Message, " ", entry.ContextMap())
		for _, id := range r.path {
			if strings.Contains(line, id) {
				lines = append(lines, line)
			}
		}
	}
	if errs := f.log.FilterLevelExact(zap.ErrorLevel).All(); len(errs) > 0 {
		lines = append(lines, fmt.Sprint(errs[len(errs)-1].Message, " ", errs[len(errs)-1].ContextMap()))
	}
	return lines
}

func (f *fuzzer) exchange(r *request) (status int, wrong error) {
	sent, err := r.build(f.Context(), f.url)
	if err != nil {
		return 0, err
	}
	f.present(sent)
	resp, err := f.client.Do(sent)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp.StatusCode, nil // it has no end
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode < 300 {
		f.learn(r.operation.Path, text)
	}
	return resp.StatusCode, checkAnswer(r, resp, text)
}

// checkAnswer finds what must not be in an answer to any request.
func checkAnswer(r *request, resp *http.Response, text []byte) error {
	var p struct {
		Status int          `json:"status"`
		Code   booking.Code `json:"code"`
		Title  string       `json:"title"`
		Type   string       `json:"type"`
	}
	switch status := resp.StatusCode; {
	case status == http.StatusNotImplemented && r.operation.ID == takesNotices: // no secret is configured
		return nil
	case status >= 500 && (status != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == ""):
		return fmt.Errorf("%d: %s", status, text)
	case status < 300 && len(text) > 0 && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") && !json.Valid(text):
		return fmt.Errorf("%d is not JSON: %s", status, text)
	case status < 300:
		return nil
	case resp.Header.Get("Content-Type") != "application/problem+json":
		return fmt.Errorf("%d is no problem but %s: %s", status, resp.Header.Get("Content-Type"), text)
	case r.method == http.MethodHead:
		return nil
	case json.Unmarshal(text, &p) != nil || p.Code == "" || p.Title == "" || p.Type == "" || p.Status != status:
		return fmt.Errorf("%d is no whole problem: %s", status, text)
	default:
		return nil
	}
}

// takesNotices is the operation for the payment provider's signed notices.
const takesNotices = "take-payment-notice"

// enough is the number of requests after which every operation must have succeeded.
const enough = 10_000

// requireReached requires that some requests succeeded, that some were refused and,
// after enough of them, that every operation succeeded.
func (f *fuzzer) requireReached(n int) {
	f.Helper()
	require.Zero(f, f.faults, "faults in all")
	var never []string
	total := map[int]int{}
	for _, op := range f.operations {
		done := false
		for status, n := range f.answered[op.ID] {
			total[status] += n
			done = done || status >= 200 && status < 300
		}
		if !done && op.ID != "complete-lodging" && op.ID != "no-show-lodging" && op.ID != takesNotices { // no check-in has come yet
			never = append(never, op.ID)
		}
	}
	f.Logf("answers by status: %v", total)
	f.Logf("answers by operation: %v", f.answered)
	if n >= enough {
		require.Empty(f, never, "operations that were never carried out")
	}
	require.NotZero(f, total[http.StatusCreated])
	require.NotZero(f, total[http.StatusUnprocessableEntity])
}

// requireStable waits until no order is in progress.
func (f *fuzzer) requireStable() {
	f.Helper()
	inProgress := []booking.Status{booking.Received, booking.PaymentPending, booking.Paid, booking.Cancelling}
	for _, kind := range booking.Kinds() {
		for _, order := range f.all(string(kind)) {
			f.eventually(func() bool {
				a := f.get("/v1/mypages/" + order)
				return a.status == http.StatusOK && !slices.Contains(inProgress, a.body.Status)
			})
		}
	}
}

// readOperations reads the operations of the served document.
func (f *fuzzer) readOperations() (all []*operation) {
	f.Helper()
	var doc document
	require.NoError(f, json.Unmarshal(f.get("/openapi.json").with(f, http.StatusOK).raw, &doc))
	for path, methods := range doc.Paths {
		for method, op := range methods {
			op.Method, op.Path, op.doc = strings.ToUpper(method), path, &doc
			all = append(all, op)
		}
	}
	require.NotEmpty(f, all)
	slices.SortFunc(all, func(a, b *operation) int { return strings.Compare(a.ID, b.ID) })
	return all
}
