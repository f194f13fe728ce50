package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Where things are.
const (
	menus       = "/v1/food/menus"
	foodOrders  = "/v1/food/orders"
	deliveries  = "/v1/food/deliveries"
	drinks      = "/v1/cafe/menus"
	cafeOrders  = "/v1/cafe/orders"
	productions = "/v1/cafe/productions"
	cleaners    = "/v1/cleaning/cleaners"
	calls       = "/v1/cleaning/calls"
)

// with is o with changes.
func with(o object, change []object) object {
	for _, c := range change {
		for k, v := range c {
			o[k] = v
		}
	}
	return o
}

// menu registers a menu at ₩9,000 and returns its id.
func (s *system) menu(change ...object) string {
	s.Helper()
	m := object{"name": "Bibimbap", "ownerId": "bora", "price": object{"amount": 9000, "currency": "KRW"}}
	return s.post(menus, with(m, change)).with(s, http.StatusCreated).body.ID
}

// meal is a request for two portions of a menu.
func meal(menu string, change ...object) object {
	return with(object{"menuId": menu, "customerId": "alice", "quantity": 2, "address": "12 Sejong-daero, Seoul"}, change)
}

// order orders two portions of a menu.
func (s *system) order(menu string, change ...object) answer {
	s.Helper()
	return s.post(foodOrders, meal(menu, change...))
}

// drink registers a drink for tomorrow at ₩4,500 and returns its id.
func (s *system) drink(count int, change ...object) string {
	s.Helper()
	d := object{
		"name": "Iced Americano", "ownerId": "bora", "price": object{"amount": 4500, "currency": "KRW"},
		"date": inDays(1), "count": count,
	}
	return s.post(drinks, with(d, change)).with(s, http.StatusCreated).body.ID
}

// cup is a request for one cup of a drink.
func cup(drink string, change ...object) object {
	return with(object{"menuId": drink, "customerId": "alice", "quantity": 1}, change)
}

// orderCup orders one cup of a drink.
func (s *system) orderCup(drink string, change ...object) answer {
	s.Helper()
	return s.post(cafeOrders, cup(drink, change...))
}

// cups is how many cups of a drink are left.
func (s *system) cups(drink string) int {
	s.Helper()
	var d struct{ Remaining int }
	s.get(drinks+"/"+drink).with(s, http.StatusOK).into(s, &d)
	return d.Remaining
}

// deletion returns the sale status of a drink and its deletion's progress.
func (s *system) deletion(drink string) (status string, progress booking.DrinkDeletion) {
	s.Helper()
	var d struct {
		Status   string
		Deletion booking.DrinkDeletion
	}
	s.get(drinks+"/"+drink).with(s, http.StatusOK).into(s, &d)
	return d.Status, d.Deletion
}

// cleaner registers a cleaner and returns their id.
func (s *system) cleaner(name string) string {
	s.Helper()
	return s.post(cleaners, object{"name": name}).with(s, http.StatusCreated).body.ID
}

// visit is a request for a cleaning at ₩30,000.
func visit(change ...object) object {
	v := object{
		"customerId": "alice", "tel": "+82 2-123-4567", "location": "12 Sejong-daero, Seoul",
		"price": object{"amount": 30000, "currency": "KRW"},
	}
	return with(v, change)
}

// call calls a cleaner.
func (s *system) call(change ...object) answer {
	s.Helper()
	return s.post(calls, visit(change...))
}

// decideAt sends a decision to the address of an order, a delivery or a production.
func (s *system) decideAt(path, decision string) answer {
	s.Helper()
	return s.post(path+"/"+decision, nil)
}

// page is an order as its customer reads it.
func (s *system) page(order string) body {
	s.Helper()
	return s.get("/v1/mypages/"+order).with(s, http.StatusOK).body
}

// becomes waits until an order's page shows a status.
func (s *system) becomes(order string, want booking.Status) body {
	s.Helper()
	s.eventually(func() bool { return s.page(order).Status == want })
	return s.page(order)
}

// isAt waits until the delivery or production at an address, whose database may be
// away, has a status.
func (s *system) isAt(path string, want booking.JobStatus) body {
	s.Helper()
	var found answer
	s.eventually(func() bool {
		found = s.get(path)
		return found.status == http.StatusOK && found.body.Status == booking.Status(want)
	})
	return found.body
}

// requireCharged checks that an order's price was charged and not refunded.
func (s *system) requireCharged(order string, price int64) {
	s.Helper()
	status, amount, refunded := s.payment(order)
	require.Equal(s, "charged", status)
	require.Equal(s, price, amount)
	require.Zero(s, refunded)
}

// requireRefunded waits until an order's whole price was refunded.
func (s *system) requireRefunded(order string, price int64) {
	s.Helper()
	s.eventually(func() bool { status, _, _ := s.payment(order); return status == "refunded" })
	_, amount, refunded := s.payment(order)
	require.Equal(s, price, amount)
	require.Equal(s, price, refunded)
}

