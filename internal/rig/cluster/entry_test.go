package cluster

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/child"
)

// pretender behaves like an API towards the entry point.
type pretender struct {
	*httptest.Server
	ready atomic.Bool
}

func pretend(t *testing.T) *pretender {
	t.Helper()
	p := &pretender{}
	p.ready.Store(true)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/readyz" && !p.ready.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.Method == http.MethodPost:
			panic(http.ErrAbortHandler) // the request makes it die
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// behindEntry is an entry point in front of pretenders.
func behindEntry(t *testing.T, apis ...*pretender) *Cluster {
	t.Helper()
	ports, err := child.FreePorts(1)
	require.NoError(t, err)
	c := &Cluster{options: Options{Dir: t.TempDir(), Listen: child.Address(ports[0])}}
	require.NoError(t, os.MkdirAll(c.Logs(), 0o755))
	for i, api := range apis {
		c.APIs = append(c.APIs, &Node{Name: numbered("api", i), Address: api.Listener.Addr().String()})
	}
	require.NoError(t, c.startEntry(t.Context()))
	t.Cleanup(func() { require.NoError(t, c.entry.Stop(time.Minute)) })
	return c
}

// requireProblem checks that an answer is a problem in the API's format.
func requireProblem(t *testing.T, a *http.Response, status int) {
	t.Helper()
	body, err := io.ReadAll(a.Body)
	require.NoError(t, err)
	require.NoError(t, a.Body.Close())
	require.Equal(t, status, a.StatusCode, "%s", body)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Equal(t, status > 500, a.Header.Get("Retry-After") != "")
	var p struct {
		Type, Title, Detail string
		Status              int
	}
	require.NoError(t, json.Unmarshal(body, &p), "%s", body)
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Type)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
}

// TestEntry_AnswersProblems, also in the entry point's own answers.
//
// Row O1.
func TestEntry_AnswersProblems(t *testing.T) {
	t.Parallel()
	api := pretend(t)
	c := behindEntry(t, api)
	t.Run("AnswerLost", func(t *testing.T) {
		// On a connection that has had an answer before, HAProxy only hangs up.
		fresh := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		a, err := fresh.Post(c.URL()+"/v1/food/orders", "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		requireProblem(t, a, http.StatusBadGateway)
	})
	t.Run("NoneReady", func(t *testing.T) {
		api.ready.Store(false)
		require.Eventually(t, func() bool {
			status, err := c.seenByEntry(t.Context(), "api-1")
			return err == nil && status == "DOWN"
		}, time.Minute, 50*time.Millisecond)
		a, err := http.Get(c.URL() + "/v1/food/menus")
		require.NoError(t, err)
		requireProblem(t, a, http.StatusServiceUnavailable)
	})
}

// TestAwaitEntry: a restarted process counts as ready only when the entry point sends
// requests to it; then the next one may be replaced.
func TestAwaitEntry(t *testing.T) {
	t.Parallel()
	first, second := pretend(t), pretend(t)
	c := behindEntry(t, first, second)
	down := func(name string) {
		require.Eventually(t, func() bool {
			status, err := c.seenByEntry(t.Context(), name)
			return err == nil && status == "DOWN"
		}, time.Minute, 50*time.Millisecond)
	}
	first.ready.Store(false)
	down("api-1")
	first.ready.Store(true)
	require.NoError(t, c.AwaitEntry(t.Context(), c.APIs[0]))
	second.ready.Store(false)
	down("api-2")
	a, err := http.Get(c.URL() + "/v1/food/menus")
	require.NoError(t, err)
	require.NoError(t, a.Body.Close())
	require.Equal(t, http.StatusOK, a.StatusCode, "the first one answers")
}
