package api

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
)

const testTime, testPause = 30 * time.Second, time.Millisecond

// one limits each caller, and adds metrics.
func one(l admission.Limits) func(*testDeps) {
	return func(d *testDeps) {
		registry := prometheus.NewPedanticRegistry()
		d.Limits, d.Registry, d.Metrics = l, registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	}
}

func TestAccountOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"203.0.113.7":         "address 203.0.113.7",
		"::ffff:203.0.113.7":  "address 203.0.113.7",
		"2001:db8:1:2:3::4":   "address 2001:db8:1:2::",
		"2001:db8:1:2:ffff::": "address 2001:db8:1:2::",
		"2001:db8:1:3::1":     "address 2001:db8:1:3::",
		"127.0.0.1":           "", "::1": "", "::ffff:127.0.0.1": "",
		"10.1.2.3": "", "172.31.0.1": "", "192.168.0.1": "", "100.127.0.1": "", "169.254.0.1": "", "fd00::1": "", "fe80::1": "",
		"172.32.0.1": "address 172.32.0.1", "100.128.0.1": "address 100.128.0.1",
		"": "", "somewhere": "",
	} {
		require.Equal(t, want, accountOf(booking.Caller{}, address), address)
		require.Equal(t, "caller 1024", accountOf(booking.Caller{ID: "1024"}, address), address)
	}
}

// TestLimitCaller: answers have the caller's quota, and a request that exceeds it is refused before
// anything is done. Other callers, and routes outside of the API, are served.
func TestLimitCaller(t *testing.T) {
	t.Parallel()
	proxies := append(networks("10.0.0.0/8"), loopback...)
	b := setup(t, one(admission.Limits{PerSecond: 1}), func(d *testDeps) { d.Proxies = proxies })
	server := b.serve() // its requests come from 127.0.0.1
	call := func(method, path, from string, body ...string) answer {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(strings.Join(body, "")))
		require.NoError(t, err)
		if from != "" {
			r.Header["X-Forwarded-For"] = strings.Split(from, "|") // as many fields
		}
		a, err := server.Client().Do(r)
		require.NoError(t, err)
		a.Body.Close()
		return answer{Response: a}
	}
	first := call("GET", placesPath, "203.0.113.7")
	require.Equal(t, http.StatusOK, first.StatusCode)
	require.Equal(t, `"caller";q=10;w=10`, first.Header.Get("RateLimit-Policy"))
	require.Equal(t, `"caller";r=9;t=1`, first.Header.Get("RateLimit"))
	for range 9 { // ten at once are within the quota
		require.Equal(t, http.StatusUnsupportedMediaType, call("POST", placesPath, "203.0.113.7", "a=b").StatusCode, "what is refused counts, too")
	}
	require.Eventually(t, func() bool { // one request a second is added
		a := call("GET", placesPath, "203.0.113.7")
		if a.StatusCode == http.StatusTooManyRequests {
			require.Equal(t, `"caller";r=0;t=1`, a.Header.Get("RateLimit"))
			require.Equal(t, "1", a.Header.Get("Retry-After"))
			return true
		}
		require.Equal(t, http.StatusOK, a.StatusCode)
		return false
	}, testTime, testPause)
	require.Equal(t, 1, b.metric(`yeyak_callers_refused_total{of="requests"}`))

	for _, from := range []string{"203.0.113.8", "203.0.113.7, 203.0.113.8", "203.0.113.7|203.0.113.8, 10.0.0.1", "2001:db8::1"} {
		a := call("GET", placesPath, from)
		require.Equal(t, http.StatusOK, a.StatusCode, "another address: what is said before it is not believed")
		require.NotEmpty(t, a.Header.Get("RateLimit"))
	}
	for range 12 { // more than the quota
		for _, from := range []string{"", "127.0.0.1", "10.0.0.1", "somewhere", "203.0.113.7, somewhere"} {
			a := call("GET", placesPath, from)
			require.Equal(t, http.StatusOK, a.StatusCode, "what is nearby is not counted")
			require.Empty(t, a.Header.Get("RateLimit"))
		}
		for _, path := range []string{"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"} {
			require.Equal(t, http.StatusOK, call("GET", path, "203.0.113.7").StatusCode)
		}
	}
}

