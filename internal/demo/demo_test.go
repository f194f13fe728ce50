package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// shop is a fake of the API. While away is set it answers as if its services were away.
type shop struct {
	mu     sync.Mutex
	away   bool
	odd    bool // requests get unexpected answers
	never  bool // changes are never accepted
	loses  bool // the next order is answered and never started
	orders map[string]string
	by     map[string]string // Idempotency-Keys
	no     map[string]bool   // keys of changes that stay refused
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	answer := func(status int, body object) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	key := r.Header.Get("Idempotency-Key")
	switch {
	case r.Method == http.MethodGet && path[0] == "mypages" && s.orders[path[1]] == "":
		answer(http.StatusNotFound, object{"status": http.StatusNotFound, "code": "not_found"})
	case r.Method == http.MethodGet && path[0] == "mypages":
		answer(http.StatusOK, object{"id": path[1], "status": s.orders[path[1]]})
	case r.Method == http.MethodGet:
		answer(http.StatusOK, object{"items": []object{}})
	case key == "":
		if len(path) == 4 { // a decision
			if status, is := map[string]string{"cancel": "cancelled", "reject": "cancelled", "confirm": "confirmed"}[path[3]]; is {
				s.orders[path[2]] = status
			}
		}
		answer(http.StatusOK, object{"id": "thing"})
	case path[len(path)-1] == "change" && (s.away || s.never || s.no[key]):
		s.no[key] = true
		answer(http.StatusServiceUnavailable, object{"status": http.StatusServiceUnavailable, "code": "payment_unavailable"})
	case s.odd:
		answer(http.StatusTeapot, object{"status": http.StatusTeapot, "code": "teapot"})
	case s.away:
		w.Header().Set("Retry-After", "0")
		answer(http.StatusServiceUnavailable, object{"status": http.StatusServiceUnavailable, "code": "unavailable"})
	case s.loses:
		s.loses = false
		answer(http.StatusAccepted, object{"id": "lost", "status": "received"})
	case path[0] == "payments":
		answer(http.StatusCreated, object{"state": "done"})
	default:
		if s.by[key] == "" {
			s.by[key] = fmt.Sprintf("order-%d", len(s.by))
		}
		id := s.by[key]
		s.orders[id] = map[string]string{"food": "delivering", "cafe": "in_production", "cleaning": "assigned", "lodging": "confirmed"}[path[0]]
		answer(http.StatusCreated, object{"id": id, "status": s.orders[id]})
	}
}

func (s *shop) refusedChange() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.no) > 0
}

func (s *shop) set(away bool) func(context.Context) error {
	return func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.away = away
		return nil
	}
}

