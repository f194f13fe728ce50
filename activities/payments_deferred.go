package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// DeferredPayments takes the payments that had to wait. Its task queue is the
// line in which they stand: workers take from its front, at a bounded rate.
type DeferredPayments struct {
	Payments *Payments
}

// ProofOfLife is how often a payment at the front of the line says that it is
// still there.
const ProofOfLife = 10 * time.Second

// ChargeDeferredPayment is ChargePayment for an order whose turn has come. It
// waits until the provider takes payments.
func (d *DeferredPayments) ChargeDeferredPayment(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	p := d.Payments
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		stop := saysThatItLives(ctx)
		defer stop()
		for tries := 0; ; tries++ {
			if err := p.opens(ctx, tries > 0); err != nil {
				return booking.Outcome{}, err
			}
			payment, err := p.fly(ctx, c, true)
			if _, provider := errors.AsType[elsewhere](err); provider {
				continue // it keeps its place: whoever goes back to the queue goes to its end
			}
			if outcome := cameTo(payment); err != nil || outcome.Result != booking.Deferred {
				return outcome, err
			}
		}
	})
}

// opens waits for the gate, but not longer than this worker is there.
func (p *Payments) opens(ctx context.Context, again bool) error {
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

// errWorkerStops is no cancellation: another worker takes the payment over.
var errWorkerStops = errors.New("this worker stops")

// saysThatItLives lets the engine know that the activity is in good hands, and
// the activity that it is no longer wanted.
func saysThatItLives(ctx context.Context) (stop func()) {
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
