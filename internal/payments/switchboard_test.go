package payments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// totals is a store that only knows sums.
type totals struct {
	Memory
	err error
}

func (t totals) Totals(context.Context) (charged, refunded int64, err error) { return 300, 100, t.err }

type switchboard struct {
	*Sandbox
	t       *testing.T
	handler http.Handler
}

func setup(t *testing.T, memoryErr error) switchboard {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	s := NewSandbox(totals{err: memoryErr})
	router := gin.New()
	s.Switchboard(router)
	return switchboard{s, t, router}
}

func (s switchboard) do(method, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.send(method, "application/json; charset=utf-8", body)
}

func (s switchboard) send(method, mediaType, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(s.t.Context(), method, SwitchboardPath, strings.NewReader(body))
	r.Header.Set("Content-Type", mediaType)
	s.handler.ServeHTTP(w, r)
	return w
}

func (s switchboard) requireProblem(w *httptest.ResponseRecorder, status int, code string, fields ...string) {
	s.t.Helper()
	require.Equal(s.t, status, w.Code, w.Body)
	require.Equal(s.t, "application/problem+json", w.Header().Get("Content-Type"))
	var p problem
	require.NoError(s.t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(s.t, code, p.Code)
	require.Equal(s.t, status, p.Status)
	require.Equal(s.t, "/docs/problems#"+code, p.Type)
	require.NotEmpty(s.t, p.Title)
	require.NotEmpty(s.t, p.Detail)
	var named []string
	for _, e := range p.Errors {
		require.NotEmpty(s.t, e.Message)
		named = append(named, e.Field)
	}
	require.Equal(s.t, fields, named)
	for _, internal := range []string{"json:", "Go ", "invalid character", "switches."} {
		require.NotContains(s.t, w.Body.String(), internal)
	}
}

func TestSwitchboard(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	require.JSONEq(t, `{"latency":"0s","capacity":0,"queue":false,"refusePercent":0,"down":false,"loseAnswers":false,"refunds":"succeed","disputes":"open","broken":false,"searchLag":"0s","confirmWithin":"30m0s",
		"notices":{"url":"","late":"0s","twice":false,"forged":false,"lost":false,"sent":0,"underWay":0},"charged":300,"refunded":100}`, s.do(http.MethodGet, "").Body.String())

	all := `{"latency":"450ms-1.5s","capacity":20,"queue":true,"refusePercent":7,"down":true,"loseAnswers":true,"refunds":"wait","disputes":"lost","broken":true,"searchLag":"1m0s","confirmWithin":"10m0s"`
	const notices = `,"notices":{"url":"https://api.example/notices","late":"1s-2s","twice":true,"forged":true,"lost":true,`
	w := s.do(http.MethodPut, all+notices+`"secret":"whsec_s3cret"}}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.JSONEq(t, all+notices+`"sent":0,"underWay":0},"charged":300,"refunded":100}`, w.Body.String())
	require.Equal(t, Behaviour{
		Latency: 450 * time.Millisecond, LatencyUpTo: 1500 * time.Millisecond,
		Capacity: 20, Queue: true, RefusePercent: 7, Down: true, LoseAnswers: true, Refunds: "wait", Disputes: "lost",
		Broken: true, SearchLag: time.Minute, ConfirmWithin: 10 * time.Minute,
		Notices: Notices{
			URL: "https://api.example/notices", Secret: "whsec_s3cret", Late: time.Second, LateUpTo: 2 * time.Second, Twice: true, Forged: true, Lost: true,
		},
	}, s.Behaviour())

	w = s.do(http.MethodPut, `{"latency":"450ms"}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, Behaviour{Latency: 450 * time.Millisecond}, s.Behaviour())

	require.Equal(t, http.StatusOK, s.do(http.MethodPut, `{"down":true}`).Code)
	require.Equal(t, Behaviour{Down: true}, s.Behaviour(), "all switches are replaced")
	require.Equal(t, http.StatusOK, s.do(http.MethodPut, `{}`).Code)
	require.Equal(t, Behaviour{}, s.Behaviour())
}

func TestSwitchboard_Invalid(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	before := Behaviour{Latency: time.Second, Down: true}
	s.Behave(before)
	for body, fields := range map[string][]string{
		`{"dwon":true}`:              {"dwon"},
		`{"Down":true}`:              {"Down"},
		`{"down":"yes","latency":5}`: {"down", "latency"},
		`{"down":null}`:              {"down"},
		`{"latency":null}`:           {"latency"},
		`{"latency":""}`:             {"latency"},
		`{"latency":"soon"}`:         {"latency"},
		`{"latency":"-1s"}`:          {"latency"},
		`{"latency":"2s-1s"}`:        {"latency"},
		`{"latency":"1s-"}`:          {"latency"},
		`{"capacity":-1}`:            {"capacity"},
		`{"capacity":"20"}`:          {"capacity"},
		`{"refusePercent":101}`:      {"refusePercent"},
		`{"refusePercent":0.5}`:      {"refusePercent"},
		`{"queue":1}`:                {"queue"},
		`{"refunds":"maybe"}`:        {"refunds"},
		`{"refunds":null}`:           {"refunds"},
		`{"disputes":true}`:          {"disputes"},
		`{"broken":"yes"}`:           {"broken"},
		`{"searchLag":60}`:           {"searchLag"},
		`{"searchLag":"-1m"}`:        {"searchLag"},
		`{"searchLag":"long"}`:       {"searchLag"},
		`{"confirmWithin":60}`:       {"confirmWithin"},
		`{"notices":true}`:           {"notices"},
		`{"notices":null}`:           {"notices"},
		`{"notices":{"url":"ftp://x/y","late":"soon","never":1}}`:            {"notices.late", "notices.never", "notices.url"},
		`{"notices":{"url":1,"secret":1,"twice":1,"forged":"","lost":null}}`: {"notices.forged", "notices.lost", "notices.secret", "notices.twice", "notices.url"},
		`{"loseAnswers":1,"down":{}}`:                                        {"down", "loseAnswers"},
		`{"down":false,"charged":0}`:                                         {"charged"},
		`[]`:                                                                 {"body"},
		`null`:                                                               {"body"},
		`"down"`:                                                             {"body"},
	} {
		s.requireProblem(s.do(http.MethodPut, body), 422, "validation_failed", fields...)
		require.Equal(t, before, s.Behaviour(), body)
	}
	for _, body := range []string{"", "{", "{} {}", "down=true"} {
		s.requireProblem(s.do(http.MethodPut, body), 400, "malformed_json")
	}
	s.requireProblem(s.do(http.MethodPut, `{"down":"`+strings.Repeat("x", maxSwitches)+`"}`), 413, "payload_too_large")
	for _, mediaType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "text/plain; a=application/json", "application/jsonp"} {
		s.requireProblem(s.send(http.MethodPut, mediaType, `{}`), 415, "unsupported_media_type")
	}
	require.Equal(t, before, s.Behaviour())
}

func TestSwitchboard_MemoryAway(t *testing.T) {
	t.Parallel()
	s := setup(t, errors.New("secret"))
	w := s.do(http.MethodGet, "")
	s.requireProblem(w, 503, "unavailable")
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	require.NotContains(t, w.Body.String(), "secret")
}