// requireNeverCharged checks that there never was a charge for an order.
func (s *system) requireNeverCharged(order string) {
	s.Helper()
	a := s.get("/v1/payments/" + order)
	if a.status == http.StatusNotFound {
		return
	}
	require.Equal(s, http.StatusOK, a.status, "%s", a.raw)
	require.Equal(s, booking.Status("voided"), a.body.Status, "%s", a.raw)
}

// statuses are the statuses in an order's history.
func statuses(v contract.View) (all []booking.Status) {
	for _, e := range v.History {
		all = append(all, e.Status)
	}
	return all
}

// withoutPending leaves out that a payment was pending: on a busy machine that is shown for a
// moment.
func withoutPending(all []booking.Status) []booking.Status {
	return slices.DeleteFunc(all, func(s booking.Status) bool { return s == booking.PaymentPending })
}

// walk reads a list page by page and returns all items.
func (s *system) walk(path string, limit int) (items []map[string]any) {
	s.Helper()
	for cursor := ""; ; {
		part := s.get(fmt.Sprintf("%s&limit=%d&cursor=%s", path, limit, url.QueryEscape(cursor))).with(s, http.StatusOK).body
		require.LessOrEqual(s, len(part.Items), limit)
		items = append(items, part.Items...)
		if cursor = part.Next; cursor == "" {
			return items
		}
	}
}

// each is one field of all items of a list.
func each(items []map[string]any, field string) (values []string) {
	for _, item := range items {
		values = append(values, item[field].(string))
	}
	return values
}

// service is a service that can be stopped and started.
type service struct {
	stop, start func()
	readable    bool // its database can be read while the service is away
}

// eachWayToBeAway runs a test with one service away in each possible way: its queue has
// no worker, its database is stopped, and its database hangs.
func eachWayToBeAway(t *testing.T, queue string, test func(*testing.T, *system, service), change ...func(*app.Options)) {
	t.Run("NotServed", func(t *testing.T) {
		t.Parallel()
		s, gone := bootWithout(t, queue, change...)
		test(t, s, gone)
	})
	t.Run("DatabaseStopped", func(t *testing.T) {
		t.Parallel()
		cluster := pgtest.NewCluster(t)
		s := boot(t, append(change, func(o *app.Options) { *databaseOf(o, queue) = config.URL(cluster.New(t)) })...)
		test(t, s, service{
			stop:  func() { require.NoError(t, cluster.Stop()) },
			start: func() { require.NoError(t, cluster.Start()) },
		})
	})
	t.Run("DatabaseHangs", func(t *testing.T) {
		t.Parallel()
		own, err := url.Parse(pgtest.New(t))
		require.NoError(t, err)
		wire := newProxy(t, own.Host)
		own.Host = wire.Addr().String()
		s := boot(t, append(change, func(o *app.Options) { *databaseOf(o, queue) = config.URL(own.String()) })...)
		test(t, s, service{stop: wire.hang, start: wire.resume})
	})
}

// databaseOf is the setting of the database that the services of a queue use.
func databaseOf(o *app.Options, queue string) *config.URL {
	switch d := &o.Config.Databases; queue {
	case contract.InventoryQueue:
		return &d.Inventory
	case contract.ManagementQueue:
		return &d.Management
	case contract.FulfilmentQueue:
		return &d.Fulfilment
	default:
		panic("no test stops the database of " + queue)
	}
}

// bootWithout starts a system in two processes: one that serves a single queue and can
// be stopped, and one for all others.
func bootWithout(t *testing.T, queue string, change ...func(*app.Options)) (*system, service) {
	t.Helper()
	o := options(t)
	onPostgreSQL(t, &o)
	for _, c := range change {
		c(&o)
	}
	o.Config.Worker.Serve = slices.DeleteFunc(contract.Queues(), func(q string) bool { return q == queue })
	s := start(t, o)
	only := o
	only.API, only.Migrate, only.Config.Worker.Serve = false, false, []string{queue}
	var end func()
	again := func() { end = s.worker(only) }
	again()
	return s, service{stop: func() { end() }, start: again, readable: true}
}

// worker starts another process; end stops it.
func (s *system) worker(o app.Options) (end func()) {
	s.Helper()
	o.Log = zap.NewNop()
	a, err := app.Start(s.Context(), o)
	require.NoError(s, err)
	end = sync.OnceFunc(func() { stop(s, a) })
	atEnd(s, end)
	return end
}

// withCouriers sets the default time limit of deliveries.
func withCouriers(o *app.Options) { o.Config.Orders.DeliverWithin = 2 * time.Hour }

// eachStorageWith is eachStorage with changed options.
func eachStorageWith(t *testing.T, change func(*app.Options), test func(*testing.T, *system)) {
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); test(t, boot(t, change)) })
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); test(t, boot(t, onSQLite, change)) })
}

// succeeds repeats a decision until it is carried out: after a service has come back,
// its breaker may stay open for some seconds.
func (s *system) succeeds(decide func() answer) answer {
	s.Helper()
	return s.retries(decide).with(s, http.StatusOK)
}

