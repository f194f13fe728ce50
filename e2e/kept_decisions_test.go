package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
	"github.com/yeyak/yeyak/workflows/contract"
)

// awaiting reserves a place whose owner has to decide within a time.
func (c *cutOff) awaiting(within string) string {
	c.Helper()
	return c.becomes(c.accepted(c.reserve(c.system.place(9, byOwner, object{"confirmWithin": within}))), booking.AwaitingOwner).ID
}

// delivered waits until no decision waits.
func (c *cutOff) delivered() {
	c.Helper()
	c.eventually(func() bool { return c.counted("yeyak_decisions_open") == 0 })
}

// requireKept requires that a decision was accepted and kept, and where its outcome
// will be shown.
func (c *cutOff) requireKept(order string, a answer) {
	c.Helper()
	a = a.with(c, http.StatusAccepted)
	require.Equal(c, order, a.body.ID)
	require.Contains(c, a.header.Get("Location"), order)
}

// holdDecisions lets no process try to deliver the decisions that are kept from now on.
func (c *cutOff) holdDecisions() {
	c.Helper()
	require.NoError(c, pgserver.Execute(c.Context(), string(c.options.Config.Databases.Front), `
		CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.leased_until := now() + interval '1 hour'; RETURN NEW; END $$;
		CREATE TRIGGER hold BEFORE INSERT ON kept_decisions FOR EACH ROW EXECUTE FUNCTION hold()`))
}

// letDecisionsGo ends that for the decisions on an order.
func (c *cutOff) letDecisionsGo(order string) {
	c.Helper()
	c.exec("UPDATE kept_decisions SET leased_until = NULL WHERE order_id = $1", order)
}

// history is the events of the newest run of an order's workflow.
func (s *system) history(order string) []*historypb.HistoryEvent {
	s.Helper()
	return s.historyOf(order, "")
}

// historyOf is the events of a run of a workflow, of the newest run if run is "".
func (s *system) historyOf(workflow, run string) (events []*historypb.HistoryEvent) {
	s.Helper()
	for all := s.temporal.GetWorkflowHistory(s.Context(), workflow, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); all.HasNext(); {
		event, err := all.Next()
		require.NoError(s, err)
		events = append(events, event)
	}
	return events
}

// count counts the events of a type.
func count(events []*historypb.HistoryEvent, of enumspb.EventType) (n int) {
	for _, e := range events {
		if e.EventType == of {
			n++
		}
	}
	return n
}

// TestKept_OwnerDecidedInTime: an owner who confirms while Temporal is away has
// confirmed, even if the time limit passes before it is back.
func TestKept_OwnerDecidedInTime(t *testing.T) {
	t.Parallel()
	for name, goAway := range map[string]func(*proxy){"CutOff": (*proxy).cut, "Hangs": (*proxy).hang, "IsDeaf": (*proxy).deafen} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const within = 20 * time.Second
			c := bootCutOff(t)
			order := c.awaiting(within.String())
			goAway(c.wire)
			c.requireKept(order, c.decide(order, "confirm"))
			c.requireKept(order, c.decide(order, "confirm"))
			decided := time.Now()
			if name != "IsDeaf" { // otherwise it may have arrived
				require.Equal(t, 1, c.counted("yeyak_decisions_open"))
			}
			c.eventually(func() bool { return time.Since(decided) > within })
			c.wire.resume()
			c.becomes(order, booking.Confirmed)
			c.delivered()
			require.Equal(t, booking.Confirmed, c.page(order).Status)
			require.Equal(t, 1, count(c.history(order), enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED))
			c.requireClean()
		})
	}
}

// TestKept_InTheirOrder: decisions on an order are delivered after one that waits.
func TestKept_InTheirOrder(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	order := c.awaiting("1h")
	c.holdDecisions()
	c.wire.cut()
	c.requireKept(order, c.decide(order, "confirm"))
	c.requireKept(order, c.decide(order, "cancel"))
	require.Equal(t, 2, c.counted("yeyak_decisions_open"))
	require.Contains(t, c.follow("Decisions that wait", ""), order)
	c.wire.resume()
	c.requireKept(order, c.decide(order, "cancel"))
	c.letDecisionsGo(order)
	v := c.becomes(order, booking.Cancelled)
	require.Equal(t, booking.ByCustomer, v.Reason)
	require.True(t, slices.ContainsFunc(v.History, func(e contract.Entry) bool { return e.Status == booking.Confirmed }))
	c.delivered()
	c.requireClean()
}

