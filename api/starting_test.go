package api

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/workflows/contract"
)

const startsWaiting = `yeyak_http_requests_waiting{budget="starts"}`

// startsOne is an API that starts one order at a time, when the gate lets it.
func startsOne(t *testing.T, replyBudget time.Duration) (*bundle, gate) {
	t.Helper()
	g, registry := newGate(), prometheus.NewPedanticRegistry()
	b := setup(t, func(d *given) {
		d.ReplyBudget, d.Limits = replyBudget, admission.Limits{MaxStarts: 1}
		d.Registry, d.Metrics = registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	})
	b.onStart(func(o client.StartWorkflowOptions, _ contract.Lodging) error {
		g.pass()
		b.hub.Wake(orderIn(o.ID, booking.Confirmed, ""))
		return nil
	})
	return b, g
}

func TestReserve_StartsInTurn(t *testing.T) {
	t.Parallel()
	b, g := startsOne(t, 20*time.Second)
	answers := begin(3, func() answer { return b.reserve() })
	g.arrived(1)
	b.comesTo(2, startsWaiting)
	require.Empty(t, g.came, "one at a time")
	close(g.open)
	for range 3 {
		require.Equal(t, 201, (<-answers).StatusCode)
	}
}

// An order whose turn does not come is not started, and its customer knows.
func TestReserve_NotItsTurnInTime(t *testing.T) {
	t.Parallel()
	b, g := startsOne(t, 200*time.Millisecond)
	first := begin(1, func() answer { return b.reserve() })
	g.arrived(1)
	b.temporal.On("DescribeWorkflowExecution", anything(3)...).Return(nil, serviceerror.NewNotFound("no such workflow")).Once()
	b.shed(b.reserve("Idempotency-Key", "k"))
	require.Empty(t, g.came)
	close(g.open)
	require.Contains(t, []int{201, 202}, (<-first).StatusCode)
	require.Equal(t, 201, b.reserve("Idempotency-Key", "k").StatusCode)
}
