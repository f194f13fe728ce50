package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

// TestDeadline_LedgerAway: an order that cannot be charged in time, since our payments database is away, is cancelled. It is never charged or made.
func TestDeadline_LedgerAway(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	s := bootAudited(t, shortBudget, func(o *app.Options) {
		o.Config.Databases.Payments = config.URL(cluster.New(t))
		o.Config.Overload.PayWithin = 5 * time.Second
	})
	menu := s.menu()
	require.NoError(t, cluster.Stop())
	order := s.post(foodOrders, meal(menu)).with(t, http.StatusAccepted).body.ID
	s.becomes(order, booking.Cancelling) // while it is away
	require.Equal(t, booking.PaymentUnavailable, s.page(order).Reason)
	s.eventually(func() bool { return s.attempts(order, "ChargePayment") == 0 }) // one that has begun may still charge, and is refunded
	require.NoError(t, cluster.Start())
	s.becomes(order, booking.Cancelled)
	charged, _ := s.atProvider()
	require.Zero(t, charged)
	require.NotEqual(t, booking.Status(booking.JobStarted), s.get(deliveries+"/"+order).body.Status)
	require.Empty(t, s.messagesTo("bora", order))
	s.requireClean()
}

// TestDeadline_DeliveryTooLate: a paid order that cannot be handed over in time is
// refunded.
func TestDeadline_DeliveryTooLate(t *testing.T) {
	t.Parallel()
	s := bootAudited(t, shortBudget, func(o *app.Options) {
		o.Config.Overload.Policy, o.Config.Orders.HandOverWithin = config.OverloadReject, 15*time.Second
	})
	s.outages.deliveries.begin(errAway)
	menu := s.menu()
	order := s.retries(func() answer { // on a busy machine a charge may be late, and the order is refused
		return s.post(foodOrders, meal(menu))
	}).body.ID
	s.becomes(order, booking.Cancelling)
	s.outages.deliveries.end()
	require.Equal(t, booking.TooLate, s.becomes(order, booking.Cancelled).Reason)
	charged, refunded := s.atProvider()
	require.Equal(t, charged, refunded)
	s.requireClean()
}

// TestDeadline_DrinksDayHasPassed: a drink that is never handed over does not stay in
// production for ever.
func TestDeadline_DrinksDayHasPassed(t *testing.T) {
	t.Parallel()
	s := bootAudited(t)
	drink := s.drink(3)
	// For this process the order is too late after some seconds. If the machine takes
	// longer to start it and to place the order, the next process has more time.
	o := s.options
	o.Migrate, o.Config.Worker.Serve = false, nil
	order := ""
	for within := 20 * time.Second; order == ""; within *= 2 {
		require.Less(t, within, waitLimit*4)
		o.Config.Orders.ServeAfterDay = -time.Until(booking.Drink{Date: inDays(1), TimeZone: "Asia/Seoul"}.Ends()) + within
		soonTooLate := start(t, o)
		if a := soonTooLate.post(cafeOrders, cup(drink)); a.status == http.StatusCreated {
			order = a.body.ID
		}
	}
	require.Equal(t, booking.TooLate, s.becomes(order, booking.Cancelled).Reason)
	charged, refunded := s.atProvider()
	require.Positive(t, charged)
	require.Equal(t, charged, refunded)
	require.EqualValues(t, booking.JobCancelled, s.get(productions+"/"+order).with(t, http.StatusOK).body.Status)
	require.Empty(t, s.listed(productions+"?status=started&menuId="+drink))
	s.requireClean()
}
