package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
)

func TestAdmission_WaitsAndIsAdmitted(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	answers := begin(3, b.write)
	g.writes.arrived(2)
	b.comesTo(1, writesWaiting)
	require.Empty(t, g.writes.came, "the third waits")
	close(g.writes.open)
	for range 3 {
		require.Equal(t, http.StatusCreated, (<-answers).StatusCode)
	}
	require.Len(t, g.writes.came, 1, "until one of the others has left")
	b.comesTo(0, writesWaiting)
	b.comesTo(0, `yeyak_http_requests_in_flight{budget="writes"}`)
}

func TestAdmission_Full(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	answers := begin(3, b.write)
	g.writes.arrived(2)
	b.comesTo(1, writesWaiting)
	b.shed(b.write()) // at once
	for _, path := range []string{reservationsPath, foodOrdersPath, callsPath, placesPath, orderPath + "/cancel", "/v1/lodging/reservations/lodging-1/confirm"} {
		b.shed(b.do("POST", path, reservation))
	}
	b.shed(b.do("PUT", placesPath+"/place-seaside/stock", "{}"))
	b.shed(b.do("PATCH", placesPath+"/place-seaside", "{}"))
	b.shed(b.do("DELETE", drinksPath+"/drink-latte", ""))
	b.problem(b.do("POST", menusPath, "a=b", "Content-Type", "text/plain"), 415, unsupportedMediaType)
	b.problem(b.do("POST", "/v1/nowhere", "{}"), 404, booking.NotFound)
	close(g.writes.open)
	for range 3 {
		require.Equal(t, http.StatusCreated, (<-answers).StatusCode)
	}
	require.Equal(t, http.StatusCreated, b.write().StatusCode, "there is room again")
}

// The fixture fails the test if an order is placed.
func TestAdmission_WaitedTooLong(t *testing.T) {
	t.Parallel()
	b, g := busy(t, func(d *testDeps) { d.MaxWait, d.ReplyBudget = 20*time.Millisecond, time.Minute })
	answers := begin(2, b.write)
	g.writes.arrived(2)
	for range 3 { // each leaves its place to the next
		begun := time.Now()
		b.shed(b.reserve("Idempotency-Key", "k1"))
		require.GreaterOrEqual(t, time.Since(begun), b.deps.MaxWait)
	}
	require.Empty(t, g.writes.came)
	require.Equal(t, 3, b.metric(`yeyak_http_requests_shed_total{budget="writes",cause="waited_too_long"}`))
	require.Zero(t, b.metric(`yeyak_http_requests_shed_total{budget="writes",cause="full"}`))
	close(g.writes.open)
	<-answers
	<-answers
	b.decides(booking.Confirmed, "")
	require.Equal(t, http.StatusCreated, b.reserve("Idempotency-Key", "k1").StatusCode, "the key is as good as new")
}