// TestLimitCaller_Forged: a peer that is no trusted proxy cannot send in the name of
// another address, not even from a private address, such as that of a container's
// published port.
func TestLimitCaller_Forged(t *testing.T) {
	t.Parallel()
	const r9 = `"caller";r=9;t=1`
	b := setup(t, one(admission.Limits{PerSecond: 1}))
	for range 12 {
		require.Empty(t, b.from("10.0.0.5", "203.0.113.7").Header.Get("RateLimit"))
	}
	forged := 0
	require.Eventually(t, func() bool {
		forged++
		return b.from("198.51.100.1", fmt.Sprint("203.0.113.", forged%256)).StatusCode == http.StatusTooManyRequests
	}, testTime, testPause)
	require.Equal(t, r9, b.from("127.0.0.1", "203.0.113.7").Header.Get("RateLimit"), "nothing was counted for it")

	behind := setup(t, one(admission.Limits{PerSecond: 1}), func(d *testDeps) { d.Proxies = networks("10.0.0.0/8") })
	require.Equal(t, r9, behind.from("10.0.0.5", "203.0.113.7").Header.Get("RateLimit"))
	require.Empty(t, behind.from("127.0.0.1", "203.0.113.7").Header.Get("RateLimit"), "it is not named as a proxy")
}

// from sends a request from a peer that forwards another address.
func (b *bundle) from(peer, forwarded string) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, placesPath, http.NoBody)
	r.RemoteAddr = net.JoinHostPort(peer, "4711")
	r.Header.Set("X-Forwarded-For", forwarded)
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String()}
}

// TestLimitCaller_Changes: a refused request changes nothing. The fixture fails the
// test if an order is placed.
func TestLimitCaller_Changes(t *testing.T) {
	t.Parallel()
	b := setup(t, one(admission.Limits{PerSecond: 1}))
	refused := answer{}
	require.Eventually(t, func() bool {
		refused = b.do("POST", reservationsPath, "{}") // from 192.0.2.1
		return refused.StatusCode == http.StatusTooManyRequests
	}, testTime, testPause)
	b.problem(refused, 429, tooManyRequests)
}

// TestLimitCaller_Documented: every operation of the API documents the quota and its
// header fields.
func TestLimitCaller_Documented(t *testing.T) {
	t.Parallel()
	document := decode[struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Description string
				Headers     map[string]any
			}
		}
	}](t, setup(t).do("GET", openAPIPath, ""))
	for path, item := range document.Paths {
		for method, operation := range item {
			said := operation.Responses["429"]
			if !strings.HasPrefix(path, "/v1/") {
				require.Empty(t, said, "%s %s", method, path)
				continue
			}
			require.Contains(t, said.Description, "`too_many_requests`", "%s %s", method, path)
			for _, field := range []string{"Retry-After", "RateLimit", "RateLimit-Policy"} {
				require.Contains(t, said.Headers, field, "%s %s", method, path)
			}
		}
	}
}

// TestStream_TooManyOfOne: one caller's limit of streams does not affect other callers.
func TestStream_TooManyOfOne(t *testing.T) {
	t.Parallel()
	b := setup(t, often, one(admission.Limits{PerSecond: 1000, MaxStreams: 5, MaxStreamsOfOne: 2}))
	server := b.serve()
	const from = "X-Forwarded-For"
	b.follow(server, "", from, "203.0.113.7")
	second := b.follow(server, "", from, "203.0.113.7")
	refused := b.open(server, "", from, "203.0.113.7")
	refused.problem(b, 429, tooManyStreamsOfOne)
	require.Equal(t, "2", refused.Header.Get("Retry-After"))
	require.Equal(t, 1, b.metric(`yeyak_callers_refused_total{of="streams"}`))
	require.Equal(t, http.StatusOK, b.do("GET", "/v1/events", "", from, "203.0.113.7").StatusCode, "lists continue")
	b.follow(server, "", from, "203.0.113.8")
	b.follow(server, "", from, "203.0.113.8")
	b.follow(server, "")
	b.open(server, "", from, "203.0.113.9").problem(b, 503, tooManyStreams)

	second.leave()
	b.open(server, "?after=bad", from, "203.0.113.7") // uses no slot
	require.Eventually(t, func() bool {
		return b.open(server, "", from, "203.0.113.7").StatusCode == http.StatusOK
	}, testTime, testPause)
}

// TestPlaceOrder_TooManyOfYours: an order that exceeds the customer's limit is refused and
// counted.
func TestPlaceOrder_TooManyOfYours(t *testing.T) {
	t.Parallel()
	b := setup(t, one(admission.Limits{}))
	for _, c := range []struct {
		code       booking.Code
		path, body string
		of         admission.Share
	}{
		{orders.TooManyCallsOfYours, callsPath, call, admission.ShareOfCalls},
		{orders.TooManyOrdersOfYours, reservationsPath, reservation, admission.ShareOfInbox},
	} {
		b.notPlaced(booking.Errorf(c.code, "100 are there already").RetryIn(testTime))
		a := b.do("POST", c.path, c.body)
		require.Nil(t, b.problem(a, 429, c.code).Order)
		require.Equal(t, inSeconds(testTime), a.Header.Get("Retry-After"))
		require.Equal(t, 1, b.metric(`yeyak_callers_refused_total{of="`+string(c.of)+`"}`))
	}
}
