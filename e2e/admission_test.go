package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/app"
)

// TestAdmission_Burst: of more concurrent orders than the limit, with a slow payment
// provider, some are carried out and the rest are refused without an effect. Reads are
// served meanwhile.
func TestAdmission_Burst(t *testing.T) {
	t.Parallel()
	const room, atOnce = 3, 15
	provider := &door{}
	s := bootAudited(t, provider.build, func(o *app.Options) {
		o.Config.Admission.Limits = admission.Limits{MaxWrites: room, MaxReads: 2, MaxWaiting: 2, MaxWait: 100 * time.Millisecond}
	})
	place := s.place(1000)
	accepted := []string{s.reserve(place).with(t, http.StatusCreated).body.ID}
	first := accepted[0]
	reading := s.meanwhile(func() answer { return s.get("/v1/mypages/" + first) }, http.StatusOK)
	var shed []string // their keys
	var seen []int
	for round := range 3 {
		key := func(i int) string { return fmt.Sprintf("k-%d-%d", round, i) }
		provider.Lock()
		open := sync.OnceFunc(provider.Unlock)
		var away atomic.Int64
		placed := s.atOnce(atOnce, func(i int) answer {
			a := s.post(reservations, reservation(place), "Idempotency-Key", key(i))
			if a.status == http.StatusServiceUnavailable && away.Add(1) == atOnce-room {
				seen = append(seen, s.get("/v1/mypages/"+first).status)
				open() // there was no room until all others had been refused
			}
			return a
		})
		open()
		for i, a := range placed {
			if a.status != http.StatusServiceUnavailable {
				require.Contains(t, []int{http.StatusCreated, http.StatusAccepted}, a.status, "%s", a.raw)
				accepted = append(accepted, a.body.ID)
				continue
			}
			require.Equal(t, "overloaded", a.body.Code)
			require.Regexp(t, "^[1-9][0-9]*$", a.header.Get("Retry-After"))
			require.Nil(t, a.body.Order)
			shed = append(shed, key(i))
		}
	}
	require.NotEmpty(t, reading())
	require.Len(t, shed, 3*(atOnce-room))
	require.Len(t, accepted, 1+3*room, "as many as there is room for")
	require.Equal(t, slices.Repeat([]int{http.StatusOK}, 3), seen, "reads went on")
	require.Equal(t, len(shed), s.measured(`yeyak_http_requests_shed_total\{budget="writes",cause="\w+"\}`))
	require.Zero(t, s.measured(`yeyak_http_requests_shed_total\{budget="reads",cause="\w+"\}`))

	for _, key := range shed[:3] { // a refused key is as good as new
		accepted = append(accepted, s.post(reservations, reservation(place), "Idempotency-Key", key).with(t, http.StatusCreated).body.ID)
	}
	for _, order := range accepted {
		s.becomes(order, booking.Confirmed)
	}
	require.ElementsMatch(t, accepted, s.listed("/v1/mypages?limit=200&customerId=alice"))
	charged, refunded := s.atProvider()
	require.EqualValues(t, 100_000*len(accepted), charged)
	require.Zero(t, refunded)
	require.Equal(t, len(accepted), s.requireClean().Orders)
}

// measured is the sum of all metrics that match a pattern.
func (s *system) measured(pattern string) (sum int) {
	s.Helper()
	page := s.get("/metrics").with(s, http.StatusOK)
	for _, line := range regexp.MustCompile(`(?m)^`+pattern+` (\S+)$`).FindAllSubmatch(page.raw, -1) {
		value, err := strconv.Atoi(string(line[1]))
		require.NoError(s, err)
		sum += value
	}
	return sum
}

