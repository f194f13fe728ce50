package activities_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

var deferred = booking.Outcome{Result: booking.Deferred}

// door is a gate that stays shut until the test opens it.
type door struct {
	mu     sync.Mutex
	opened chan struct{}
	said   []error
}

func newDoor() *door { return &door{opened: make(chan struct{})} }

func (d *door) Enter(context.Context, bool) (activities.PaymentSlot, error) {
	select {
	case <-d.opened:
		return &slot{said: func(err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.said = append(d.said, err)
		}}, nil
	default:
		return nil, activities.ErrShut
	}
}

func (d *door) AwaitOpen(ctx context.Context, _ bool) error {
	select {
	case <-d.opened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// behind returns a payments service behind a door.
func behind(t *testing.T, d *door, p *till) *activities.Payments {
	t.Helper()
	payments := newPayments(t, p)
	payments.Gate = d
	return payments
}

func chargeDeferred(p *activities.Payments, c booking.Charge) (booking.Outcome, error) {
	line := &activities.DeferredPayments{Payments: p}
	return do(durably, func(ctx context.Context) (booking.Outcome, error) { return line.ChargeDeferredPayment(ctx, c) })
}

func TestChargePayment_DeferredWhileTheProviderIsKeptFrom(t *testing.T) {
	t.Parallel()
	provider, gate := &till{}, newDoor()
	payments, c := behind(t, gate, provider), newCharge("o1")
	for range 5 { // more often than the breakers of services allow failures
		got, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) { return payments.ChargePayment(ctx, c) })
		require.NoError(t, err)
		require.Equal(t, deferred, got)
	}
	require.Empty(t, provider.notes())
	require.Equal(t, booking.ChargeDeferred, onRecord(t, payments, "o1").Status)

	close(gate.opened)
	got, err := chargeDeferred(payments, c)
	require.NoError(t, err)
	require.Equal(t, done, got)
	require.Equal(t, []string{"charge o1/charge"}, provider.notes())
	got, err = charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, done, got)
	require.Equal(t, []error{nil, activities.ErrNotCalled}, gate.said)
}

// A charged payment stays charged in each state of the gate.
func TestChargePayment_RepeatsItsAnswerThoughTheGateIsShut(t *testing.T) {
	t.Parallel()
	provider := &till{}
	payments, c := newPayments(t, provider), newCharge("o1")
	_, err := charge(payments, c)
	require.NoError(t, err)
	payments.Gate = newDoor()
	got, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, done, got)
}

// A charge whose outcome is unknown stays pending.
func TestChargePayment_DeferredThoughItWasRequested(t *testing.T) {
	t.Parallel()
	provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", errAway }}
	payments, c := newPayments(t, provider), newCharge("o1")
	_, err := charge(payments, c)
	require.ErrorIs(t, err, errAway)
	payments.Gate = newDoor()
	got, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, deferred, got)
	require.Equal(t, booking.ChargePending, onRecord(t, payments, "o1").Status)

	_, err = refund(payments, because(c, booking.ByCustomer))
	require.NoError(t, err)
	require.Equal(t, []string{"charge o1/charge", "void o1/charge"}, provider.notes())
}

// With few orders the gate stays open while the provider fails.
func TestChargePayment_DeferredWhenItFailsForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", errAway }}
		payments, c := newPayments(t, provider), newCharge("o1")
		for range 3 {
			_, err := charge(payments, c)
			require.ErrorIs(t, err, errAway)
			time.Sleep(10 * time.Second)
		}
		time.Sleep(time.Second)
		got, err := charge(payments, c)
		require.NoError(t, err)
		require.Equal(t, deferred, got)
		require.Equal(t, booking.ChargePending, onRecord(t, payments, "o1").Status, "its outcome is unknown")
		require.Len(t, provider.notes(), 4)

		provider.charge = nil
		got, err = chargeDeferred(payments, c)
		require.NoError(t, err)
		require.Equal(t, done, got)
	})
}

func TestRefundPayment_OfADeferredOneCallsNoProvider(t *testing.T) {
	t.Parallel()
	provider, gate := &till{}, newDoor()
	payments, c := behind(t, gate, provider), newCharge("o1")
	_, err := charge(payments, c)
	require.NoError(t, err)
	undo, err := refund(payments, because(c, booking.ByCustomer))
	require.NoError(t, err)
	require.False(t, undo.Acted)
	require.Equal(t, booking.ChargePrevented, onRecord(t, payments, "o1").Status)

	close(gate.opened)
	got, err := chargeDeferred(payments, c)
	require.NoError(t, err)
	require.Equal(t, undoneForThem, got, "its turn has no effect")
	require.Empty(t, provider.notes())
}

func TestChargePayment_DeferredWhenTheProviderIsBusy(t *testing.T) {
	t.Parallel()
	calls := 0
	provider := &till{charge: func(context.Context, booking.Charge) (string, error) {
		if calls++; calls < 3 {
			return "", groaning(time.Second)
		}
		return "ch_1", nil
	}}
	payments, c := newPayments(t, provider), newCharge("o1")
	got, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, deferred, got)
	got, err = chargeDeferred(payments, c)
	require.NoError(t, err)
	require.Equal(t, done, got, "it keeps its place in the queue")
	require.Equal(t, 3, calls)
}