// TestAdmission_NotServedInTime: once the measured queueing time is longer than a
// request may wait, one more request is refused at once, with the time after which
// there is room; the requests in the queue are served.
func TestAdmission_NotServedInTime(t *testing.T) {
	t.Parallel()
	const crowd = 300
	b, g := busy(t, func(d *testDeps) {
		d.MaxWrites, d.MaxWaiting, d.MaxWait, d.ReplyBudget = 1, 2*crowd, 90*time.Second, time.Minute
	})
	server := b.serve()
	write := func() answer {
		a, err := server.Client().Post(server.URL+menusPath, "application/json", strings.NewReader(menuNamed("Bibimbap")))
		if err != nil {
			return answer{text: err.Error(), Response: new(http.Response)}
		}
		defer a.Body.Close()
		text, _ := io.ReadAll(a.Body)
		return answer{a, string(text)}
	}
	answers := begin(crowd, write)
	g.writes.arrived(1)
	b.comesTo(crowd-1, writesWaiting)
	for known := false; !known; { // at most one a second: not three hundred in 90 s
		g.writes.open <- struct{}{}
		g.writes.arrived(1)
		known = b.measuredRate() > 0
		if !known {
			<-time.After(time.Second)
		}
	}
	a := write()
	b.problem(a, 503, admission.Overloaded)
	pause, err := strconv.Atoi(a.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.Greater(t, pause, 4, "more than one that nothing is known for")
	require.Equal(t, 1, b.metric(`yeyak_http_requests_shed_total{budget="writes",cause="not_in_time"}`))
	close(g.writes.open)
	for range crowd {
		a := <-answers
		require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	}
	require.Equal(t, http.StatusCreated, write().StatusCode, "there is room again")
}

// TestAdmission_StalledQueue: requests in a queue that does not move are all refused,
// and their handlers do not run.
func TestAdmission_StalledQueue(t *testing.T) {
	t.Parallel()
	b, g := busy(t, func(d *testDeps) { d.MaxWaiting, d.MaxWait, d.ReplyBudget = 50, time.Second, 100*time.Millisecond })
	held := begin(2, b.write)
	g.writes.arrived(2)
	waiting := begin(20, b.write)
	for range 20 {
		b.problem(<-waiting, 503, admission.Overloaded)
	}
	b.problem(b.write(), 503, admission.Overloaded)
	require.Empty(t, g.writes.came)
	close(g.writes.open)
	for range 2 {
		require.Equal(t, http.StatusCreated, (<-held).StatusCode)
	}
	require.Equal(t, http.StatusCreated, b.write().StatusCode, "it moves again")
}

// TestAdmission_WaitsForItsStart: requests that wait for their order's start have
// longer; others do not.
func TestAdmission_WaitsForItsStart(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		cafeOrdersPath: true, callsPath: true, reservationsPath: false, foodOrdersPath: false, menusPath: false, placesPath: false,
	} {
		require.Equal(t, want, waitsForItsStart(&huma.Operation{Method: http.MethodPost, Path: path}), path)
		require.False(t, waitsForItsStart(&huma.Operation{Method: http.MethodGet, Path: path}), path)
	}
}

func TestAdmission_ReadsHaveTheirOwn(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	writes := begin(3, b.write)
	g.writes.arrived(2)
	b.comesTo(1, writesWaiting)
	for _, path := range []string{orderPath, "/v1/mypages/lodging-1", "/v1/mypages?customerId=alice", "/v1/events", placesPath} {
		require.Equal(t, 200, b.do("GET", path, "").StatusCode, path)
		require.Equal(t, 200, b.do("HEAD", path, "").StatusCode, path)
	}

	reads := begin(2, b.read)
	g.reads.arrived(1)
	b.comesTo(1, readsWaiting)
	b.shed(b.do("GET", "/v1/mypages/lodging-1", ""))
	b.shed(b.do("HEAD", "/v1/mypages/lodging-1", ""))
	close(g.writes.open)
	for range 3 {
		require.Equal(t, http.StatusCreated, (<-writes).StatusCode, "and writes do not wait for reads")
	}
	close(g.reads.open)
	for range 2 {
		require.Equal(t, 200, (<-reads).StatusCode)
	}
}

func TestAdmission_WhatIsNeverShed(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	writes, reads := begin(3, b.write), begin(2, b.read)
	g.writes.arrived(2)
	g.reads.arrived(1)
	b.comesTo(1, writesWaiting)
	b.comesTo(1, readsWaiting)
	b.shed(b.write())
	b.shed(b.read())
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/docs", "/docs/problems", "/openapi.json"} {
		require.Equal(t, 200, b.do("GET", path, "").StatusCode, path)
	}
	stream := b.follow(b.serve(), "")
	require.Equal(t, 1, b.metric(`yeyak_http_requests_in_flight{budget="streams"}`))
	stream.leave()
	b.comesTo(0, `yeyak_http_requests_in_flight{budget="streams"}`)
	close(g.writes.open)
	close(g.reads.open)
	for range 3 {
		<-writes
	}
	for range 2 {
		<-reads
	}
}

func TestAdmission_SlotsSurvivePanics(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	close(g.writes.open)
	for range 5 {
		b.problem(b.do("POST", menusPath, menuNamed("panic")), 500, internalError)
	}
	require.Equal(t, http.StatusCreated, b.write().StatusCode)
	require.Zero(t, b.metric(`yeyak_http_requests_in_flight{budget="writes"}`))
}

