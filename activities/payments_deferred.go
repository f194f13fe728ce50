package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// DeferredPayments charges queued payments. Its task queue is the queue of payments:
// workers take from its front, at a bounded rate.
type DeferredPayments struct {
	Payments *Payments
}

// ProofOfLife is the interval between heartbeats of a payment at the front of the queue.
const ProofOfLife = 10 * time.Second

// ChargeDeferredPayment is ChargePayment for an order whose turn has come. It waits until
// the provider accepts payments.
func (d *DeferredPayments) ChargeDeferredPayment(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	p := d.Payments
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		stop := startHeartbeats(ctx)
		defer stop()
		for tries := 0; ; tries++ {
			if err := p.awaitGate(ctx, tries > 0); err != nil {
				return booking.Outcome{}, err
			}
			payment, err := p.callProvider(ctx, c, true)
			if _, provider := errors.AsType[calleeFailure](err); provider {
				continue // repeat here: a retried activity would go to the end of the queue
			}
			if outcome := outcomeOf(payment); err != nil || outcome.Result != booking.Deferred {
				return outcome, err
			}
		}
	})
}

// awaitGate waits for the gate, at most until this worker stops.
func (p *Payments) awaitGate(ctx context.Context, again bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stops := activity.GetWorkerStopChannel(ctx)
	go func() {
		select {
		case <-stops:
			cancel(errWorkerStops)
		case <-ctx.Done():
		}
	}()
	if err := p.Gate.AwaitOpen(ctx, again); err != nil {
		return fmt.Errorf("wait for the payment provider: %w", context.Cause(ctx))
	}
	return nil
}

// errWorkerStops is not a cancellation: another worker runs the payment.
var errWorkerStops = errors.New("this worker stops")

// startHeartbeats sends heartbeats, so that the engine knows the activity is alive, and the
// activity learns of its cancellation.
func startHeartbeats(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticks := time.NewTicker(ProofOfLife)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				activity.RecordHeartbeat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
