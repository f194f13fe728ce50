package api

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
)

// gate blocks its callers until it is opened.
type gate struct{ came, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}, 1000), make(chan struct{})} }

func (g gate) wait() {
	g.came <- struct{}{}
	<-g.open
}

// gated is a store with gates at the writes of menus and the reads of messages.
type gated struct {
	*memory
	writes, reads gate
}

func (g gated) AddMenu(_ context.Context, _ string, m booking.Menu) error {
	g.writes.wait()
	if strings.HasPrefix(m.Name, "panic") {
		panic(m.Name)
	}
	return nil
}

func (g gated) Messages(ctx context.Context, recipient string, p booking.Page) ([]booking.Message, string, error) {
	g.reads.wait()
	return nil, "", nil
}

// busy is an API with two slots for writes, one for reads, and a queue of one for each.
// Queues have no time limit unless the test sets one.
func busy(t *testing.T, change ...func(*testDeps)) (*bundle, gated) {
	t.Helper()
	g := gated{newMemory(), newGate(), newGate()}
	registry := prometheus.NewPedanticRegistry()
	b := setup(t, append([]func(*testDeps){func(d *testDeps) {
		d.Catalogue, d.Messages = g, g
		d.Limits = admission.Limits{MaxWrites: 2, MaxReads: 1, MaxWaiting: 1, MaxWait: 5 * time.Minute, MaxStreams: 1}
		d.Registry, d.Metrics = registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
	}}, change...)...)
	return b, g
}

func (b *bundle) write() answer { return b.do("POST", menusPath, menuNamed("Bibimbap")) }
func (b *bundle) read() answer  { return b.do("GET", "/v1/messages?recipientId=alice", "") }

func menuNamed(name string) string {
	return `{"name":"` + name + `","ownerId":"sara","price":{"amount":9000,"currency":"KRW"}}`
}

// begin sends n requests, and returns a channel of their answers.
func begin(n int, send func() answer) <-chan answer {
	answers := make(chan answer, n)
	for range n {
		go func() { answers <- send() }()
	}
	return answers
}

// arrived waits until n callers are at the gate.
func (g gate) arrived(n int) {
	for range n {
		<-g.came
	}
}

// metric is the value of a metric; name may include labels.
func (b *bundle) metric(name string) int {
	b.t.Helper()
	for line := range strings.Lines(b.do("GET", "/metrics", "").text) {
		if text, found := strings.CutPrefix(line, name+" "); found {
			value, err := strconv.Atoi(strings.TrimSpace(text))
			require.NoError(b.t, err)
			return value
		}
	}
	require.Fail(b.t, "nothing is measured under "+name)
	return 0
}

// measuredRate is the measured number of writes per second, NaN while it is not known.
func (b *bundle) measuredRate() float64 {
	b.t.Helper()
	for line := range strings.Lines(b.do("GET", "/metrics", "").text) {
		if text, found := strings.CutPrefix(line, `yeyak_http_requests_rate{budget="writes"} `); found {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			require.NoError(b.t, err)
			return value
		}
	}
	require.Fail(b.t, "the rate is not measured")
	return 0
}

// comesTo waits until a metric has a value.
func (b *bundle) comesTo(want int, name string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.metric(name) == want }, time.Minute, time.Millisecond, name)
}

const (
	writesWaiting = `yeyak_http_requests_waiting{budget="writes"}`
	readsWaiting  = `yeyak_http_requests_waiting{budget="reads"}`
)

func (b *bundle) shed(a answer) {
	b.t.Helper()
	b.problem(a, 503, admission.Overloaded)
	require.Regexp(b.t, "^[1-4]$", a.Header.Get("Retry-After"))
}