// A client that hangs up in the queue leaves it, and its handler does not run. net/http
// notices only once the body has been read.
func TestAdmission_HangingUp(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	server := b.serve()
	answers := begin(2, b.write)
	g.writes.arrived(2)

	ctx, hangUp := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+menusPath, strings.NewReader(menuNamed("never made")))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	ended := make(chan error)
	go func() {
		a, err := server.Client().Do(r)
		if err == nil {
			a.Body.Close()
		}
		ended <- err
	}()
	b.comesTo(1, writesWaiting)
	hangUp()
	require.ErrorIs(t, <-ended, context.Canceled)
	b.comesTo(0, writesWaiting)

	next := begin(1, b.write)
	b.comesTo(1, writesWaiting)
	close(g.writes.open)
	require.Equal(t, http.StatusCreated, (<-next).StatusCode)
	<-answers
	<-answers
	require.Equal(t, 3, b.metric(`yeyak_http_requests_admitted_total{budget="writes"}`))
	require.Zero(t, b.metric(`yeyak_http_requests_shed_total{budget="writes",cause="waited_too_long"}`))
}

// A slow body uses no slot.
func TestAdmission_SlowBody(t *testing.T) {
	t.Parallel()
	b, g := busy(t, func(d *testDeps) { d.MaxWrites = 1 })
	close(g.writes.open)
	body := slowBody{newGate()}
	slow := begin(1, func() answer {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, menusPath, body)
		r.Header.Set("Content-Type", "application/json")
		b.handler.ServeHTTP(w, r)
		return answer{w.Result(), w.Body.String()}
	})
	body.arrived(1)
	require.Equal(t, http.StatusCreated, b.write().StatusCode)
	close(body.open)
	b.problem(<-slow, http.StatusRequestTimeout, requestTimeout)
}

// slowBody is a body that does not arrive in time.
type slowBody struct{ gate }

func (s slowBody) Read([]byte) (int, error) {
	s.wait()
	return 0, os.ErrDeadlineExceeded
}

func TestAdmission_Metrics(t *testing.T) {
	t.Parallel()
	b, g := busy(t)
	answers := begin(3, b.write)
	g.writes.arrived(2)
	b.comesTo(1, writesWaiting)
	b.shed(b.write())
	b.shed(b.write())
	close(g.writes.open)
	close(g.reads.open)
	for range 3 {
		<-answers
	}
	b.read()
	for name, want := range map[string]int{
		`yeyak_http_requests_limit{budget="writes"}`:     2,
		`yeyak_http_requests_limit{budget="reads"}`:      1,
		`yeyak_http_requests_limit{budget="streams"}`:    1,
		`yeyak_http_requests_in_flight{budget="writes"}`: 0,
		writesWaiting: 0,
		`yeyak_http_requests_admitted_total{budget="writes"}`:             3,
		`yeyak_http_requests_admitted_total{budget="reads"}`:              1,
		`yeyak_http_requests_shed_total{budget="writes",cause="full"}`:    2,
		`yeyak_http_requests_shed_total{budget="reads",cause="full"}`:     0,
		`yeyak_http_requests_wait_seconds_count{budget="writes"}`:         3,
		`yeyak_http_requests_wait_seconds_bucket{budget="writes",le="0"}`: 2,
		`yeyak_http_requests_wait_seconds_bucket{budget="reads",le="0"}`:  1,
	} {
		require.Equal(t, want, b.metric(name), name)
	}
}

// Every operation with a budget documents the refusal.
func TestAdmission_Documented(t *testing.T) {
	t.Parallel()
	document := decode[struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Description string }
		}
	}](t, setup(t).do("GET", openAPIPath, ""))
	require.NotEmpty(t, document.Paths)
	for path, item := range document.Paths {
		for method, operation := range item {
			said := strings.Contains(operation.Responses["503"].Description, "`overloaded`")
			require.Equal(t, strings.HasPrefix(path, "/v1/"), said, "%s %s", method, path)
		}
	}
}
