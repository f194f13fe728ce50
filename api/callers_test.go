package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/identity"
)

// credentials are callers by their credential.
type credentials map[string]booking.Caller

// countingCredentials counts the checks of credentials.
type countingCredentials struct {
	credentials
	times atomic.Int64
}

func (a *countingCredentials) Caller(ctx context.Context, credential string) (booking.Caller, error) {
	a.times.Add(1)
	return a.credentials.Caller(ctx, credential)
}

// issuerAway is a credential that cannot be checked.
const issuerAway = "of-an-issuer-that-is-away"

func (c credentials) Caller(_ context.Context, credential string) (booking.Caller, error) {
	if credential == issuerAway {
		return booking.Caller{}, booking.Errorf(booking.Unavailable, "the issuer cannot be reached").WithCause(errors.New("10.0.0.9:443"))
	}
	caller, known := c[credential]
	if !known {
		return booking.Caller{}, booking.Errorf(booking.Unauthenticated, "the token has expired").WithCause(errors.New("secret"))
	}
	return caller, nil
}

var alice = booking.Caller{ID: "1024", Name: "Alice", Roles: []booking.Role{booking.CustomerRole}}

func authenticated(d *testDeps) { d.Callers = credentials{"a.l.ice": alice} }

func TestIdentify_Challenges(t *testing.T) {
	t.Parallel()
	b := setup(t, authenticated)
	const plain = `Bearer realm="yeyak"`
	for name, tt := range map[string]struct{ authorization, challenge string }{
		"None":        {"", plain},
		"OtherScheme": {"Basic YWxpY2U6c2VjcmV0", plain},
		"NoScheme":    {"a.l.ice", plain},
		"NoToken":     {"Bearer", plain},
		"BlankToken":  {"Bearer  ", plain},
		"Refused":     {"Bearer z", plain + `, error="invalid_token", error_description="the token has expired"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.do("GET", placesPath, "", "Authorization", tt.authorization)
			p := b.problem(a, http.StatusUnauthorized, booking.Unauthenticated)
			require.Equal(t, tt.challenge, a.Header.Get("WWW-Authenticate"))
			require.NotContains(t, a.text, "secret")
			require.NotEmpty(t, p.Detail)
		})
	}
	for _, authorization := range []string{"Bearer a.l.ice", "bearer a.l.ice", "BEARER   a.l.ice "} {
		require.Equal(t, http.StatusOK, b.do("GET", placesPath, "", "Authorization", authorization).StatusCode, authorization)
	}
	a := b.do("GET", placesPath, "", "Authorization", "Bearer "+issuerAway)
	b.problem(a, http.StatusServiceUnavailable, booking.Unavailable)
	require.NotContains(t, a.text, "10.0.0.9")
	require.Empty(t, a.Header.Get("WWW-Authenticate"))
}

// TestIdentify_Refusals: each refusal is counted by its reason, and served requests are
// not counted.
func TestIdentify_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t, authenticated, one(admission.Limits{}))
	for authorization, reason := range map[string]identity.Refusal{
		"":                          identity.NoCredential,
		"Basic YWxpY2U6c2VjcmV0":    identity.NoCredential,
		"Bearer z":                  identity.InvalidToken,
		"Bearer yeyak_3kq0w9zt_x":   identity.InvalidKey,
		"Bearer " + issuerAway:      identity.DatabaseAway, // here they read the same
		"Bearer a.l.ice":            "",
		"Bearer a.l.ice, Basic xyz": identity.InvalidToken,
	} {
		before := b.refusals()
		b.do("GET", placesPath, "", "Authorization", authorization)
		if reason != "" {
			before[reason]++
		}
		require.Equal(t, before, b.refusals(), authorization)
	}
}

// refusals are the counted refusals by reason.
func (b *bundle) refusals() map[identity.Refusal]int {
	all := map[identity.Refusal]int{}
	for _, reason := range identity.Refusals() {
		all[reason] = b.metric(`yeyak_http_requests_unidentified_total{reason="` + string(reason) + `"}`)
	}
	return all
}

// TestIdentify_Flood: an address that sends invalid credentials is answered 429 once it
// exceeds its quota, without a check of the credential. Callers that were valid there
// before, and other addresses, are served.
func TestIdentify_Flood(t *testing.T) {
	t.Parallel()
	known := &countingCredentials{credentials: credentials{"a.l.ice": alice}}
	b := setup(t, func(d *testDeps) { d.Callers = known }, one(admission.Limits{PerSecond: 1}))
	server := b.serve() // its requests come from 127.0.0.1
	call := func(from, authorization string) answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+placesPath, http.NoBody)
		require.NoError(t, err)
		r.Header.Set("X-Forwarded-For", from)
		r.Header.Set("Authorization", authorization)
		a, err := server.Client().Do(r)
		require.NoError(t, err)
		a.Body.Close()
		return answer{Response: a}
	}
	require.Equal(t, http.StatusOK, call("203.0.113.7", "Bearer a.l.ice").StatusCode)
	presents := []string{"", "Bearer z", "Bearer yeyak_3kq0w9zt_x", "Bearer " + issuerAway, "Basic YWxpY2U6c2VjcmV0"}
	sent, refused := 0, answer{}
	require.Eventually(t, func() bool {
		refused = call("203.0.113.7", presents[sent%len(presents)])
		sent++
		return refused.StatusCode == http.StatusTooManyRequests
	}, testTime, testPause)
	require.Greater(t, sent, 10, "it may send ten at once")
	require.Equal(t, `"caller";r=0;t=1`, refused.Header.Get("RateLimit"))
	require.Equal(t, "1", refused.Header.Get("Retry-After"))
	require.Empty(t, refused.Header.Get("WWW-Authenticate"))
	require.Equal(t, 1, b.metric(`yeyak_callers_refused_total{of="requests"}`))
	counted := 0
	for _, n := range b.refusals() {
		counted += n
	}
	require.Equal(t, sent-1, counted, "429 is no answer about the caller's identity")

	require.Equal(t, http.StatusOK, call("203.0.113.7", "Bearer a.l.ice").StatusCode, "a caller counts apart from the address")
	require.Equal(t, http.StatusUnauthorized, call("203.0.113.8", "Bearer z").StatusCode)

	before, refusals := known.times.Load(), 0
	for n := range 200 { // faster than one a second: at that rate each is checked
		if call("203.0.113.7", fmt.Sprint("Bearer yeyak_", n)).StatusCode == http.StatusTooManyRequests {
			refusals++
		}
	}
	require.EqualValues(t, 200-refusals, known.times.Load()-before)
}

// TestIdentify_NoLongerFamiliar: a revoked credential counts against the address like
// any other.
func TestIdentify_NoLongerFamiliar(t *testing.T) {
	t.Parallel()
	known := &countingCredentials{credentials: credentials{"a.l.ice": alice}}
	b := setup(t, func(d *testDeps) { d.Callers = known }, one(admission.Limits{PerSecond: 1}))
	call := func() int { return b.do("GET", placesPath, "", "Authorization", "Bearer a.l.ice").StatusCode }
	require.Equal(t, http.StatusOK, call())
	delete(known.credentials, "a.l.ice")
	require.Equal(t, http.StatusUnauthorized, call())
	require.Eventually(t, func() bool {
		before, status := known.times.Load(), call()
		return status == http.StatusTooManyRequests && known.times.Load() == before
	}, testTime, testPause)
}

// TestIdentify_EveryRoute: every documented route requires a caller, except probes and
// the payment provider's webhook, which is signed. A refused request changes nothing.
func TestIdentify_EveryRoute(t *testing.T) {
	t.Parallel()
	b := setup(t, authenticated)
	server := b.serve()
	var doc struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	require.NoError(t, json.Unmarshal([]byte(b.do("GET", openAPIPath, "").text), &doc))
	require.NotEmpty(t, doc.Paths)
	open := map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/v1/payments/notices": http.StatusNotImplemented}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			at := strings.NewReplacer("{", "", "}", "").Replace(path)
			r, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(method), server.URL+at, strings.NewReader("{}"))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			a, err := server.Client().Do(r)
			require.NoError(t, err)
			a.Body.Close()
			if open[path] != 0 {
				require.Equal(t, open[path], a.StatusCode, path)
				require.Empty(t, o.Security, path)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, a.StatusCode, "%s %s", method, path)
			require.Equal(t, []map[string][]string{{bearer: {}}}, o.Security, path)
		}
	}
}

// TestIdentify_TheCallerReachesTheOrders: orders get the caller, and the log line has
// its number.
func TestIdentify_TheCallerReachesTheOrders(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	b := setup(t, authenticated, func(d *testDeps) { d.Logger = zap.New(core) })
	b.decides(booking.Confirmed, "")
	a := b.do("POST", "/v1/lodging/reservations", strings.Replace(reservation, `"alice"`, `"1024"`, 1), "Authorization", "Bearer a.l.ice")
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	line := logs.FilterMessage("request").All()[0].ContextMap()
	require.Equal(t, "1024", line["caller"])
	for _, entry := range logs.All() {
		for _, value := range entry.ContextMap() {
			require.NotContains(t, fmt.Sprint(value), "Alice")
		}
	}
}

// TestIdentify_SeveralHeaders: with two tokens the request is refused.
func TestIdentify_SeveralHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, authenticated)
	server := b.serve()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+placesPath, http.NoBody)
	require.NoError(t, err)
	r.Header["Authorization"] = []string{"Bearer a.l.ice", "Bearer a.l.ice"}
	a, err := server.Client().Do(r)
	require.NoError(t, err)
	a.Body.Close()
	require.Equal(t, http.StatusUnauthorized, a.StatusCode)
}

// TestIdentify_AStreamRequiresACaller: a stream requires a caller, too.
func TestIdentify_AStreamRequiresACaller(t *testing.T) {
	t.Parallel()
	b := setup(t, authenticated, often)
	server := b.serve()
	require.Equal(t, http.StatusUnauthorized, b.open(server, "").StatusCode)
	b.follow(server, "?customerId=1024", "Authorization", "Bearer a.l.ice").leave()
}