// oneOfEach places an order of each kind with one owner, for alice, and returns them,
// oldest first. Cleanings belong to the office.
func (s *system) oneOfEach() (orders []string) {
	s.Helper()
	for _, place := range []func() answer{
		func() answer { return s.reserve(s.place(1, byOwner)) },
		func() answer { return s.order(s.menu()) },
		func() answer { return s.orderCup(s.drink(1)) },
		func() answer { return s.call() },
	} {
		order := place().with(s, http.StatusCreated).body.ID
		s.finished(order)
		orders = append(orders, order)
	}
	return orders
}

// TestOrders_OfAnOwner: an owner of several businesses sees the orders of all of them
// in one list.
func TestOrders_OfAnOwner(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		orders := s.oneOfEach()
		lodging, food, cafe, cleaning := orders[0], orders[1], orders[2], orders[3]
		listed := func(filter string) []string { return s.listed("/v1/orders?ownerId=" + filter) }
		require.Equal(t, []string{cafe, food, lodging}, listed("bora"), "newest first")
		require.Empty(t, listed("cleaning"), "a kind of order is no owner of all calls")
		require.Equal(t, contract.CleaningOffice, s.page(cleaning).OwnerID)
		for _, wrong := range []string{"ownerId=" + url.QueryEscape(contract.CleaningOffice), "ownerId=", "ownerId=bora&status=", "ownerId=bora&kind="} {
			s.get("/v1/orders?"+wrong).with(t, http.StatusUnprocessableEntity)
		}
		require.Equal(t, []string{lodging}, listed("bora&status=awaiting_owner"))
		require.Equal(t, []string{food}, listed("bora&status=delivering"))
		require.Equal(t, []string{cafe}, listed("bora&status=in_production"))
		require.Equal(t, []string{food}, listed("bora&kind=food"))
		require.Empty(t, listed("bora&kind=food&status=in_production"))
		require.Empty(t, listed("nobody"))
		s.decideAt(foodOrders+"/"+food, "cancel").with(t, http.StatusOK)
		s.decideAt(cafeOrders+"/"+cafe, "cancel").with(t, http.StatusOK)
		s.becomes(food, booking.Cancelled)
		s.becomes(cafe, booking.Cancelled)
		require.Equal(t, []string{cafe, food}, listed("bora&status=cancelled"))
		require.Equal(t, []string{cafe, food, lodging}, each(s.walk("/v1/orders?ownerId=bora", 1), "id"))
		for _, wrong := range []string{"&status=nonsense", "&kind=nonsense", "&cursor=nonsense", "&limit=0"} {
			s.get("/v1/orders?ownerId=bora"+wrong).with(t, http.StatusUnprocessableEntity)
		}
	})
}

// TestMypages_AcrossBusinesses: a customer sees all orders in one list, page by page,
// in their language.
//
// Rows L8, C6.
func TestMypages_AcrossBusinesses(t *testing.T) {
	t.Parallel()
	eachStorageWith(t, withCouriers, func(t *testing.T, s *system) {
		orders := append(s.oneOfEach(), s.oneOfEach()...)
		s.order(s.menu(), object{"customerId": "bob"}).with(t, http.StatusCreated)
		slices.Reverse(orders)
		const mine = "/v1/mypages?customerId=alice"
		require.Equal(t, orders, s.listed(mine))
		require.Equal(t, orders, each(s.walk(mine, 2), "id"), "no order twice, and none left out")
		require.Equal(t, []string{orders[2], orders[6]}, s.listed(mine+"&kind=food"))
		require.Equal(t, []string{orders[6]}, each(s.walk(mine+"&kind=food", 1)[1:], "id"))
		require.Equal(t, []string{orders[1], orders[5]}, s.listed(mine+"&status=in_production"))
		require.Equal(t, []string{orders[0], orders[4]}, s.listed(mine+"&kind=cleaning&status=calling"))
		require.Empty(t, s.listed(mine+"&kind=cleaning&status=delivered"))

		first := s.get(mine+"&limit=2").with(t, http.StatusOK).body
		newer := s.order(s.menu()).with(t, http.StatusCreated).body.ID
		second := s.get(mine+"&limit=2&cursor="+url.QueryEscape(first.Next)).with(t, http.StatusOK).body
		require.Equal(t, orders[2:4], each(second.Items, "id"), "orders that are placed meanwhile do not shift the pages")
		s.eventually(func() bool { return s.listed(mine)[0] == newer })

		for language, want := range map[string][]string{
			"ko": {"호출중", "제조중", "배달시작", "승인대기"},
			"en": {"calling a cleaner", "being made", "being delivered", "waiting for the owner"},
		} {
			a := s.get(mine+"&limit=5", "Accept-Language", language).with(t, http.StatusOK)
			require.Equal(t, language, a.header.Get("Content-Language"))
			require.Equal(t, want, each(a.body.Items, "statusLabel")[1:])
		}
	})
}
