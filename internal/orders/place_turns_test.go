package orders_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// gate holds starts until it is opened.
type gate struct{ came, open chan struct{} }

// startsOne is orders of which one is started at a time, when the gate lets it.
// waiting tells how many wait for their turn.
func startsOne(t *testing.T, replyBudget time.Duration) (b *bundle, g gate, waiting func() int) {
	t.Helper()
	g, registry := gate{make(chan struct{}, 100), make(chan struct{})}, prometheus.NewPedanticRegistry()
	turns := admission.New(admission.Limits{MaxStarts: 1}, replyBudget, registry).Starts
	b = newBundle(t, func(d *orders.Deps) { d.ReplyBudget, d.Starts = replyBudget, turns })
	b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
		g.came <- struct{}{}
		<-g.open
		b.Hub.Wake(cameTo(in.View(), booking.Confirmed, ""))
		return nil
	})
	return b, g, func() (n int) {
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, family := range families {
			for _, m := range family.GetMetric() {
				if family.GetName() == "yeyak_http_requests_waiting" && m.GetLabel()[0].GetValue() == "starts" {
					n = int(m.GetGauge().GetValue())
				}
			}
		}
		return n
	}
}

// begin places n orders, and hands out what comes of them.
func (b *bundle) begin(n int) <-chan placed {
	all := make(chan placed, n)
	for range n {
		go func() { all <- b.place(stay, "") }()
	}
	return all
}

func TestPlace_StartsInTurn(t *testing.T) {
	t.Parallel()
	b, g, waiting := startsOne(t, 20*time.Second)
	all := b.begin(3)
	<-g.came
	require.Eventually(t, func() bool { return waiting() == 2 }, 10*time.Second, time.Millisecond)
	require.Empty(t, g.came, "one at a time")
	close(g.open)
	for range 3 {
		b.stands(<-all)
	}
}

// TestPlace_NotItsTurnInTime: an order whose turn does not come is not started, and
// its customer is told.
func TestPlace_NotItsTurnInTime(t *testing.T) {
	t.Parallel()
	b, g, _ := startsOne(t, 200*time.Millisecond)
	first := b.begin(1)
	<-g.came
	b.knowsNone().Once()
	b.refused(b.place(stay, "k"), admission.Overloaded)
	require.Empty(t, g.came)
	close(g.open)
	require.NoError(t, (<-first).err)
	b.stands(b.place(stay, "k"))
}
