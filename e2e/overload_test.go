package e2e

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workflows/contract"
)

// slowCallBreaker configures a breaker that four slow calls open, long enough to be checked.
func slowCallBreaker(o *app.Options) {
	o.Config.Overload.Breaker.MinCalls, o.Config.Overload.Breaker.OpenFor = 4, 8*time.Second
}

func rejecting(o *app.Options) { o.Config.Overload.Policy = config.OverloadReject }

// overloaded makes payments slow, and orders until the breaker opens. These orders are
// answered in the end.
func (s *system) overloaded(place string) (orders []answer) {
	s.Helper()
	s.sandbox(object{"latency": "900ms"})
	return s.atOnce(5, func(int) answer { return s.reserve(place) })
}

// answered are the ids of orders that overloaded has placed. On a busy machine the last one
// comes when the breaker is open, and is deferred.
func (s *system) answered(placed []answer) (orders []string) {
	s.Helper()
	deferred := 0
	for _, a := range placed {
		require.Contains(s, []int{http.StatusCreated, http.StatusAccepted}, a.status, "%s", a.raw)
		if a.body.PaymentDeferred != nil {
			deferred++
		}
		orders = append(orders, a.body.ID)
	}
	require.LessOrEqual(s, deferred, 1)
	return orders
}

// untilDeferred places orders until one is deferred. The breaker has let the earlier ones
// try: sometimes it probes the provider.
func (s *system) untilDeferred(place string) (deferred answer, tried []string) {
	s.Helper()
	s.eventually(func() bool {
		deferred = s.reserve(place)
		if deferred.status == http.StatusCreated || deferred.body.PaymentDeferred == nil {
			tried = append(tried, deferred.body.ID)
			return false
		}
		deferred = deferred.with(s, http.StatusAccepted)
		return true
	})
	return deferred, tried
}

// TestPaymentOverload_Defers: while payment is overloaded, new orders wait for a moment
// and are paid a little later.
//
// Rows L10, O2.
func TestPaymentOverload_Defers(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, slowCallBreaker)
	place := s.place(50)
	orders := s.answered(s.overloaded(place))

	begun := time.Now()
	a, tried := s.untilDeferred(place)
	orders = append(append(orders, tried...), a.body.ID)
	require.Equal(t, booking.PaymentPending, a.body.Status)
	require.WithinRange(t, a.body.PaymentDeferred.Until, begun.Add(10*time.Minute), time.Now().Add(10*time.Minute))
	require.Equal(t, booking.PaymentPending, s.page(a.body.ID).Status)
	require.Contains(t, s.listed("/v1/mypages?customerId=alice&limit=200"), a.body.ID)
	status, _, _ := s.payment(a.body.ID)
	require.Equal(t, "deferred", status)
	s.eventually(func() bool { return len(s.messagesTo("alice", a.body.ID)) == 1 })
	require.Contains(t, s.messagesTo("alice", a.body.ID)[0], "a little later")

	s.eventually(func() bool { return strings.Contains(s.degraded()["payment provider"], "payments deferred") })
	require.Positive(t, s.measured(`yeyak_payment_breaker_changes_total\{to="open"\}`))

	s.sandbox(object{})
	for _, order := range orders {
		require.Nil(t, s.becomes(order, booking.Confirmed).PaymentDeferred)
	}
	s.eventually(func() bool { return s.degraded()["payment provider"] == "" })
	s.reserve(place).with(t, http.StatusCreated)
	require.Equal(t, len(orders)+1, s.requireClean().Orders)
}

// degraded are the dependencies that the process has to do without.
func (s *system) degraded() map[string]string {
	s.Helper()
	var ready struct{ Degraded map[string]string }
	s.get("/readyz").with(s, http.StatusOK).into(s, &ready)
	return ready.Degraded
}

// TestPaymentOverload_DeferredInTheirOrder: queued payments are charged in their order,
// at a limited rate, and before later ones.
//
// Row L10.
func TestPaymentOverload_DeferredInTheirOrder(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, slowCallBreaker, func(o *app.Options) { o.Config.Overload.DeferredPerSecond = 2 })
	place := s.place(100)
	s.overloaded(place)
	var orders []string
	for range 10 {
		a, _ := s.untilDeferred(place)
		orders = append(orders, a.body.ID)
	}
	s.sandbox(object{})
	s.becomes(orders[0], booking.Confirmed)
	late := s.accepted(s.reserve(place))
	var paid []time.Time // by the provider's clock: sagas get the results as soon as the machine is fast enough
	for _, order := range append(orders, late) {
		s.becomes(order, booking.Confirmed)
		paid = append(paid, s.chargedAt(order))
	}
	require.WithinRange(t, paid[10], paid[9].Add(-time.Second), time.Now(), "the latest order was not charged first")
	require.Greater(t, paid[9].Sub(paid[0]), 2*time.Second, "two a second, after those of the first")
	for i := range 8 { // workers take several at a time
		require.Less(t, paid[i].Sub(paid[i+2]), 2*time.Second, "roughly oldest first: %v", paid)
	}
	s.requireClean()
}

