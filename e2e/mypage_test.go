package e2e

import (
	"context"
	"database/sql"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workflows/contract"
)

// alter executes a statement in the system's database, bypassing the services.
func (s *system) alter(statement string, args ...any) {
	s.Helper()
	db := bun.NewDB(sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(string(s.options.Config.Databases.Front)))), pgdialect.New())
	defer db.Close()
	_, err := db.NewRaw(statement, args...).Exec(s.Context())
	require.NoError(s, err)
}

// pages are a customer's orders in mypage's list, by their ids.
func (s *system) pages() map[string]contract.View {
	s.Helper()
	var list struct{ Items []contract.View }
	s.get("/v1/mypages?customerId=alice&limit=200").with(s, http.StatusOK).into(s, &list)
	views := map[string]contract.View{}
	for _, v := range list.Items {
		views[v.ID] = v
	}
	return views
}

// fresh is an order as its workflow answers.
func (s *system) fresh(order string) (v contract.View) {
	s.Helper()
	answer, err := s.temporal.QueryWorkflow(s.Context(), order, "", contract.ViewQuery)
	require.NoError(s, err)
	require.NoError(s, answer.Get(&v))
	return v
}

// requirePages waits until mypage shows the orders as their workflows do.
func (s *system) requirePages(orders []string) {
	s.Helper()
	s.eventually(func() bool { return len(s.pages()) == len(orders) })
	for _, order := range orders {
		s.eventually(func() bool { return s.pages()[order].Version == s.fresh(order).Version })
		s.eventually(func() bool { return assert.ObjectsAreEqual(s.fresh(order), s.page(order).View) }) // a list leaves personal data out
	}
}

// TestMypage_IsRepaired: missing and outdated rows are found and repaired from the
// workflows' queries.
func TestMypage_IsRepaired(t *testing.T) {
	t.Parallel()
	s := boot(t)
	orders := s.oneOfEach()
	s.requirePages(orders)
	s.alter("DELETE FROM orders WHERE id IN (?)", bun.List(orders[:2]))
	s.alter("UPDATE orders SET status = 'received', version = 1, view = json_build_object('id', id, 'status', 'received', 'history', json_build_array()) WHERE id = ?", orders[2])
	healed := 0
	s.eventually(func() bool { // an order that does not answer in time is left to the next repair
		var done contract.Repair
		run, err := s.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.SagasQueue}, contract.RepairWorkflow, contract.Repair{Pages: 9})
		require.NoError(t, err)
		require.NoError(t, s.outcome(run, &done))
		healed += done.Healed
		return healed >= 3
	})
	require.Equal(t, 3, healed)
	s.requirePages(orders)
}

// TestMypage_RepairsItself: repairs run without a request.
func TestMypage_RepairsItself(t *testing.T) {
	t.Parallel()
	s := boot(t, func(o *app.Options) { o.Config.Mypage.RepairEvery = time.Second })
	order := s.reserve(s.place(5)).with(t, http.StatusCreated).body.ID
	s.requirePages([]string{order})
	s.alter("DELETE FROM orders")
	s.requirePages([]string{order})
}

// TestMypage_IsRebuilt: the whole table is rewritten, whatever its content.
func TestMypage_IsRebuilt(t *testing.T) {
	t.Parallel()
	s := boot(t)
	orders := s.oneOfEach()
	s.requirePages(orders)
	s.alter("DELETE FROM orders WHERE id = ?", orders[0])
	s.alter("UPDATE orders SET status = 'cancelled', version = 9000000000000000, view = json_build_object('id', id, 'status', 'cancelled', 'history', json_build_array()) WHERE id = ?", orders[1])
	done, err := app.RebuildMypage(context.WithoutCancel(t.Context()), s.options)
	require.NoError(t, err)
	require.EqualValues(t, 4, done.Orders)
	require.EqualValues(t, 4, done.Written)
	require.Zero(t, done.Unanswered)
	s.requirePages(orders)
	require.Equal(t, booking.AwaitingOwner, s.page(orders[0]).Status)

	s.decideAt(foodOrders+"/"+orders[1], "cancel").with(t, http.StatusOK) // it goes on from there
	s.becomes(orders[1], booking.Cancelled)
}

// TestMypage_FedByQueriesAlone: with MYPAGE_FEED=query the sagas write no rows; the
// rows come from the workflows' queries.
//
// Row O14.
func TestMypage_FedByQueriesAlone(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, func(o *app.Options) { o.Config.Mypage.Feed = config.FeedQuery }, func(t *testing.T, s *system) {
		orders := s.oneOfEach()
		s.requirePages(orders)
		s.decideAt(deliveries+"/"+orders[1], "complete").with(t, http.StatusOK)
		s.decideAt(cafeOrders+"/"+orders[2], "cancel").with(t, http.StatusOK)
		s.becomes(orders[1], booking.Delivered)
		s.becomes(orders[2], booking.Cancelled)
		s.requirePages(orders)
		s.requireEvents(orders[1], "OrderPlaced", "PaymentApproved", "DeliveryStarted", "DeliveryCompleted")

		request := object{"menuId": s.menu(), "customerId": "alice", "quantity": 1, "address": "here"}
		first := s.post(foodOrders, request, "Idempotency-Key", "k").with(t, http.StatusCreated)
		s.becomes(first.body.ID, booking.Delivering)
		again := s.post(foodOrders, request, "Idempotency-Key", "k").with(t, http.StatusCreated)
		require.Equal(t, first.body.View, again.body.View)
	})
}

// TestMypages_ManyFreshAfterAPause: more queries at once than the worker has polls,
// after a pause without any poll.
func TestMypages_ManyFreshAfterAPause(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(60)
	var orders []string
	for range 20 {
		orders = append(orders, s.reserve(place).with(t, http.StatusCreated).body.ID)
	}
	time.Sleep(21 * time.Second) // after 20 s without a poll a worker counts as gone
	for _, a := range s.atOnce(100, func(i int) answer { return s.get("/v1/mypages/" + orders[i%len(orders)] + "?fresh=true") }) {
		require.Equal(t, booking.Confirmed, a.with(t, http.StatusOK).body.Status)
	}
}
