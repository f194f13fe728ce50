package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestOrigin: a page of another site cannot change anything through a visitor's
// browser.
func TestOrigin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const menu = `{"name":"Bibimbap","ownerId":"sara","price":{"amount":12000,"currency":"KRW"}}`
	for name, headers := range map[string][]string{
		"Origin":   {"Origin", "https://evil.example"},
		"Null":     {"Origin", "null"},
		"Metadata": {"Sec-Fetch-Site", "cross-site"},
		"SameSite": {"Sec-Fetch-Site", "same-site"},
	} {
		t.Run(name, func(t *testing.T) {
			b.problem(b.do("POST", menusPath, menu, headers...), http.StatusForbidden, crossOriginRefused)
			b.problem(b.do("POST", orderPath+"/cancel", "", headers...), http.StatusForbidden, crossOriginRefused)
			require.Equal(t, http.StatusOK, b.do("GET", menusPath, "", headers...).StatusCode, "a browser keeps the answer from the page")
		})
	}
	require.Equal(t, http.StatusCreated, b.do("POST", menusPath, menu, "Origin", "http://example.com").StatusCode, "our own page")
	require.Equal(t, http.StatusCreated, b.do("POST", menusPath, menu).StatusCode, "no browser")
}

// signs are pages that only say what was refused.
type signs struct{}

func (signs) Mount(r gin.IRouter) {
	r.POST("/form", func(c *gin.Context) { c.String(http.StatusOK, "taken") })
}

func (signs) Refuse(c *gin.Context, status int, code booking.Code) {
	c.Data(status, "text/html; charset=utf-8", []byte(code))
}

// TestRefusals_ForBrowsers: what is refused before any operation or page is a page for a
// browser, and a problem for every other client, or if there are no pages.
func TestRefusals_ForBrowsers(t *testing.T) {
	t.Parallel()
	with, without := setup(t, func(d *testDeps) { d.Pages, d.Hosts = signs{}, []string{"example.com"} }), setup(t)
	long := strings.Repeat("x", 2001)
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		code               booking.Code
	}{
		{"GET", "/nowhere", "", nil, http.StatusNotFound, booking.NotFound},
		{"GET", "/form", "", nil, http.StatusMethodNotAllowed, methodNotAllowed},
		{"POST", "/form", "a=b", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden, crossOriginRefused},
		{"POST", "/form", long, nil, http.StatusRequestEntityTooLarge, payloadTooLarge},
	} {
		page := with.do(c.method, c.path, c.body, append(c.headers, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")...)
		require.Equal(t, []string{http.StatusText(c.status), string(c.code)}, []string{http.StatusText(page.StatusCode), page.text}, c.path)
		require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
		with.problem(with.do(c.method, c.path, c.body, append(c.headers, "Accept", "*/*")...), c.status, c.code)
	}
	for _, path := range []string{"/v1/nowhere", "/v1/events/nowhere"} {
		with.problem(with.do("GET", path, "", "Accept", "text/html, application/json"), http.StatusNotFound, booking.NotFound)
	}
	with.problem(with.do("POST", menusPath, long, "Accept", "text/html"), http.StatusRequestEntityTooLarge, payloadTooLarge)
	for _, accept := range []string{"text/html", "*/*"} {
		require.Equal(t, "Accept", with.do("GET", "/nowhere", "", "Accept", accept).Header.Get("Vary"), "a cache keeps the answers apart")
	}
	without.problem(without.do("GET", "/nowhere", "", "Accept", "text/html"), http.StatusNotFound, booking.NotFound)
}

// TestHost: another site's name for this machine's address is refused.
func TestHost(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.Hosts = []string{"localhost", "127.0.0.1", "::1", "api.example"} })
	get := func(host string) answer {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/food/menus", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		return answer{w.Result(), w.Body.String()}
	}
	for _, host := range []string{"127.0.0.1:8080", "localhost:8080", "LOCALHOST", "localhost.", "[::1]:8080", "[::1]", "api.example:443", ""} {
		require.Equal(t, http.StatusOK, get(host).StatusCode, host)
	}
	for _, host := range []string{"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1"} {
		b.problem(get(host), http.StatusMisdirectedRequest, unknownHost)
	}
}