// A slow or failing provider has a breaker of its own and does not trip the service's.
func TestChargePayment_TheProvidersFailuresAreNotTheServices(t *testing.T) {
	t.Parallel()
	provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", errAway }}
	payments := newPayments(t, provider)
	for range 6 {
		_, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) {
			return payments.ChargePayment(ctx, newCharge("o1"))
		})
		require.ErrorIs(t, err, errAway)
	}
}

// recordingGate is an open gate that records calls of Opens with again.
type recordingGate struct {
	open
	again []bool
}

func (p *recordingGate) AwaitOpen(_ context.Context, again bool) error {
	p.again = append(p.again, again)
	return nil
}

// A charge that fails when its turn has come keeps its place in the queue.
func TestChargeDeferredPayment_KeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failed := 0
		provider := &till{charge: func(context.Context, booking.Charge) (string, error) {
			if failed++; failed < 4 {
				return "", errAway
			}
			return "ch_1", nil
		}}
		payments, gate := newPayments(t, provider), &recordingGate{}
		payments.Gate = gate
		got, err := chargeDeferred(payments, newCharge("o1"))
		require.NoError(t, err)
		require.Equal(t, done, got)
		require.Equal(t, []bool{false, true, true, true}, gate.again)
	})
}

// frozen is a ledger that does not answer.
type frozen struct{ activities.PaymentLedger }

func (frozen) BeginCharge(ctx context.Context, _ booking.Charge) (booking.Payment, error) {
	<-ctx.Done()
	return booking.Payment{}, ctx.Err()
}

// A hanging ledger trips the service's breaker: later orders do not wait for it.
func TestChargePayment_AHangingLedgerCostsAFewTheirBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		payments := newPayments(t, &till{})
		payments.Ledger = frozen{payments.Ledger}
		waited := 0
		for i := range 6 {
			begun := time.Now()
			_, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) {
				ctx, cancel := context.WithTimeout(ctx, time.Second+activities.ReplyMargin)
				defer cancel()
				return payments.ChargePayment(ctx, newCharge(fmt.Sprint("o", i)))
			})
			require.Error(t, err)
			if time.Since(begun) > 0 {
				waited++
			}
		}
		require.Equal(t, 3, waited)
		time.Sleep(time.Minute) // the hanging calls end
	})
}

func TestRefundPayment_TheProvidersFailuresAreNotTheServices(t *testing.T) {
	t.Parallel()
	provider := &till{refund: func(string, string, booking.Money) error { return errAway }}
	payments, c := newPayments(t, provider), newCharge("o1")
	_, err := charge(payments, c)
	require.NoError(t, err)
	for range 6 {
		_, err := do(inPlace, func(ctx context.Context) (booking.Undo, error) {
			return payments.RefundPayment(ctx, because(c, booking.ByCustomer))
		})
		require.ErrorIs(t, err, errAway)
	}
}

func TestChargePayment_NotUnderAKeyThatMayBeForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", errAway }}
		payments, c := newPayments(t, provider), newCharge("o1")
		_, err := charge(payments, c)
		require.ErrorIs(t, err, errAway)
		time.Sleep(23*time.Hour + time.Second)
		provider.charge = nil
		got, err := charge(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Outcome{Result: booking.Undone, Reason: booking.PaymentUnavailable}, got)
		require.Equal(t, []string{"charge o1/charge", "void o1/charge"}, provider.notes())
	})
}

func TestChargeDeferredPayment_WaitsAndSaysThatItLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := newDoor()
		payments := behind(t, gate, &till{})
		env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment().SetTestTimeout(time.Hour)
		line := &activities.DeferredPayments{Payments: payments}
		env.RegisterActivity(line)
		go func() {
			time.Sleep(45 * time.Second)
			close(gate.opened)
		}()
		begun := time.Now()
		value, err := env.ExecuteActivity(line.ChargeDeferredPayment, newCharge("o1"))
		require.NoError(t, err)
		require.Equal(t, 45*time.Second, time.Since(begun))
		var got booking.Outcome
		require.NoError(t, value.Get(&got))
		require.Equal(t, done, got)
	})
}

// A worker that stops returns the payment at the front of the queue, and does not wait for
// the provider.
func TestChargeDeferredPayment_EndsWithItsWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		payments := behind(t, newDoor(), &till{})
		env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment().SetTestTimeout(time.Hour).SetWorkerOptions(worker.Options{})
		stops := make(chan struct{})
		env.SetWorkerStopChannel(stops)
		line := &activities.DeferredPayments{Payments: payments}
		env.RegisterActivity(line)
		go func() {
			time.Sleep(time.Second)
			close(stops)
		}()
		begun := time.Now()
		_, err := env.ExecuteActivity(line.ChargeDeferredPayment, newCharge("o1"))
		require.ErrorContains(t, err, "this worker stops")
		require.Equal(t, time.Second, time.Since(begun))
	})
}
