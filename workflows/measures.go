package workflows

import (
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

// Metrics of orders. The handler counts nothing during a replay.

// markedCounter counts how often orders were marked as needing attention.
const markedCounter = "yeyak_orders_marked_for_attention_total"

func (o *order) measureDecision() {
	o.counted("yeyak_orders_decided_total")
	took := max(0, workflow.Now(o.ctx).Sub(o.view.PlacedAt())) // the times are from the clocks of two machines
	o.metrics(nil).Timer("yeyak_order_decision_seconds").Record(took.Round(time.Microsecond))
}

func (o *order) measureEnd() { o.counted("yeyak_orders_ended_total") }

func (o *order) counted(name string) {
	o.metrics(map[string]string{"status": string(o.view.Status), "reason": string(o.view.Reason)}).Counter(name).Inc(1)
}

func (o *order) metrics(by map[string]string) client.MetricsHandler {
	return workflow.GetMetricsHandler(o.ctx).WithTags(map[string]string{"kind": string(o.view.Kind)}).WithTags(by)
}