// TestStalledBodies: thousands of bodies that never arrive block nothing. All requests
// are answered and closed.
func TestStalledBodies(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.BodyWithin = time.Second })
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	paths := []string{"/v1/lodging/reservations", menusPath, orderPath + "/cancel", "/v1/events", "/docs", "/healthz", "/nowhere"}
	const many = 3000
	var wg sync.WaitGroup
	failures := make(chan error, many)
	for i := range many {
		wg.Go(func() { failures <- stall(server.Listener.Addr().String(), paths[i%len(paths)], "Host: localhost") })
	}
	a, err := server.Client().Get(server.URL + "/healthz")
	require.NoError(t, err)
	a.Body.Close()
	require.Equal(t, http.StatusOK, a.StatusCode)
	wg.Wait()
	for range many {
		require.NoError(t, <-failures)
	}
}

// TestStalledBodies_OfOtherSites: requests that are refused for their origin hold no
// connection either.
func TestStalledBodies_OfOtherSites(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) { d.BodyWithin, d.Hosts = 100*time.Millisecond, []string{"localhost"} })
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	for _, path := range []string{menusPath, orderPath + "/cancel", "/healthz", "/nowhere"} {
		for _, headers := range []string{"Host: evil.example", "Host: localhost\r\nOrigin: https://evil.example"} {
			require.NoError(t, stall(server.Listener.Addr().String(), path, headers), headers)
		}
	}
}

// stall announces a body, sends none, and returns nil if it is answered 408 and the
// connection is closed.
func stall(address, path, headers string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\n%s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", path, headers); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn) // until the server closes it
	if err != nil {
		return err
	}
	if want := "HTTP/1.1 408 "; len(answer) < len(want) || string(answer[:len(want)]) != want {
		return fmt.Errorf("%s was answered %q", path, answer)
	}
	return nil
}

// TestHangUps: a client that hangs up does not cancel its request, and is not counted
// as a failure of the server.
func TestHangUps(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	database := &unhurried{began: make(chan struct{}), pass: make(chan struct{}), ended: make(chan error, 1)}
	b := setup(t, func(d *testDeps) { d.Payments, d.Registry = database, registry })
	served := make(chan context.Context, 1)
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served <- r.Context()
		b.handler.ServeHTTP(w, r)
		close(done)
	}))
	t.Cleanup(server.Close)

	ctx, hangUp := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/payments/lodging-1", http.NoBody)
	require.NoError(t, err)
	go func() { _, _ = server.Client().Do(r) }() //nolint:bodyclose // there is no answer
	<-database.began
	hangUp()
	<-(<-served).Done() // the server has noticed
	close(database.pass)
	<-done
	require.NoError(t, <-database.ended, "the statement was cut off")
	require.Equal(t, map[string]uint64{"499": 1}, requestsByStatus(t, registry))
}

// unhurried is a database that waits until it may return an error.
type unhurried struct {
	began, pass chan struct{}
	ended       chan error
}

func (u *unhurried) Payment(ctx context.Context, _ string) (booking.Payment, error) {
	close(u.began)
	<-u.pass
	u.ended <- ctx.Err()
	return booking.Payment{}, context.DeadlineExceeded
}

func requestsByStatus(t *testing.T, registry *prometheus.Registry) map[string]uint64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	counts := map[string]uint64{}
	for _, family := range families {
		if family.GetName() != "yeyak_http_request_seconds" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "status" {
					counts[label.GetValue()] += m.GetHistogram().GetSampleCount()
				}
			}
		}
	}
	return counts
}
