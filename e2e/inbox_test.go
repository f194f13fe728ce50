package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// cutOff is a system whose engine is behind a proxy, with a place and a menu.
type cutOff struct {
	*audited
	wire        *proxy
	place, menu string
	// direct is the engine's own address, for requests that bypass the proxy.
	direct string
}

func bootCutOff(t *testing.T, change ...func(*app.Options)) *cutOff {
	t.Helper()
	c := &cutOff{}
	c.audited = bootAudited(t, append(change, func(o *app.Options) {
		o.Config.Orders.ReplyBudget = time.Second
		c.direct = o.TemporalAddress
		c.wire = newProxy(t, c.direct)
		o.TemporalAddress = c.wire.Addr().String()
	})...)
	c.place, c.menu = c.system.place(50), c.system.menu()
	return c
}

// orders places so many concurrent orders, alternately stays and food, each with a key,
// and returns the answers.
func (c *cutOff) orders(n int) []answer {
	c.Helper()
	return c.atOnce(n, func(i int) answer { return c.orderAgain(i) })
}

func (c *cutOff) orderAgain(i int) answer {
	key := fmt.Sprintf("key-%d", i)
	if i%2 == 0 {
		return c.post(reservations, reservation(c.place), "Idempotency-Key", key)
	}
	return c.post(foodOrders, meal(c.menu), "Idempotency-Key", key)
}

// cancel cancels the order that orderAgain places.
func (c *cutOff) cancel(i int, order string) answer {
	if i%2 == 0 {
		return c.decideAt(reservations+"/"+order, "cancel")
	}
	return c.decideAt(foodOrders+"/"+order, "cancel")
}

// isStarted waits until the saga of an order that waited has begun.
func (c *cutOff) isStarted(order string) {
	c.Helper()
	want := booking.Confirmed
	if booking.IsOrderID(booking.Food, order) {
		want = booking.Delivering
	}
	c.becomes(order, want)
}

// TestInbox_EngineAway: while Temporal is cut off, or hangs, every order of a stay or
// of food is accepted, can be read, listed and repeated, and is carried out once when
// Temporal is back.
func TestInbox_EngineAway(t *testing.T) {
	t.Parallel()
	for name, goAway := range map[string]func(*proxy){"CutOff": (*proxy).cut, "Hangs": (*proxy).hang} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := bootCutOff(t)
			goAway(c.wire)
			const n = 20
			var ids []string
			for i, a := range c.orders(n) {
				a = a.with(t, http.StatusAccepted)
				require.Equal(t, booking.Received, a.body.Status)
				wait, err := strconv.Atoi(a.header.Get("Retry-After"))
				require.NoError(t, err)
				require.Positive(t, wait)
				read := c.get(a.header.Get("Location")).with(t, http.StatusOK)
				require.Equal(t, booking.Received, read.body.Status)
				if i < 4 { // each waits for its reply budget
					require.Equal(t, a.body.ID, c.orderAgain(i).with(t, http.StatusAccepted).body.ID)
				}
				ids = append(ids, a.body.ID)
			}
			require.Subset(t, c.listed("/v1/mypages?customerId=alice&limit=200"), ids)
			require.Equal(t, n, c.counted("yeyak_inbox_open"))
			other := c.post(foodOrders, meal(c.menu, object{"quantity": 3}), "Idempotency-Key", "key-1").with(t, http.StatusUnprocessableEntity)
			require.Equal(t, "idempotency_key_reused", other.body.Code)

			c.wire.resume()
			for _, id := range ids {
				c.isStarted(id)
			}
			c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
			charged, refunded := c.atProvider()
			require.EqualValues(t, n/2*(100000+18000), charged)
			require.Zero(t, refunded)
			for i, id := range ids {
				require.Equal(t, id, c.orderAgain(i).with(t, http.StatusCreated).body.ID)
			}
			c.requireClean()
		})
	}
}

// TestInbox_OldestFirst: the oldest order is started first.
func TestInbox_OldestFirst(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	c.wire.cut()
	var ids []string
	for i := range 5 {
		ids = append(ids, c.orderAgain(i).with(t, http.StatusAccepted).body.ID)
	}
	require.Contains(t, c.follow("Orders that wait in the inbox", ""), ids[4])
	c.wire.resume()
	for _, id := range ids {
		c.isStarted(id)
	}
	started := func(id string) time.Time {
		d, err := c.temporal.DescribeWorkflowExecution(t.Context(), id, "")
		require.NoError(t, err)
		return d.GetWorkflowExecutionInfo().GetStartTime().AsTime()
	}
	for _, later := range ids[1:] {
		require.False(t, started(later).Before(started(ids[0])), "one at first, and more with each success")
	}
	require.False(t, slices.ContainsFunc(ids[3:], func(id string) bool { return started(id).Before(started(ids[1])) }))
}

