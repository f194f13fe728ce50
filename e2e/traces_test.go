package e2e

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workers"
)

// TestTrace_OfOneOrder: one trace leads from the request through the workflow and each
// step to each database statement, and to their undos.
//
// Row O13.
func TestTrace_OfOneOrder(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	s := boot(t, c.traced)
	order := s.reserve(s.place(1)).with(t, http.StatusCreated).body.ID
	s.becomes(order, booking.Confirmed)
	s.decide(order, "cancel").with(t, http.StatusOK)
	s.becomes(order, booking.Cancelled)

	saga := []string{"POST /v1/lodging/reservations", "StartWorkflow:Lodging", "RunWorkflow:Lodging"}
	steps := map[string][]string{
		"ChargePayment": {`SQL INSERT INTO "payments"`, `SQL INSERT INTO "sandbox_charges"`, "SQL UPDATE payments"},
		"HoldStock":     {"SQL BEGIN", `SQL INSERT INTO "holds"`, "SQL UPDATE stock", "SQL COMMIT"},
		"Notify":        {`SQL INSERT INTO "messages"`},
		"PublishView":   {`SQL SELECT pg_advisory_xact_lock(hashtextextended(?, ?)); INSERT INTO "orders"`},
		"ReleaseStock":  {"SQL BEGIN", "SQL UPDATE stock", "SQL COMMIT"},
		"RefundPayment": {"SQL UPDATE payments"},
	}
	way := func(step, statement string) []string {
		return append(saga[:3:3], "StartActivity:"+step, "RunActivity:"+step, statement)
	}
	var trace tree
	defer func() { t.Log("\n" + trace.print()) }()
	s.eventually(func() bool { // they are sent every few seconds
		trace = c.traceWith(order)
		return len(trace.below(way("RefundPayment", "SQL UPDATE payments")...)) > 0 && len(trace.below(way("PublishView", "SQL SELECT pg_advisory")...)) > 1
	})
	trace.requireWhole(t)
	for step, statements := range steps {
		for _, statement := range statements {
			require.NotEmpty(t, trace.below(way(step, statement)...), "%s of %s is missing", statement, step)
		}
	}
	s.requireReplays(order)
}

// requireReplays requires that a process without traces can take an order over from one
// with traces.
func (s *system) requireReplays(order string) {
	s.Helper()
	history := historypb.History{Events: s.history(order)}
	require.NotEmpty(s, history.Events[0].GetWorkflowExecutionStartedEventAttributes().Header.Fields)
	replayer := worker.NewWorkflowReplayer()
	workers.RegisterWorkflows(replayer)
	require.NoError(s, replayer.ReplayWorkflowHistory(nil, &history))
}

// TestTrace_AcrossProcesses: a step that another process runs belongs to the same
// trace.
func TestTrace_AcrossProcesses(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	s, _ := bootWithout(t, "payments", c.traced, func(o *app.Options) { o.Config.Orders.Durable = true })
	order := s.reserve(s.place(1)).with(t, http.StatusCreated).body.ID
	charge := []string{"POST", "StartWorkflow:Lodging", "RunWorkflow:Lodging", "StartActivity:ChargePayment", "RunActivity:ChargePayment", "SQL UPDATE payments"}
	s.eventually(func() bool { return len(c.traceWith(order).below(charge...)) == 1 })
	trace := c.traceWith(order)
	require.Equal(t, "yeyak-worker", trace.below(charge...)[0].service)
	require.Equal(t, "yeyak-api", trace.below(charge[:3]...)[0].service)
}

// TestTrace_OfACaller: a request with a traceparent has its order in that trace, and is
// not recorded if the traceparent says so.
func TestTrace_OfACaller(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	s := boot(t, c.traced)
	place := s.place(2)
	const theirs = "0af7651916cd43dd8448eb211c80319c"
	untraced := s.post(reservations, reservation(place), "traceparent", "00-1"+theirs[1:]+"-b7ad6b7169203331-00").with(t, http.StatusCreated).body.ID
	traced := s.post(reservations, reservation(place), "traceparent", "00-"+theirs+"-b7ad6b7169203331-01").with(t, http.StatusCreated).body.ID
	s.eventually(func() bool { return len(c.traceWith(traced).spans) > 0 })
	require.Contains(t, c.traceWith(traced).print(), theirs)
	require.Empty(t, c.traceWith(untraced).spans)
}

// TestTrace_CollectorAway: an order does not wait for a collector that is away, or that
// hangs until the next order has been answered.
func TestTrace_CollectorAway(t *testing.T) {
	t.Parallel()
	t.Run("Away", func(t *testing.T) {
		t.Parallel()
		s := boot(t, func(o *app.Options) { o.Config.Traces = config.Traces{Endpoint: "http://127.0.0.1:1"} })
		s.reserve(s.place(1)).with(t, http.StatusCreated)
	})
	t.Run("Hangs", func(t *testing.T) {
		t.Parallel()
		sent, letGo := make(chan struct{}, 1), make(chan struct{})
		collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			select {
			case sent <- struct{}{}:
			default:
			}
			<-letGo
		}))
		t.Cleanup(collector.Close)
		t.Cleanup(sync.OnceFunc(func() { close(letGo) })) // before it, since it waits for requests
		s := boot(t, func(o *app.Options) {
			o.Config.Traces = config.Traces{Endpoint: config.URL(collector.URL)}
		})
		place := s.place(2)
		s.reserve(place).with(t, http.StatusCreated)
		select {
		case <-sent:
		case <-time.After(waitLimit):
			require.FailNow(t, "no traces are sent")
		}
		s.reserve(place).with(t, http.StatusCreated)
	})
}
