package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

// ofOne sets the limits of one caller.
func ofOne(l admission.Limits) func(*app.Options) {
	return func(o *app.Options) { o.Config.Admission.Limits = l }
}

// nameless is an API without callers: requests count against their address.
func nameless(o *app.Options) { o.Config.Auth = config.Auth{Mode: config.AuthOff} }

// forwarded is the header in which a proxy names its client.
const forwarded = "X-Forwarded-For"

// TestLimits_Requests: an address over its quota is refused before anything is done,
// and served again after a moment; others are served.
func TestLimits_Requests(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, nameless, ofOne(admission.Limits{PerSecond: 1}))
	place := s.place(100)
	reserve := func(from, key string) answer {
		return s.post(reservations, reservation(place), forwarded, from, "Idempotency-Key", key)
	}
	for range 40 { // nearby addresses are not counted
		require.Empty(t, s.get("/v1/mypages?customerId=alice").with(t, http.StatusOK).header.Get("RateLimit"))
	}
	first := reserve("203.0.113.7", "first").with(t, http.StatusCreated)
	require.Equal(t, `"caller";q=10;w=10`, first.header.Get("RateLimit-Policy"))
	require.Equal(t, `"caller";r=9;t=1`, first.header.Get("RateLimit"))
	var refused answer
	s.eventually(func() bool { // ten at once, and one more each second
		for range 10 {
			if refused = s.get("/v1/mypages/unknown", forwarded, "203.0.113.7"); refused.status == http.StatusTooManyRequests {
				return true
			}
		}
		return false
	})
	require.Equal(t, "too_many_requests", refused.body.Code)
	require.Equal(t, "1", refused.header.Get("Retry-After"))
	require.Equal(t, `"caller";r=0;t=1`, refused.header.Get("RateLimit"))
	require.Positive(t, s.measured(`yeyak_callers_refused_total\{of="requests"\}`))

	other := reserve("203.0.113.8", "other").with(t, http.StatusCreated)
	var later answer
	s.eventually(func() bool {
		later = reserve("203.0.113.7", "later")
		return later.status != http.StatusTooManyRequests
	})
	later = later.with(t, http.StatusCreated)
	want := []string{first.body.ID, other.body.ID, later.body.ID}
	for _, order := range want {
		s.becomes(order, booking.Confirmed)
	}
	s.eventually(func() bool { return len(s.listed("/v1/mypages?customerId=alice")) >= len(want) })
	require.ElementsMatch(t, want, s.listed("/v1/mypages?customerId=alice"), "nothing else was started")
	s.requireClean()
}

// TestLimits_Callers: requests with a token count against its person, from any address.
func TestLimits_Callers(t *testing.T) {
	t.Parallel()
	s := boot(t, ofOne(admission.Limits{PerSecond: 1}))
	alice, minho := s.person("alice", booking.CustomerRole), s.person("minho", booking.CustomerRole)
	s.eventually(func() bool { // ten at once, and one more each second
		for range 12 {
			if a := s.get("/v1/self", "Authorization", "Bearer "+alice.token); a.status == http.StatusTooManyRequests {
				return a.body.Code == "too_many_requests" && a.header.Get("Retry-After") == "1"
			}
		}
		return false
	})
	s.get("/v1/self", "Authorization", "Bearer "+minho.token).with(t, http.StatusOK)
}

// TestLimits_Inbox: while Temporal is away, one customer cannot fill the inbox.
func TestLimits_Inbox(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t, ofOne(admission.Limits{PerSecond: 1000, MaxInboxOfOne: 3}))
	c.wire.cut()
	var ids []string
	for _, a := range []answer{c.orderAgain(0), c.orderAgain(1), c.orderAgain(2)} {
		ids = append(ids, a.with(t, http.StatusAccepted).body.ID)
	}
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == len(ids) })
	for _, again := range []func() answer{func() answer { return c.orderAgain(3) }, func() answer { return c.orderAgain(4) }} {
		a := again().with(t, http.StatusTooManyRequests)
		require.Equal(t, "too_many_orders_of_yours", a.body.Code)
		require.Regexp(t, "^[1-9][0-9]*$", a.header.Get("Retry-After"))
		require.Nil(t, a.body.Order)
	}
	require.Equal(t, ids[0], c.orderAgain(0).with(t, http.StatusAccepted).body.ID, "an accepted order is answered as before")
	bobs := c.order(c.menu, object{"customerId": "bob"}).with(t, http.StatusAccepted).body.ID
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 4 })
	require.Equal(t, 2, c.measured(`yeyak_callers_refused_total\{of="inbox"\}`))
	require.ElementsMatch(t, ids, c.listed("/v1/mypages?customerId=alice"), "no other order was accepted")

	c.wire.resume()
	for _, id := range append(ids, bobs) {
		c.isStarted(id)
	}
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
	a := c.orderAgain(3)
	require.Contains(t, []int{http.StatusCreated, http.StatusAccepted}, a.status, "%s", a.raw)
	c.isStarted(a.body.ID)
	c.requireClean()
}

