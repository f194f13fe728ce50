package e2e

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestAway_Inventory: reservations are accepted while the inventory's database hangs,
// and only the first few wait for its time-out.
//
// Row L9.
func TestAway_Inventory(t *testing.T) {
	t.Parallel()
	own, err := url.Parse(pgtest.New(t))
	require.NoError(t, err)
	wire := newProxy(t, own.Host)
	own.Host = wire.Addr().String()
	s := boot(t, func(o *app.Options) {
		o.Config.Databases.Inventory = config.URL(own.String())
		o.Config.Orders.ReplyBudget = time.Second // enough for several requests while the breaker is open
	})
	place := s.place(100)
	s.becomes(s.reserve(place).body.ID, booking.Confirmed)

	wire.hang()
	var orders []string
	spared := 0
	s.eventually(func() bool {
		// Several at once: the breaker lets at most one of them try.
		for _, a := range s.atOnce(5, func(int) answer { return s.reserve(place) }) {
			order := a.with(t, http.StatusAccepted).body.ID
			s.becomes(order, booking.Paid)
			s.eventually(func() bool { return s.attempts(order, "HoldStock") > 0 })
			orders = append(orders, order)
			if s.isSpared(order, "HoldStock") {
				spared++
			}
		}
		return spared >= 5
	})
	require.Greater(t, len(orders), spared, "it did hang")
	wire.resume()
	for _, order := range orders {
		s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Confirmed })
	}
	require.Equal(t, []int{99 - len(orders), 99 - len(orders)}, s.remaining(place))
	charged, refunded := s.atProvider()
	require.EqualValues(t, (1+len(orders))*100000, charged)
	require.Zero(t, refunded)
}

// isSpared reports whether a breaker kept an order's step from running in place.
func (s *system) isSpared(order, step string) bool {
	s.Helper()
	for _, e := range s.history(order) {
		marker := e.GetMarkerRecordedEventAttributes()
		if strings.Contains(marker.GetDetails()["data"].String(), step) && strings.Contains(marker.GetFailure().String(), gobreaker.ErrOpenState.Error()) {
			return true
		}
	}
	return false
}

// TestAway_ReadModel: reservations are confirmed with 201 without the read model's
// database; rows and events appear when it is back.
func TestAway_ReadModel(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	s := boot(t, func(o *app.Options) { o.Config.Databases.Mypage = config.URL(cluster.New(t)) })
	place := s.place(5)
	require.NoError(t, cluster.Stop())
	a := s.reserve(place).with(t, http.StatusCreated)
	require.Equal(t, booking.Confirmed, a.body.Status)
	s.get(a.header.Get("Location")).with(t, http.StatusOK) // an address that was answered is never 404
	s.eventually(func() bool { return s.get(a.header.Get("Location")).body.Status == booking.Confirmed })
	s.get("/v1/mypages?customerId=alice").with(t, http.StatusServiceUnavailable)
	require.NoError(t, cluster.Start())
	s.eventually(func() bool { return len(s.get("/v1/mypages?customerId=alice").body.Items) == 1 })
	s.requireEvents(a.body.ID, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged confirmed")
}

// door blocks charges before the payment provider while it is locked.
type door struct {
	activities.PaymentProvider
	sync.RWMutex
	before atomic.Int32 // charges under way
}

// build puts the door before a system's payment provider.
func (d *door) build(o *app.Options) {
	o.Decorate.Provider = func(p activities.PaymentProvider) activities.PaymentProvider {
		d.PaymentProvider = p
		return d
	}
}

// Charge implements activities.PaymentProvider.
func (d *door) Charge(ctx context.Context, c booking.Charge) (string, error) {
	d.before.Add(1)
	defer d.before.Add(-1)
	d.RLock()
	defer d.RUnlock()
	return d.PaymentProvider.Charge(ctx, c)
}

// TestAway_PaymentSlow: an order with a slow payment is accepted; its customer may
// cancel meanwhile, and is not charged in the end.
func TestAway_PaymentSlow(t *testing.T) {
	t.Parallel()
	provider := &door{}
	s := boot(t, shortBudget, provider.build)
	place := s.place(2)
	provider.Lock() // longer than any budget on any machine
	a := s.reserve(place).with(t, http.StatusAccepted)
	s.becomes(a.body.ID, booking.PaymentPending)
	s.eventually(func() bool { return provider.before.Load() > 0 }) // a charge is under way
	s.decide(a.body.ID, "cancel")
	s.becomes(a.body.ID, booking.Cancelled)
	provider.Unlock() // the charge that was under way during the cancel arrives now
	s.eventually(func() bool { return provider.before.Load() == 0 })
	charged, refunded := s.atProvider()
	require.Equal(t, charged, refunded)
	require.Equal(t, []int{2, 2}, s.remaining(place))

	provider.Lock()
	waiting := s.reserve(place).with(t, http.StatusAccepted)
	provider.Unlock()
	s.becomes(waiting.body.ID, booking.Confirmed)
	s.eventually(func() bool { return provider.before.Load() == 0 })
	charged2, refunded2 := s.atProvider()
	require.EqualValues(t, 100000, charged2-refunded2, "one charge, however often it was requested")
}

// TestAway_PaymentLosesAnswers: the charge is made and its answer lost. A retry with
// the same key gets the answer.
func TestAway_PaymentLosesAnswers(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget)
	place := s.place(2)
	s.sandbox(object{"loseAnswers": true})
	one := s.reserve(place).with(t, http.StatusAccepted).body.ID
	two := s.reserve(place).with(t, http.StatusAccepted).body.ID
	s.eventually(func() bool { charged, _ := s.atProvider(); return charged == 2*100000 })
	s.acceptsPending(func() answer { return s.decide(two, "cancel") })
	s.sandbox(object{})
	s.eventually(func() bool { return s.get("/v1/mypages/"+one).body.Status == booking.Confirmed })
	s.eventually(func() bool { return s.get("/v1/mypages/"+two).body.Status == booking.Cancelled })
	charged, refunded := s.atProvider()
	require.EqualValues(t, 2*100000, charged)
	require.EqualValues(t, 100000, refunded)
}