// chargedAt is when the provider was called to charge an order.
func (a *audited) chargedAt(order string) (at time.Time) {
	a.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(string(a.options.Config.Databases.Front))))
	defer db.Close()
	require.NoError(a, db.QueryRowContext(a.Context(), "SELECT at FROM sandbox_charges WHERE order_id = $1", order).Scan(&at))
	return at
}

// TestPaymentOverload_DeferredWhereOrdersAreFew: few failures do not open the breaker,
// and the customer gets an answer nevertheless.
//
// Row L10.
func TestPaymentOverload_DeferredWhereOrdersAreFew(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, shortBudget)
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(1)).with(t, http.StatusAccepted).body.ID
	require.Nil(t, s.page(order).PaymentDeferred)
	s.eventually(func() bool { return s.page(order).PaymentDeferred != nil })
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 1 })
	s.sandbox(object{})
	s.becomes(order, booking.Confirmed)
	s.requireCharged(order, 100_000)
	s.requireClean()
}

// TestPaymentOverload_DeferredAndCancelled: an order with a deferred payment can be
// cancelled, and is never charged.
//
// Row L10.
func TestPaymentOverload_DeferredAndCancelled(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, slowCallBreaker, func(o *app.Options) { o.Config.Overload.Breaker.OpenFor = 30 * time.Second })
	place := s.place(50)
	others := s.answered(s.overloaded(place))
	a, tried := s.untilDeferred(place)
	others = append(others, tried...)
	order := a.body.ID
	s.sandbox(object{"down": true})
	s.decide(order, "cancel").with(t, http.StatusOK)
	status, _, _ := s.payment(order)
	require.Equal(t, "voided", status, "though the provider does not answer")
	s.eventually(func() bool { return len(s.messagesTo("alice", order)) == 2 })
	s.sandbox(object{})
	s.eventually(func() bool { return !strings.Contains(s.degraded()["payment provider"], "breaker open") })
	for _, other := range append(others, s.accepted(s.reserve(place))) {
		s.becomes(other, booking.Confirmed)
	}
	s.becomes(order, booking.Cancelled)
	charged, refunded := s.atProvider()
	require.EqualValues(t, 100_000*(1+len(others)), charged-refunded, "nothing for it")
	s.requireClean()
}

// TestPaymentOverload_DeferredTooLong: an order whose payment is deferred for too long
// is cancelled, and nothing is owed.
//
// Row L10.
func TestPaymentOverload_DeferredTooLong(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, slowCallBreaker, func(o *app.Options) {
		o.Config.Overload.PayWithin, o.Config.Overload.Breaker.OpenFor = 5*time.Second, time.Hour
	})
	place := s.place(50)
	s.overloaded(place)
	a := s.post(reservations, reservation(place), "Idempotency-Key", "k").with(t, http.StatusAccepted)
	require.Equal(t, booking.PaymentUnavailable, s.becomes(a.body.ID, booking.Cancelled).Reason)
	s.eventually(func() bool { return len(s.messagesTo("alice", a.body.ID)) == 2 })
	require.Contains(t, s.messagesTo("alice", a.body.ID)[1], "cancelled (the payment could not be made)")
	require.Equal(t, []string{}, s.messagesOfOwner(a.body.ID))

	again := s.post(reservations, reservation(place), "Idempotency-Key", "k").with(t, http.StatusAccepted)
	require.NotEqual(t, a.body.ID, again.body.ID, "a new order, since the first one was not accepted")
	require.Equal(t, booking.PaymentUnavailable, s.becomes(again.body.ID, booking.Cancelled).Reason)
	s.requireClean()
}

// messagesOfOwner are the types of the owner's messages about an order.
func (s *system) messagesOfOwner(order string) []string {
	return append([]string{}, s.messagesAbout(order)...)
}