// TestInbox_Cancelled: a waiting order can be cancelled. It is never started, and only
// its customer is notified.
func TestInbox_Cancelled(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	c.wire.cut()
	c.eventually(c.wire.isNoticed)
	var orders []string
	for i := range 2 {
		order := c.orderAgain(i).with(t, http.StatusAccepted).body.ID
		orders = append(orders, order)
		a := c.cancel(i, order).with(t, http.StatusAccepted)
		require.Equal(t, booking.Cancelling, a.body.Status)
		require.Equal(t, booking.Cancelling, c.page(order).Status)
		c.acceptsPending(func() answer { return c.cancel(i, order) })
	}
	c.wire.resume()
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
	for i, order := range orders {
		v := c.becomes(order, booking.Cancelled)
		repeated := c.orderAgain(i).with(t, http.StatusConflict)
		require.Equal(t, "cancelled_by_customer", repeated.body.Code)
		require.Equal(t, order, repeated.body.Order.ID)
		require.Equal(t, booking.ByCustomer, v.Reason)
		require.Empty(t, c.events(order))
		require.Empty(t, c.messagesAbout(order))
		c.get("/v1/payments/"+order).with(t, http.StatusNotFound)
		require.Equal(t, "already_cancelled", c.cancel(i, order).body.Code)
	}
	charged, _ := c.atProvider()
	require.Zero(t, charged)
	c.requireClean()
}

// TestInbox_Expired: an order that could not be started in time is cancelled and not
// charged, its customer is notified, and its key is free.
func TestInbox_Expired(t *testing.T) {
	t.Parallel()
	for name, goAway := range map[string]func(*proxy){"CutOff": (*proxy).cut, "Hangs": (*proxy).hang} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := bootCutOff(t, func(o *app.Options) { o.Config.Orders.InboxWithin = 3 * time.Second })
			goAway(c.wire)
			if name == "CutOff" {
				c.eventually(c.wire.isNoticed)
			}
			ids := []string{}
			for i := range 2 {
				ids = append(ids, c.orderAgain(i).with(t, http.StatusAccepted).body.ID)
			}
			if name == "CutOff" { // certainly nothing was sent
				for _, id := range ids {
					c.eventually(func() bool { v := c.page(id); return v.Reason == booking.NotProcessed })
				}
			}
			c.eventually(func() bool { return time.Since(c.page(ids[1]).History[0].At) > 4*time.Second })
			c.wire.resume()
			for _, id := range ids {
				v := c.becomes(id, booking.Cancelled)
				require.Equal(t, booking.NotProcessed, v.Reason)
				c.get("/v1/payments/"+id).with(t, http.StatusNotFound)
				c.eventually(func() bool { return c.isNotifiedOfCancellation("alice", id) })
			}
			c.eventually(func() bool { // a new order with the same key
				a := c.orderAgain(0)
				return a.status == http.StatusCreated && a.body.ID != ids[0]
			})
			c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
			c.requireClean()
		})
	}
}

// isNotifiedOfCancellation reports whether the customer was notified that an order is cancelled.
func (c *cutOff) isNotifiedOfCancellation(customer, order string) bool {
	c.Helper()
	return slices.ContainsFunc(c.get("/v1/messages?recipientId="+customer+"&limit=200").with(c, http.StatusOK).body.Items, func(m map[string]any) bool {
		return m["orderId"] == order && m["type"] == string(booking.OrderCancelledMessage)
	})
}

// TestInbox_StartedBefore: a dispatcher dies after starting an order, before it records
// that; another one takes over and starts nothing again.
func TestInbox_StartedBefore(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	c.wire.cut()
	order := c.orderAgain(1).with(t, http.StatusAccepted).body.ID
	c.wire.resume()
	c.isStarted(order)
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
	c.exec("UPDATE inbox SET state = 'waiting', settled_at = NULL, leased_until = NULL WHERE order_id = $1", order)
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
	c.eventually(func() bool { return c.counted("yeyak_inbox_dispatched_total", "outcome", "found") > 0 })
	charged, _ := c.atProvider()
	require.EqualValues(t, 18000, charged)
	c.requireClean()
}

// TestInbox_OtherRequestStarted: of two requests with one key the started one counts,
// even if the other one is in the inbox.
func TestInbox_OtherRequestStarted(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	c.wire.cut()
	order := c.orderAgain(1).with(t, http.StatusAccepted).body.ID
	in := c.newMeal(func(o *contract.Order) { o.OrderID, o.RequestHash = order, "of another request" })
	direct, err := client.Dial(client.Options{HostPort: c.direct, Namespace: c.namespace, Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer direct.Close()
	_, err = direct.ExecuteWorkflow(t.Context(), startOptions(order, "of another request"), contract.FoodWorkflow, in)
	require.NoError(t, err)
	c.wire.resume()
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
	require.EqualValues(t, 24000, c.becomes(order, booking.Delivering).Amount.Amount)
	refused := c.orderAgain(1).with(t, http.StatusUnprocessableEntity)
	require.Equal(t, "idempotency_key_reused", refused.body.Code)
	by := c.get("/v1/self").with(t, http.StatusOK).body.ID // an operator, whose keys are not the customer's
	require.Equal(t, orders.KeyedID(booking.Food, "alice", by+"\nkey-1", 0), order)
}

// startOptions start an order without the API, as from a request with this hash.
func startOptions(order, hash string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: order, TaskQueue: contract.SagasQueue, Memo: map[string]any{contract.RequestHashMemo: hash}}
}