// newDemo makes a demonstration on a shop with outages.
func newDemo(t *testing.T, change ...func(*shop, *Options)) *Demo {
	t.Helper()
	s := &shop{orders: map[string]string{}, by: map[string]string{}, no: map[string]bool{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	o := Options{
		URL: server.URL, Token: func(context.Context, string) (string, error) { return "token", nil },
		Failures: []Failure{{Kind: InventoryAway, Begin: s.set(true), End: s.set(false)}},
		Audit:    func(context.Context) (string, bool, error) { return "Nothing is wrong.", true, nil },
		Defaults: Settings{Seed: 1, PerMinute: 300, Failing: 2 * time.Second},
		Say:      t.Logf,
	}
	for _, c := range change {
		c(s, &o)
	}
	d := New(o)
	t.Cleanup(d.Close)
	return d
}

// TestDemo: orders that meet an outage are counted and listed, and counted as recovered
// later. The audit comes at the end.
func TestDemo(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	result, err := d.Run(t.Context(), Settings{For: 7 * time.Second, Seed: 1, PerMinute: 300, Failing: 2 * time.Second})
	require.NoError(t, err)
	require.True(t, result.Clean)
	require.Equal(t, "Nothing is wrong.", result.Says)
	s, _ := d.State()
	require.False(t, s.Runs())
	require.Equal(t, "Nothing is wrong.", s.Result.Says)
	require.Zero(t, s.Surprises)
	require.Greater(t, s.Orders, 20)
	require.Equal(t, s.Orders, s.Finished)
	require.Positive(t, s.Delayed)
	require.Equal(t, s.Delayed, s.Recovered)
	require.Nil(t, s.Now)
	require.NotEmpty(t, s.Past)
	is := s.Past[len(s.Past)-1]
	require.Equal(t, InventoryAway, is.Kind)
	require.Positive(t, is.Delayed)
	require.Equal(t, is.Delayed, is.Recovered)
	require.NotEmpty(t, is.Examples)
	require.False(t, is.RecoveredAt.Before(is.Ended))
}

// TestDemo_ChangeAgain: a change that was refused while the provider was away, and stays so
// under its key, is sent again under another one.
func TestDemo_ChangeAgain(t *testing.T) {
	t.Parallel()
	var s *shop
	d := newDemo(t, func(is *shop, _ *Options) { s = is })
	require.NoError(t, s.set(true)(t.Context()))
	r := &run{people: newPeople(d.URL, d.Token), Options: d.Options, board: d.board, name: "name"}
	offer := offers()[0]
	o := &ordered{run: r, plannedOrder: plannedOrder{kind: booking.Lodging, customer: customers[0], offer: offer, in: object{"checkOut": booking.DateOf(time.Now())}}, id: "lodging-1"}
	within, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error)
	go func() { done <- o.do(within, Change) }()
	await(t, d, func(State) bool { return s.refusedChange() })
	require.NoError(t, s.set(false)(t.Context()))
	require.NoError(t, <-done)
}

// TestDemo_OrdersAgain: an order that was accepted and never started is placed again.
func TestDemo_OrdersAgain(t *testing.T) {
	t.Parallel()
	d := newDemo(t, func(is *shop, _ *Options) { is.loses = true })
	r := &run{people: newPeople(d.URL, d.Token), Options: d.Options, board: d.board, name: "name"}
	within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	o := &ordered{run: r, plannedOrder: plannedOrder{kind: booking.Cafe, customer: customers[0], offer: offers()[9], in: object{}}}
	refused, err := o.place(within)
	require.NoError(t, err)
	require.False(t, refused)
	require.Equal(t, "order-0", o.id)
}

// TestDemo_AfterTheEnd: an action that begins after an outage has not met it, however long
// it takes.
func TestDemo_AfterTheEnd(t *testing.T) {
	t.Parallel()
	ended := time.Now()
	for since, met := range map[time.Time]bool{ended.Add(-time.Second): true, ended.Add(time.Second): false} {
		is := &Outage{Ended: ended}
		r := &run{board: newBoard()}
		r.change(func(s *State) { s.Now = is })
		o := &ordered{run: r, id: "food-1", since: since}
		o.markDelayed()
		require.Equal(t, count(met), is.waitingCount())
	}
}

// TestDemo_LeftBehind: orders that do not recover are listed with their status and what they
// wait for. The audit's report is shown nevertheless.
func TestDemo_LeftBehind(t *testing.T) {
	t.Parallel()
	d := newDemo(t, func(s *shop, _ *Options) { s.never = true })
	_, err := d.Run(t.Context(), Settings{Seed: 1, PerMinute: 600, Failing: 4 * time.Second, HealWithin: 2 * longestWait})
	require.ErrorContains(t, err, "are not where they belong after 8s")
	require.Regexp(t, `order \d+ of \w+ \(order-\d+, .+\) is confirmed and waits for: change; the latest answer was 503 .*payment_unavailable`, err)
	s, _ := d.State()
	require.NotEmpty(t, s.Left)
	require.True(t, slices.ContainsFunc(s.Left, func(w Wait) bool {
		return w.For == Change && w.Status == booking.Confirmed && w.ID != ""
	}), "%v", s.Left) // others are ended in the middle of what they do
	require.Regexp(t, `order-\d+.+ is confirmed and waits for: change`, s.Result.Failure)
	require.Equal(t, "Nothing is wrong.", s.Result.Says)
}

// await waits for a wanted state.
func await(t *testing.T, d *Demo, wanted func(State) bool) State {
	t.Helper()
	for {
		s, changed := d.State()
		if wanted(s) {
			return s
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			require.FailNow(t, "it does not come to that", "%+v", s)
		}
	}
}

// TestDemo_OneAtATime: a page starts and stops a demonstration; a new one begins with an
// empty state.
func TestDemo_OneAtATime(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	for range 2 {
		d.Start()
		d.Start() // one is running
		_, err := d.Run(t.Context(), Settings{})
		require.ErrorIs(t, err, ErrRuns)
		await(t, d, func(s State) bool { return s.Orders > 0 })
		d.Stop()
		require.True(t, await(t, d, func(s State) bool { return !s.Runs() }).Result.Clean)
	}
	d.Stop() // none is running
}

// TestDemo_Fails: an error is reported, and the result is not clean.
func TestDemo_Fails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, change := range map[string]func(*shop, *Options){
		"Begin": func(_ *shop, o *Options) { o.Failures[0].Begin = func(context.Context) error { return broken } },
		"End":   func(_ *shop, o *Options) { o.Failures[0].End = func(context.Context) error { return broken } },
		"Audit": func(_ *shop, o *Options) {
			o.Audit = func(context.Context) (string, bool, error) { return "", false, broken }
		},
		"Token": func(_ *shop, o *Options) {
			o.Token = func(context.Context, string) (string, error) { return "", broken }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDemo(t, change)
			_, err := d.Run(t.Context(), Settings{For: 5 * time.Second, PerMinute: 300, Failing: time.Millisecond})
			require.ErrorIs(t, err, broken)
			s, _ := d.State()
			require.Contains(t, s.Result.Failure, "broken")
			require.False(t, s.Result.Clean)
			require.Equal(t, name != "Audit", s.Result.Says != "", "there is an audit all the same")
		})
	}
}

// TestDemo_Cancelled: an order that was cancelled has met the outage, and has not recovered.
func TestDemo_Cancelled(t *testing.T) {
	t.Parallel()
	for name, healed := range map[string]bool{"Cancelled": false, "Healed": true} {
		is := &Outage{}
		r := &run{board: newBoard()}
		r.change(func(s *State) { s.Now = is })
		o := &ordered{run: r, id: "food-1"}
		o.markDelayed()
		require.Equal(t, 1, is.waitingCount(), name)
		o.markRecovered(healed)
		o.markRecovered(healed)
		state, _ := r.now()
		require.Zero(t, is.waitingCount(), name)
		require.Empty(t, is.Waiting, name)
		require.Equal(t, []int{1, count(healed), count(healed), count(!healed), count(healed)},
			[]int{state.Delayed, state.Recovered, is.Recovered, is.Unrecovered, len(is.Examples)}, name)
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestDemo_Surprises: an unexpected answer is counted, and the result is not clean.
func TestDemo_Surprises(t *testing.T) {
	t.Parallel()
	d := newDemo(t, func(s *shop, _ *Options) { s.odd = true })
	result, err := d.Run(t.Context(), Settings{For: time.Second, PerMinute: 300, Failing: time.Second})
	require.ErrorContains(t, err, "did not come to where they belong")
	require.False(t, result.Clean)
	require.Equal(t, "Nothing is wrong.", result.Says)
	s, _ := d.State()
	require.Positive(t, s.Surprises)
	require.Less(t, s.Finished, s.Orders)
}