// TestAdmission_ReadsHaveConnections: orders that hang in the database, all for the
// same rooms, leave connections for reads.
func TestAdmission_ReadsHaveConnections(t *testing.T) {
	t.Parallel()
	s := boot(t, func(o *app.Options) {
		o.Config.Orders.ReplyBudget = 30 * time.Second // they hang until the test releases them
		o.Config.Orders.Durable = true                 // they wait longer than a step in place
	})
	place := s.place(100)
	order := s.reserve(place).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.Confirmed)

	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(string(s.options.Config.Databases.Front))))
	defer db.Close()
	lock, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = lock.Rollback() }()
	_, err = lock.ExecContext(t.Context(), "SELECT 1 FROM stock WHERE item_id = $1 FOR UPDATE", place)
	require.NoError(t, err)

	placed := make(chan answer, 30)
	for range cap(placed) {
		go func() {
			a, _ := s.send(http.MethodPost, reservations, reservation(place))
			placed <- a
		}()
	}
	// hanging counts the connections that wait for the lock, and names them.
	hanging := func() (n int, which string) {
		err := db.QueryRowContext(t.Context(), `SELECT count(*), coalesce(string_agg(pid::text || query_start::text, ' ' ORDER BY pid), '')
			FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n, &which)
		require.NoError(t, err)
		return n, which
	}
	// A read that is answered while all of the services' connections hang, the same
	// ones before and after it, has used none of them.
	beside := 0
	s.eventually(func() bool {
		n, before := hanging()
		s.get("/v1/mypages/"+order).with(t, http.StatusOK)
		if _, after := hanging(); n >= 10 && before == after {
			beside++
		}
		return beside == 20
	})
	require.NoError(t, lock.Rollback())
	for range cap(placed) {
		require.Contains(t, []int{http.StatusCreated, http.StatusAccepted}, receive(t, placed, "an answer").status)
	}
	s.eventually(func() bool {
		return len(s.listed("/v1/mypages?limit=200&customerId=alice&status=confirmed")) == 1+cap(placed)
	})
}

// answersNow is a system that starts one order at a time; requests for drinks and
// cleaners wait for their start.
func answersNow(o *app.Options) {
	o.Config.Orders.ReplyBudget = 100 * time.Millisecond
	o.Config.Admission.Limits = admission.Limits{MaxStarts: 1, MaxWait: 10 * time.Minute}
}

// TestAdmission_WaitsWhileServed: a hundred customers of the café and the cleaners
// order in loops, and wait longer than a reply budget while orders are started one
// after the other and payments are slow. None is refused.
func TestAdmission_WaitsWhileServed(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, answersNow)
	drink := s.drink(1000)
	s.sandbox(object{"latency": "400ms-620ms"})
	const customers, rounds = 100, 2
	answers := s.atOnce(customers, func(i int) (last answer) {
		for range rounds {
			if i%2 == 1 {
				last = s.call()
			} else {
				last = s.orderCup(drink)
			}
			if last.body.Code == string(admission.Overloaded) {
				return last
			}
		}
		return last
	})
	for _, a := range answers {
		require.NotEqual(t, string(admission.Overloaded), a.body.Code, "%s", a.raw)
	}
	require.Zero(t, s.measured(`yeyak_http_requests_shed_total\{budget="\w+",cause="\w+"\}`))
	starts := s.measured(`yeyak_http_requests_wait_seconds_count\{budget="starts"\}`)
	require.Equal(t, customers*rounds, starts)
	require.Less(t, s.measured(`yeyak_http_requests_wait_seconds_bucket\{budget="starts",le="0.1"\}`), starts,
		"some waited for longer than their reply budget")
	s.sandbox(object{})
	s.requireClean()
}

// TestAdmission_EngineStopped: while Temporal hangs the queue of starts does not move:
// every order of a drink is refused, and afterwards exactly the orders exist that an
// answer named. Then orders are accepted again.
func TestAdmission_EngineStopped(t *testing.T) {
	t.Parallel()
	var wire *proxy
	s := bootAudited(t, func(o *app.Options) {
		wire = newProxy(t, o.TemporalAddress)
		o.TemporalAddress = wire.Addr().String()
		o.Config.Orders.ReplyBudget = time.Second
		o.Config.Admission.Limits = admission.Limits{MaxStarts: 2, MaxWait: 4 * time.Second}
	})
	drink := s.drink(1000)
	s.finished(s.accepted(s.retries(func() answer { return s.orderCup(drink) }))) // it is in the list by then
	before := s.listed("/v1/mypages?limit=200&customerId=alice")

	wire.hang()
	answers := s.atOnce(40, func(i int) answer {
		if i%2 == 1 {
			return s.call()
		}
		return s.orderCup(drink)
	})
	wire.resume()
	overloaded, named := 0, ""
	for _, a := range answers {
		switch {
		case a.body.Code == string(admission.Overloaded):
			require.Regexp(t, "^[1-9][0-9]*$", a.header.Get("Retry-After"))
			overloaded++
		case a.status == http.StatusServiceUnavailable, a.status == http.StatusAccepted:
			named += string(a.raw) // it may have been started
		default:
			require.Fail(t, "answered without an engine", "%d %s", a.status, a.raw)
		}
	}
	require.Positive(t, overloaded)
	require.Positive(t, s.measured(`yeyak_http_requests_shed_total\{budget="starts",cause="\w+"\}`))

	last := s.retries(func() answer { return s.orderCup(drink) })
	require.Contains(t, []int{http.StatusCreated, http.StatusAccepted}, last.status, "%s", last.raw)
	s.requireClean()
	for _, order := range s.listed("/v1/mypages?limit=200&customerId=alice") {
		if !slices.Contains(before, order) && order != last.body.ID {
			require.Contains(t, named, order, "it exists, and no answer named it")
		}
	}
}
