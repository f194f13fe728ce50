package api

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

const switches = "/sandbox/payments"

// withSwitches adds the metrics, and the additional routes of `yeyak dev`.
func withSwitches(d *testDeps) {
	d.Metrics = http.NotFoundHandler()
	d.Extra = func(r gin.IRouter) {
		answer := func(c *gin.Context) { c.String(http.StatusOK, "switched") }
		r.GET(switches, answer)
		r.PUT(switches, answer)
		r.GET(sandboxPage, answer)
		r.POST(sandboxPage, answer)
	}
}

// undocumented are all routes outside of the API document, with the required action.
var undocumented = map[string]booking.Action{
	"GET /": booking.ReadHealth, "GET /openapi.json": booking.ReadHealth, "GET /docs": booking.ReadHealth, "GET /docs/*path": booking.ReadHealth,
	"GET /metrics": booking.ReadHealth, "GET " + switches: booking.SwitchSandbox, "PUT " + switches: booking.SwitchSandbox,
	"GET " + sandboxPage: booking.ReadHealth, "POST " + sandboxPage: booking.ReadHealth,
}

// TestUndocumented_Listed: every route of the router is an operation of the API
// document, which has a rule, or is in the list above.
func TestUndocumented_Listed(t *testing.T) {
	t.Parallel()
	b := setup(t, withSwitches)
	d := b.deps.Deps
	d.ReadModel, d.Cleaners, d.Orders = b.deps.ReadModel, b.deps.Cleaners, b.book
	s, _ := newServer(d)
	found := map[string]booking.Action{}
	variable := regexp.MustCompile(`:(\w+)`)
	for _, route := range s.router.Routes() {
		item := s.huma.OpenAPI().Paths[variable.ReplaceAllString(route.Path, "{$1}")]
		if item == nil {
			found[route.Method+" "+route.Path] = actionAt(route.Path)
		}
	}
	require.Equal(t, undocumented, found)
}

// TestUndocumented_Switches: the switches of the sandbox are for operators; other
// undocumented routes require nothing.
func TestUndocumented_Switches(t *testing.T) {
	t.Parallel()
	known := credentials{
		"a.l.ice": alice, "b.o.ra": {ID: "1025", Roles: []booking.Role{booking.OwnerRole}}, "s.h.op": {ID: "1026", Roles: []booking.Role{booking.ServiceRole}, Scopes: booking.Scopes()},
		"o.l.ga": {ID: "1027", Roles: []booking.Role{booking.OperatorRole}},
	}
	b := setup(t, withSwitches, func(d *testDeps) { d.Callers = known })
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		refused := b.do(method, switches, "{}")
		b.problem(answer{&http.Response{StatusCode: refused.StatusCode, Header: refused.Header}, refused.text}, 401, booking.Unauthenticated)
		require.NotEmpty(t, refused.Header.Get("WWW-Authenticate"))
		require.Equal(t, 401, b.as("z", method, switches, "{}").StatusCode)
		for _, caller := range []string{"a.l.ice", "b.o.ra", "s.h.op"} {
			a := b.as(caller, method, switches, "{}")
			require.Equal(t, 403, a.StatusCode, caller)
			require.Contains(t, a.text, string(booking.NotAllowed))
		}
		require.Equal(t, "switched", b.as("o.l.ga", method, switches, "{}").text)
		require.Equal(t, "switched", setup(t, withSwitches).do(method, switches, "{}").text, "authentication is off")
	}
	page := strings.Replace(sandboxPage, ":token", "confirm_1", 1)
	require.Equal(t, "switched", b.do(http.MethodGet, page, "").text, "a customer has no credentials there but the page's address")
	require.Equal(t, "switched", b.do(http.MethodPost, page, "decision=approve", "Content-Type", "application/x-www-form-urlencoded").text)
	for _, path := range []string{"/docs", "/openapi.json", "/docs/problems"} {
		require.Equal(t, http.StatusOK, b.do(http.MethodGet, path, "").StatusCode, path)
	}
	require.Equal(t, "404 page not found\n", b.do(http.MethodGet, "/metrics", "").text)
}