// TestAway_Temporal: orders of drinks and cleaners are refused at once; existing orders
// can be read. Other orders wait, and so do decisions: see TestInbox_EngineAway and
// TestKept_OwnerDecidedInTime.
func TestAway_Temporal(t *testing.T) {
	t.Parallel()
	var wire *proxy
	s := boot(t, shortBudget, func(o *app.Options) {
		wire = newProxy(t, o.TemporalAddress)
		o.TemporalAddress = wire.Addr().String()
	})
	place := s.place(500) // each repeat takes a room
	order := s.accepted(s.reserve(place))
	s.finished(order)
	drink := s.drink(5)
	wire.cut()
	s.eventually(wire.isNoticed)
	s.get("/v1/mypages/"+order+"?fresh=true").with(t, http.StatusServiceUnavailable)
	a := s.orderCup(drink).with(t, http.StatusServiceUnavailable)
	require.Equal(t, "temporal_unavailable", a.body.Code)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Empty(t, a.header.Get("Location"))
	s.call().with(t, http.StatusServiceUnavailable)
	repeat := s.post(cafeOrders, cup(drink), "Idempotency-Key", "k1").with(t, http.StatusServiceUnavailable)
	require.NotEmpty(t, repeat.header.Get("Location"), "it may have been sent before")
	require.Equal(t, booking.Confirmed, s.decide(order, "cancel").with(t, http.StatusAccepted).body.Status)
	require.Equal(t, booking.Confirmed, s.get("/v1/mypages/"+order).with(t, http.StatusOK).body.Status)
	require.Len(t, s.get("/v1/mypages?customerId=alice").with(t, http.StatusOK).body.Items, 1)
	ready := s.get("/readyz").with(t, http.StatusOK)
	require.Contains(t, string(ready.raw), "temporal", "degraded, and says what with")
	wire.resume()
	s.eventually(func() bool { return s.reserve(place).status == http.StatusCreated })
	s.becomes(order, booking.Cancelled)
	s.get(repeat.header.Get("Location")).with(t, http.StatusNotFound)
}

// TestAway_Workers: orders are accepted without workers, and completed when there are
// any.
func TestAway_Workers(t *testing.T) {
	t.Parallel()
	o := options(t)
	shortBudget(&o)
	onPostgreSQL(t, &o)
	o.Config.Worker.Serve = nil
	s := start(t, o)
	place := s.place(1)
	a := s.reserve(place).with(t, http.StatusAccepted)
	require.Equal(t, booking.Received, a.body.Status)
	require.Equal(t, booking.Received, s.get(a.header.Get("Location")).with(t, http.StatusOK).body.Status)

	other := s.reserve(s.place(1)).with(t, http.StatusAccepted).body.ID
	require.Equal(t, booking.Received, s.decide(other, "cancel").with(t, http.StatusAccepted).body.Status)

	o.API, o.Config.Worker.Serve = false, contract.Queues()
	start(t, o)
	s.eventually(func() bool { return s.get("/v1/mypages/"+a.body.ID).body.Status == booking.Confirmed })
	s.eventually(func() bool { return s.get("/v1/mypages/"+other).body.Reason == booking.ByCustomer })
	second := s.made(func() answer { return s.post(reservations, reservation(place), "Idempotency-Key", "second") }).with(t, http.StatusConflict)
	require.Equal(t, "sold_out", second.body.Code, "decided in another process, read from the database")
}

// TestNeedsAttention: an undo that keeps failing is visible everywhere, and ends by
// itself when its cause is gone.
func TestNeedsAttention(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Second })
	place := s.place(1)
	order := s.accepted(s.reserve(place))
	s.sandbox(object{"down": true})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })

	marked := func() []string { return s.search("NeedsAttention = true") }
	s.eventually(func() bool { return len(marked()) == 1 })
	require.Equal(t, []string{order}, marked())
	s.eventually(func() bool { v := s.page(order); return v.Status == booking.Cancelling && v.NeedsAttention })
	require.Regexp(t, `yeyak_orders_marked_for_attention_total{[^}]*kind="lodging"[^}]*} 1\n`, string(s.get("/metrics").raw))
	require.Contains(t, s.logged(), "order needs attention")

	s.sandbox(object{})
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Cancelled })
	s.requireUndone(order, place, 1, booking.ByCustomer)
	s.eventually(func() bool { return len(marked()) == 0 })
	require.False(t, s.get("/v1/mypages/"+order).body.NeedsAttention)
}
