package e2e

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
)

// stuck places orders that wait for their owner.
func (s *system) stuck(n int) (place string, orders []string) {
	s.Helper()
	place = s.place(n, byOwner)
	orders = make([]string, n)
	var all errgroup.Group
	all.SetLimit(8)
	for i := range orders {
		all.Go(func() error {
			orders[i] = s.reserve(place).served().body.ID
			return nil
		})
	}
	require.NoError(s, all.Wait())
	for _, order := range orders {
		s.becomes(order, booking.AwaitingOwner)
	}
	s.eventually(func() bool { // the engine's list is behind
		return len(s.search("ItemId = '"+place+"' AND ExecutionStatus = 'Running' AND OrderStatus = 'awaiting_owner'")) == n
	})
	return place, orders
}

// bulkRun is a bulk action as the API shows it.
type bulkRun struct {
	ID            string
	State         booking.BulkState
	Orders, Acted int
	Results       map[booking.BulkResult]int
}

func (s *system) bulkRun(id string) bulkRun {
	s.Helper()
	var is struct{ Run bulkRun }
	s.get("/v1/bulk-actions/"+id).with(s, http.StatusOK).into(s, &is)
	return is.Run
}

func (s *system) planBulk(wish object) (is bulkRun) {
	s.Helper()
	s.post("/v1/bulk-actions", wish).with(s, http.StatusCreated).into(s, &is)
	return is
}

// TestBulk: orders are cancelled in bulk after a dry run that has counted them. An
// order that changes in between is not acted on, and counted. Another API continues when
// one ends; each order's action is in the log, with the bulk action.
func TestBulk(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place, orders := a.stuck(60)
	_, others := a.stuck(1)
	plan := a.planBulk(object{"action": "cancel", "filter": object{"itemId": place, "status": "awaiting_owner"}, "reason": "the inn has burnt down"})
	require.Equal(t, bulkRun{ID: plan.ID, State: booking.BulkPlanned, Orders: 60, Results: plan.Results}, plan)
	require.Zero(t, plan.Acted)
	for _, order := range orders {
		require.Equal(t, booking.AwaitingOwner, a.page(order).Status, "a dry run does nothing")
	}
	a.decide(orders[7], "confirm").with(t, http.StatusOK)

	other := start(t, a.options)
	a.post("/v1/bulk-actions/"+plan.ID+"/run", nil).with(t, http.StatusAccepted)
	again := other.post("/v1/bulk-actions/"+plan.ID+"/run", nil).with(t, http.StatusConflict)
	require.Equal(t, "bulk_not_planned", again.body.Code)
	var acted int
	a.eventually(func() bool { acted = a.bulkRun(plan.ID).Acted; return acted > 0 })
	require.Less(t, acted, 60, "its progress shows")
	stop(a, a.app)
	other.eventually(func() bool { return other.bulkRun(plan.ID).State == booking.BulkDone })
	is := other.bulkRun(plan.ID)
	require.Equal(t, 60, is.Acted)
	require.Equal(t, 59, is.Results[booking.BulkDid])
	require.Equal(t, 1, is.Results[booking.BulkChanged])
	books := &audited{system: other, options: a.options}
	for n, order := range orders {
		want := booking.Cancelled
		if n == 7 {
			want = booking.Confirmed
		}
		other.becomes(order, want)
	}
	other.becomes(others[0], booking.AwaitingOwner)
	var log struct{ Items []booking.OperatorAction }
	other.get("/v1/actions?orderId="+orders[0]).with(t, http.StatusOK).into(t, &log)
	require.Equal(t, plan.ID, log.Items[0].Bulk)
	require.Equal(t, "the inn has burnt down", string(log.Items[0].Reason))
	books.requireClean()
}

// TestBulk_Commands: a dry run and its orders by command; lost orders are settled, and
// waiting steps are retried, in bulk.
func TestBulk_Commands(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	code, _, logs := a.command(nil, "version") // the first call builds the command
	require.Zero(t, code, logs)
	lost, waits := a.accepted(a.reserve(a.place(9))), a.accepted(a.reserve(a.place(9)))
	a.terminate(lost)
	code, _, logs = a.command(nil, "bulk", "plan", "cancel", "--reason=x")
	require.Equal(t, 1, code)
	require.Contains(t, logs, "must select some orders")
	bulk := func(ready, heal func(), args ...string) {
		t.Helper()
		var id string
		a.eventually(func() bool { // the engine's list is behind
			ready()
			code, out, logs := a.command(nil, append([]string{"bulk", "plan"}, args...)...)
			require.Zero(t, code, logs)
			named := regexp.MustCompile(`would be done to (\d+) orders.* yeyak bulk run (\w+)`).FindStringSubmatch(out)
			require.NotNil(t, named, out)
			id = named[2]
			return named[1] == "1"
		})
		code, out, logs := a.command(nil, "bulk", "run", id, "--wait")
		require.Zero(t, code, logs)
		require.Contains(t, out, "1 of 1 orders, done, 1 done")
		heal() // not earlier: the step could succeed by itself, and nothing would be left to retry
		code, out, logs = a.command(nil, "bulk", "show", id)
		require.Zero(t, code, logs)
		require.Contains(t, out, "1 of 1 orders, done")
		code, out, logs = a.command(nil, "bulk", "list")
		require.Zero(t, code, logs)
		require.Regexp(t, `STATE\s+REASON\n`+id+` .* of 1 orders, done `, out, "the newest first")
		code, out, logs = a.command(nil, "bulk", "list", "--json")
		require.Zero(t, code, logs)
		require.Contains(t, out, `"id":"`+id+`"`)
	}
	bulk(func() {}, func() {}, "settle", "--trouble=lost", "--reason=terminated by mistake", "--as=1027")
	a.becomes(lost, booking.Cancelled)
	a.sandbox(object{"down": true})
	quick := a.withDefaultBudget()
	quick.acceptsPending(func() answer { return quick.decide(waits, "cancel") })
	bulk(func() { a.waitsLong(waits, "RefundPayment") }, func() { a.sandbox(object{}) },
		"retry", "--trouble=undo", "--kind=lodging", "--reason=the provider is back", "--as=1027")
	a.becomes(waits, booking.Cancelled)
	require.Contains(t, a.actions(waits), "retry accepted")
	a.requireClean()
}