// TestPaymentOverload_MoreThanCanBePaidFor: an order whose payment would come too late
// is refused.
//
// Row L10.
func TestPaymentOverload_MoreThanCanBePaidFor(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, slowCallBreaker, func(o *app.Options) {
		o.Config.Overload.DeferredPerSecond, o.Config.Overload.PayWithin = 1, 5*time.Second
	})
	place := s.place(50)
	s.overloaded(place)
	var accepted, late []string
	var refused answer
	s.eventually(func() bool { // more at once than there is time for, however long a reservation takes
		for _, a := range s.atOnce(10, func(int) answer { return s.reserve(place) }) {
			switch {
			case a.status == http.StatusAccepted:
				accepted = append(accepted, a.body.ID)
			case a.body.Order != nil: // it was begun, and its payment would have come too late
				late = append(late, a.body.Order.ID)
			case a.body.Code == "payment_unavailable": // nothing was started
				refused = a
			}
		}
		return refused.status == http.StatusServiceUnavailable && len(accepted) >= 5
	})
	wait, err := strconv.Atoi(refused.header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, wait)
	s.sandbox(object{})
	for _, order := range append(accepted, late...) { // those beyond what was known at that moment may be too late
		s.eventually(func() bool {
			return s.page(order).Status == booking.Confirmed || s.page(order).Status == booking.Cancelled
		})
	}
	s.requireClean()
}

// TestPaymentOverload_Rejects: without deferred payments, orders are refused while
// payment is overloaded, and nothing of them is started.
//
// Rows L10, O2.
func TestPaymentOverload_Rejects(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, slowCallBreaker, rejecting)
	place := s.place(50)
	accepted := 0
	for _, a := range s.overloaded(place) {
		if a.status == http.StatusCreated {
			accepted++
			continue
		}
		require.Equal(t, "payment_unavailable", a.with(t, http.StatusServiceUnavailable).body.Code)
		require.NotEmpty(t, a.header.Get("Retry-After"))
	}
	var a answer
	s.eventually(func() bool {
		if a = s.reserve(place); a.status == http.StatusCreated { // the breaker probes the provider
			accepted++
		}
		return a.body.Order == nil && a.status == http.StatusServiceUnavailable
	})
	require.Equal(t, "payment_unavailable", a.body.Code)
	require.Nil(t, a.body.Order, "nothing was started")
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	require.LessOrEqual(t, wait, 8, "the breaker's own clock")
	before := s.requireClean().Orders

	s.sandbox(object{})
	started := 0
	s.eventually(func() bool {
		a := s.reserve(place)
		if a.status == http.StatusCreated || a.body.Order != nil {
			started++
		}
		return a.status == http.StatusCreated
	})
	s.eventually(func() bool {
		return len(s.listed("/v1/mypages?customerId=alice&status=confirmed&limit=200")) == accepted+1
	})
	require.Equal(t, before+started, s.requireClean().Orders)
}

var errProviderFails = errors.New("the payment provider fails")

// failingProvider is a provider that can be made to fail.
type failingProvider struct {
	activities.PaymentProvider
	fails *atomic.Bool
}

func (g failingProvider) Charge(ctx context.Context, c booking.Charge) (string, error) {
	if g.fails.Load() {
		return "", errProviderFails
	}
	return g.PaymentProvider.Charge(ctx, c)
}

// TestPaymentOverload_PaymentsInAnotherProcess: an API that does not call the provider itself
// uses the state of the processes that do.
//
// Row L10.
func TestPaymentOverload_PaymentsInAnotherProcess(t *testing.T) {
	t.Parallel()
	failing := func(fails *atomic.Bool) func(o *app.Options) {
		return func(o *app.Options) {
			slowCallBreaker(o)
			o.Config.Overload.Breaker.MinCalls, o.Config.Overload.Breaker.OpenFor = 1, 8*time.Second
			o.Decorate.Provider = func(p activities.PaymentProvider) activities.PaymentProvider { return failingProvider{p, fails} }
		}
	}
	t.Run("Defer", func(t *testing.T) {
		t.Parallel()
		var fails atomic.Bool
		s, _ := bootWithout(t, contract.PaymentsQueue, failing(&fails))
		place := s.place(9)
		s.reserve(place).with(t, http.StatusCreated)
		fails.Store(true)
		first := s.reserve(place).with(t, http.StatusAccepted).body.ID
		second, tried := s.untilDeferred(place)
		s.eventually(func() bool { return strings.Contains(s.degraded()["payment provider"], "breaker open") })
		fails.Store(false)
		for _, order := range append(tried, first, second.body.ID) {
			s.becomes(order, booking.Confirmed)
		}
	})
	t.Run("Reject", func(t *testing.T) {
		t.Parallel()
		var fails atomic.Bool
		s, _ := bootWithout(t, contract.PaymentsQueue, failing(&fails), rejecting)
		place := s.place(9)
		fails.Store(true)
		started := s.reserve(place).with(t, http.StatusServiceUnavailable)
		require.NotNil(t, started.body.Order, "the failures were not known yet")
		s.eventually(func() bool { return s.reserve(place).body.Order == nil })
		require.Equal(t, "payment_unavailable", s.reserve(place).with(t, http.StatusServiceUnavailable).body.Code)
		fails.Store(false)
		s.eventually(func() bool { return s.reserve(place).status == http.StatusCreated })
	})
}