// TestLimits_InboxOfOneCaller: a caller that orders for any number of customers cannot fill it
// either. A customer who orders meanwhile is served.
func TestLimits_InboxOfOneCaller(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t, ofOne(admission.Limits{PerSecond: 1000, MaxInboxOfOne: 1}))
	alice := c.person("alice", booking.CustomerRole)
	c.wire.cut()
	var ids []string
	for n := range 10 {
		ids = append(ids, c.order(c.menu, object{"customerId": fmt.Sprint("guest-", n)}).with(t, http.StatusAccepted).body.ID)
	}
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == len(ids) })
	refused := c.order(c.menu, object{"customerId": "guest-10"}).with(t, http.StatusTooManyRequests)
	require.Equal(t, "too_many_orders_of_yours", refused.body.Code)
	ids = append(ids, alice.posts("/v1/food/orders", object{"menuId": c.menu, "quantity": 1, "address": "here"}, http.StatusAccepted).ID)
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == len(ids) })

	c.wire.resume()
	for _, id := range ids {
		c.isStarted(id)
	}
	c.requireClean()
}

// TestLimits_Calls: one customer cannot have all waiting calls.
func TestLimits_Calls(t *testing.T) {
	t.Parallel()
	limits := ofOne(admission.Limits{PerSecond: 1000, MaxCallsOfOne: 2, MaxWaitingCalls: 3})
	eachStorageWith(t, limits, func(t *testing.T, s *system) {
		var waiting []string
		for range 2 {
			waiting = append(waiting, s.call().with(t, http.StatusCreated).body.ID)
			s.finished(waiting[len(waiting)-1]) // it has its place in the queue
		}
		mine := func() answer { return s.post(calls, visit(), "Idempotency-Key", "k") }
		for range 2 {
			a := mine().with(t, http.StatusTooManyRequests)
			require.Equal(t, "too_many_calls_of_yours", a.body.Code)
			require.Equal(t, "60", a.header.Get("Retry-After"))
			require.Nil(t, a.body.Order)
		}
		bobs := s.call(object{"customerId": "bob"}).with(t, http.StatusCreated).body.ID
		s.finished(bobs)
		full := s.call(object{"customerId": "carol"}).with(t, http.StatusServiceUnavailable)
		require.Equal(t, "too_many_calls_waiting", full.body.Code)
		require.ElementsMatch(t, waiting, s.listed("/v1/mypages?customerId=alice"), "nothing was started")
		charged, _ := s.atProvider()
		require.EqualValues(t, 3*30000, charged)
		require.Equal(t, 2, s.measured(`yeyak_callers_refused_total\{of="calls"\}`))

		s.decideAt(calls+"/"+waiting[0], "cancel").with(t, http.StatusOK)
		mine().with(t, http.StatusCreated)
	})
}

// TestLimits_Streams: one address cannot have all event streams.
func TestLimits_Streams(t *testing.T) {
	t.Parallel()
	s := boot(t, nameless, ofOne(admission.Limits{PerSecond: 1000, MaxStreams: 3, MaxStreamsOfOne: 2}))
	ctx, leave := context.WithTimeout(t.Context(), waitLimit)
	defer leave()
	open := func(ctx context.Context, from string) int {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/events", nil)
		require.NoError(t, err)
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set(forwarded, from)
		a, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = a.Body.Close() })
		return a.StatusCode
	}
	short, hangUp := context.WithCancel(ctx)
	defer hangUp()
	require.Equal(t, http.StatusOK, open(short, "203.0.113.7"))
	require.Equal(t, http.StatusOK, open(ctx, "203.0.113.7"))
	require.Equal(t, http.StatusTooManyRequests, open(ctx, "203.0.113.7"))
	require.Equal(t, http.StatusOK, open(ctx, "203.0.113.8"))
	require.Equal(t, http.StatusServiceUnavailable, open(ctx, "203.0.113.9"), "there are no more streams for any address")
	s.get("/v1/events", forwarded, "203.0.113.7").with(t, http.StatusOK)
	require.Equal(t, 1, s.measured(`yeyak_callers_refused_total\{of="streams"\}`))
	hangUp()
	s.eventually(func() bool { return open(ctx, "203.0.113.7") == http.StatusOK })
}