// TestKept_NotCarriedOut: a decision that comes too late is in the order's history, and
// its caller is notified.
func TestKept_NotCarriedOut(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	bora := c.person("bora", booking.OwnerRole)
	place := bora.posts("/v1/lodging/places", object{
		"name": "Seaside Inn", "price": object{"amount": 50000, "currency": "KRW"}, "confirmation": "manual", "confirmWithin": "1h",
	}, http.StatusCreated)
	bora.does(http.MethodPut, "/v1/lodging/places/"+place.ID+"/stock", object{"from": inDays(-1), "to": inDays(60), "rooms": 1}, http.StatusOK)
	order := c.becomes(c.accepted(c.reserve(place.ID)), booking.AwaitingOwner).ID
	c.holdDecisions() // until the order is cancelled
	c.wire.cut()
	bora.posts(reservations+"/"+order+"/confirm", nil, http.StatusAccepted)
	c.wire.resume()
	direct, err := client.Dial(client.Options{HostPort: c.direct, Namespace: c.namespace, Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer direct.Close()
	require.NoError(t, direct.CancelWorkflow(t.Context(), order, ""))
	c.becomes(order, booking.Cancelled)
	c.letDecisionsGo(order)
	c.delivered()

	var last contract.Entry
	c.eventually(func() bool {
		v := c.get(reservations+"/"+order).with(t, http.StatusOK).body
		last = v.History[len(v.History)-1]
		return last.Refused != ""
	})
	require.Equal(t, booking.AlreadyCancelled, last.Refused)
	require.Equal(t, "confirm", last.Decision)
	require.Equal(t, bora.id, last.By)
	messages := c.get("/v1/messages?recipientId="+place.OwnerID+"&limit=200").with(t, http.StatusOK).body.Items
	require.True(t, slices.ContainsFunc(messages, func(m map[string]any) bool {
		return m["orderId"] == order && m["type"] == string(booking.DecisionNotDoneMessage)
	}), "%v", messages)
	require.Equal(t, "already_cancelled", c.decide(order, "confirm").body.Code)
	c.requireClean()
}

// TestKept_NoCancelThatTheDeliveryDecides: a cancel that needs the delivery's agreement
// and was not sent is refused, and never sent.
func TestKept_NoCancelThatTheDeliveryDecides(t *testing.T) {
	t.Parallel()
	c := bootCutOff(t)
	order := c.becomes(c.accepted(c.order(c.menu)), booking.Delivering).ID
	c.wire.cut()
	c.eventually(c.wire.isNoticed)
	refused := c.cancel(1, order).with(t, http.StatusServiceUnavailable)
	require.Equal(t, "temporal_unavailable", refused.body.Code)
	require.Zero(t, c.counted("yeyak_decisions_open"))
	c.requireKept(order, c.decideAt("/v1/food/deliveries/"+order, "complete"))
	c.wire.resume()
	c.becomes(order, booking.Delivered)
	c.delivered()
	require.Equal(t, 1, count(c.history(order), enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED))
	c.requireClean()
}

// TestKept_WorkerKilled: a decision on an order whose worker was killed is never
// refused, and need not be repeated.
func TestKept_WorkerKilled(t *testing.T) {
	t.Parallel()
	o := options(t)
	onPostgreSQL(t, &o)
	o.Config.Orders.ReplyBudget = 2 * time.Second
	worker := o
	o.Config.Worker.Serve = nil
	a := &audited{system: start(t, o), options: o}
	a.options.Log = zap.NewNop()
	kill := startMortalWorker(t, worker)
	order := a.reserve(a.place(9, byOwner)).body.ID
	a.becomes(order, booking.AwaitingOwner)
	kill()
	startMortalWorker(t, worker)
	answered := a.decide(order, "confirm")
	require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, answered.status, "%s", answered.raw)
	a.becomes(order, booking.Confirmed)
	a.eventually(func() bool { return a.counted("yeyak_decisions_open") == 0 })
	a.requireClean()
}
