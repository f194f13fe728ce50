package e2e

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/rig/seed"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestInbox_EveryOrderIsNamed: when the connection to Temporal is cut, hangs or loses
// answers at any moment, every order that exists afterwards was named by an answer: 503
// means that there is none, and will be none. YEYAK_SEED repeats a run's choices.
func TestInbox_EveryOrderIsNamed(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t, "orders")
	random := rand.New(rand.NewPCG(seed, 1))
	c := bootCutOff(t, func(o *app.Options) { o.Config.Orders.InboxWithin = time.Hour })
	drink := c.drink(1000)
	place := []func() answer{
		func() answer { return c.reserve(c.place) },
		func() answer { return c.order(c.menu) },
		func() answer { return c.orderCup(drink) },
		func() answer { return c.call() },
	}
	failures := []func(*proxy){func(*proxy) {}, (*proxy).cut, (*proxy).hang, (*proxy).deafen}

	const rounds, atOnce = 50, 10
	named, refused := map[string]bool{}, 0
	for round := range rounds {
		failure, begins := failures[round%len(failures)], time.Duration(random.IntN(60))*time.Millisecond
		lasts := time.Duration(random.IntN(5000)) * time.Millisecond // some longer than any customer waits
		kinds, after := make([]int, atOnce), make([]time.Duration, atOnce)
		for i := range atOnce {
			kinds[i], after[i] = random.IntN(len(place)), time.Duration(random.IntN(60))*time.Millisecond
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			pause(begins)
			failure(c.wire)
			pause(lasts)
			c.wire.resume()
		}()
		for _, a := range c.atOnce(atOnce, func(i int) answer { pause(after[i]); return place[kinds[i]]() }) {
			id := a.body.ID
			if a.body.Order != nil {
				id = a.body.Order.ID
			}
			switch {
			case id != "":
				require.NotEmpty(t, a.header.Get("Location"), "%s", a.raw)
				named[id] = true
			default:
				require.Equal(t, http.StatusServiceUnavailable, a.status, "%s", a.raw)
				refused++
			}
		}
		receive(t, ended, "the end")
	}
	require.Len(t, named, rounds*atOnce-refused, "no two orders of one id")
	c.eventually(func() bool { return c.counted("yeyak_inbox_open") == 0 })
	for id := range c.existing() {
		require.True(t, named[id], "%s exists, and no answer named it", id)
	}
	c.eventually(func() bool { return c.audit().Clean() })
}

// pause delays an event beside a request: the test's outcome does not depend on it.
func pause(d time.Duration) { <-time.After(d) }

// existing are the orders that the engine lists.
func (s *system) existing() map[string]bool {
	s.Helper()
	all := map[string]bool{}
	for page := []byte(nil); ; {
		found, err := s.temporal.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: s.namespace, Query: contract.KindAttribute.GetName() + " IS NOT NULL", NextPageToken: page,
		})
		require.NoError(s, err)
		for _, e := range found.Executions {
			all[e.GetExecution().GetWorkflowId()] = true
		}
		if page = found.NextPageToken; len(page) == 0 {
			return all
		}
	}
}
