package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// maxResends bounds how often one kept resolution is sent anew to its order.
const maxResends = 50

// send sends a decision to its order, or to the workflow of a refund. The engine keeps the answer
// under the update's id, so a resolution that came while the provider was being called is sent
// again under the next id. A payment by hand is recorded once, however often it is sent.
func (c *Carrier) send(ctx context.Context, k KeptDecision, d Decision) (wasAccepted bool, err error) {
	begun, id := time.Now(), k.ID
	for n := range maxResends {
		_, wasAccepted, err = c.Engine.decide(ctx, admittedBefore, id, d)
		if d.Update != contract.ResolveUpdate || !wasAccepted || !isPast(err, begun) {
			break
		}
		id = fmt.Sprintf("%s/again/%d", k.ID, n)
	}
	return wasAccepted, err
}

// meetsRunningCall reports whether a resolution that was sent at begun met a refund whose call to
// the provider is running.
func meetsRunningCall(k KeptDecision, begun time.Time, err error) bool {
	answer, refusal := answerOf(err)
	return k.Update == contract.ResolveUpdate && answer != nil && answer.Type() == string(booking.DecisionPending) &&
		refusal != nil && !isPast(err, begun)
}

// resolve sends a resolution to the refund workflows of an order that has ended.
func (c *Carrier) resolve(ctx context.Context, k KeptDecision, v contract.View) error {
	payment, err := c.Ledger.Payment(ctx, k.OrderID)
	if err != nil && !isNotFound(err) {
		return c.postpone(ctx, k, 0, err)
	}
	begun := time.Now()
	resolved, err := resolveRefunds(payment, k.OrderID, func(workflowID string) error {
		d := k.decision()
		d.OrderID = workflowID
		_, err := c.send(ctx, k, d)
		return err
	})
	switch {
	case meetsRunningCall(k, begun, err):
		return c.postpone(ctx, k, 0, err)
	case err != nil:
		return c.failed(ctx, k, false, err)
	case resolved == 0 && !isRecorded(payment, k.Note):
		return c.notCarriedOut(ctx, k, v, DecisionOutcome{Outcome: DecisionOrderEnded, Code: booking.NothingOwed})
	default:
		return c.finish(ctx, k, DecisionOutcome{Outcome: DecisionDelivered})
	}
}
