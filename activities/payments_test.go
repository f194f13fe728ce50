package activities_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

func TestChargePayment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ref    string
		err    error
		want   booking.Outcome
		status booking.PaymentStatus
	}{
		"Charged":  {ref: "ch_1", want: done, status: booking.Charged},
		"Declined": {err: activities.ErrDeclined, want: declined, status: booking.Declined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return tt.ref, tt.err }}
			payments, c := newPayments(t, provider), newCharge("o1")
			for range 3 {
				got, err := charge(payments, c)
				require.NoError(t, err)
				require.Equal(t, tt.want, got)
			}
			require.Equal(t, []string{"charge o1/charge"}, provider.notes(), "the answer is repeated without another request")
			payment := onRecord(t, payments, "o1")
			require.Equal(t, tt.status, payment.Status)
			require.Equal(t, tt.ref, payment.Ref)
			require.Equal(t, c, payment.Charge)
		})
	}
}

func TestChargePayment_RetriesUntilTheOutcomeIsKnown(t *testing.T) {
	t.Parallel()
	provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", errAway }}
	payments, c := newPayments(t, provider), newCharge("o1")
	for range 2 {
		_, err := charge(payments, c)
		require.ErrorIs(t, err, errAway)
		require.Equal(t, booking.ChargePending, onRecord(t, payments, "o1").Status)
	}
	provider.charge = nil
	got, err := charge(payments, c)
	require.NoError(t, err)
	require.Equal(t, done, got)
	require.Equal(t, []string{"charge o1/charge", "charge o1/charge", "charge o1/charge"}, provider.notes(), "with the same key")
}

func TestChargePayment_OneCallPerKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		provider := &till{charge: func(context.Context, booking.Charge) (string, error) {
			<-answer
			return "ch_1", nil
		}}
		payments := newPayments(t, provider)
		var callers errgroup.Group
		for i := range 12 {
			c := newCharge([]string{"o1", "o2", "o3"}[i%3])
			callers.Go(func() error {
				got, err := charge(payments, c)
				if err == nil && got != done {
					err = fmt.Errorf("charge of %s: %s", c.OrderID, got.Result)
				}
				return err
			})
		}
		synctest.Wait()
		require.ElementsMatch(t, []string{"charge o1/charge", "charge o2/charge", "charge o3/charge"}, provider.notes(),
			"orders do not wait for each other")
		close(answer)
		require.NoError(t, callers.Wait())
		require.Len(t, provider.notes(), 3)
	})
}

func TestChargePayment_TheCallContinuesWithoutItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &till{charge: func(ctx context.Context, _ booking.Charge) (string, error) {
			select {
			case <-time.After(5 * time.Second):
				return "ch_1", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}}
		payments, c := newPayments(t, provider), newCharge("o1")
		began := time.Now()
		_, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) {
			ctx, cancel := context.WithTimeout(ctx, 610*time.Millisecond+activities.ReplyMargin)
			defer cancel()
			return payments.ChargePayment(ctx, c)
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 610*time.Millisecond, time.Since(began), "the caller is not kept")
		require.Equal(t, booking.ChargePending, onRecord(t, payments, "o1").Status)

		// The durable attempt meets the call that is still running.
		got, err := charge(payments, c)
		require.NoError(t, err)
		require.Equal(t, done, got)
		require.Equal(t, 5*time.Second, time.Since(began))
		require.Len(t, provider.notes(), 1)
	})
}

func TestChargePayment_AnAnswerWithoutACallerIsRecorded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		status booking.PaymentStatus
	}{
		"Charged":  {nil, booking.Charged},
		"Declined": {activities.ErrDeclined, booking.Declined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				provider := &till{charge: func(context.Context, booking.Charge) (string, error) {
					time.Sleep(5 * time.Second)
					return "", tt.err
				}}
				payments := newPayments(t, provider)
				_, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) {
					ctx, cancel := context.WithTimeout(ctx, time.Second+activities.ReplyMargin)
					defer cancel()
					return payments.ChargePayment(ctx, newCharge("o1"))
				})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				for onRecord(t, payments, "o1").Status == booking.ChargePending {
					require.Less(t, len(provider.notes()), 2)
					time.Sleep(time.Second)
				}
				require.Equal(t, tt.status, onRecord(t, payments, "o1").Status)
			})
		})
	}
}

// A provider that never answers does not block the key for ever.
func TestChargePayment_ACallEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &till{charge: func(ctx context.Context, _ booking.Charge) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}}
		payments, c := newPayments(t, provider), newCharge("o1")
		began := time.Now()
		_, err := charge(payments, c)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 30*time.Second, time.Since(began))
		provider.charge = nil
		got, err := charge(payments, c)
		require.NoError(t, err)
		require.Equal(t, done, got)
	})
}

// A charge that was not made in time is never made.
func TestChargePayment_TooLate(t *testing.T) {
	t.Parallel()
	late := newCharge("o1")
	late.Late, late.Reason = true, booking.TooLate
	tooLate := booking.Outcome{Result: booking.Undone, Reason: booking.TooLate}

	t.Run("NeverRequested", func(t *testing.T) {
		t.Parallel()
		provider := &till{}
		payments := newPayments(t, provider)
		for range 2 {
			got, err := charge(payments, late)
			require.NoError(t, err)
			require.Equal(t, tooLate, got)
		}
		require.NotContains(t, provider.notes(), "charge o1/charge")
		require.Equal(t, booking.ChargePrevented, onRecord(t, payments, "o1").Status)
	})
	t.Run("TakenWithALostAnswer", func(t *testing.T) {
		t.Parallel()
		provider := &till{
			charge: func(context.Context, booking.Charge) (string, error) { return "", errAway },
			void:   func(context.Context, booking.Charge) ([]string, error) { return []string{"ch_1"}, nil },
		}
		payments := newPayments(t, provider)
		_, err := charge(payments, newCharge("o1"))
		require.ErrorIs(t, err, errAway)
		got, err := charge(payments, late)
		require.NoError(t, err)
		require.Equal(t, tooLate, got)
		require.Contains(t, provider.notes(), "refund ch_1 as o1/charge/refund")
		require.Equal(t, price.Amount, onRecord(t, payments, "o1").Refunded)
	})
	t.Run("TakenInTime", func(t *testing.T) {
		t.Parallel()
		payments := newPayments(t, &till{})
		for _, c := range []booking.Charge{newCharge("o1"), late} {
			got, err := charge(payments, c)
			require.NoError(t, err)
			require.Equal(t, done, got)
		}
	})
}

// TestChargePayment_AnswersAreNoFailures: a provider that refuses works, and the gate stays open.
func TestChargePayment_AnswersAreNoFailures(t *testing.T) {
	t.Parallel()
	for _, answer := range []error{activities.ErrDeclined, activities.ErrVoided, activities.ErrRepeatAnew} {
		gate := newDoor()
		close(gate.opened)
		provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", fmt.Errorf("refused: %w", answer) }}
		_, _ = charge(behind(t, gate, provider), newCharge("o1"))
		gate.mu.Lock()
		require.NotEmpty(t, gate.said)
		require.NoError(t, gate.said[0], "%v", answer)
		gate.mu.Unlock()
	}
}

// A charge whose outcome only the undo can decide is undone at once: it is no outage, so
// the breaker does not count it, and other orders are charged.
func TestChargePayment_ThatOnlyTheUndoDecides(t *testing.T) {
	t.Parallel()
	unavailable := booking.Outcome{Result: booking.Undone, Reason: booking.PaymentUnavailable}
	person := &activities.Owed{Words: "stripe answered 404", NeedsPerson: true}
	for name, tt := range map[string]struct {
		charged error
		void    func(context.Context, booking.Charge) ([]string, error)
		status  booking.PaymentStatus
		undo    booking.Undo
	}{
		"OtherAmount": {
			fmt.Errorf("%w: ch_1 took 200 UGX", activities.ErrOtherAmount),
			func(context.Context, booking.Charge) ([]string, error) { return []string{"ch_1"}, nil },
			booking.Refunded, booking.Undo{Acted: true},
		},
		"AmountRefused": {
			activities.ErrAmountRefused, func(context.Context, booking.Charge) ([]string, error) { return nil, nil },
			booking.ChargePrevented, booking.Undo{},
		},
		"ForAPerson": {
			person, func(context.Context, booking.Charge) ([]string, error) { return nil, person },
			booking.RefundPending, booking.Undo{NeedsPerson: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newDoor()
			close(gate.opened)
			provider := &till{charge: func(context.Context, booking.Charge) (string, error) { return "", tt.charged }, void: tt.void}
			payments := behind(t, gate, provider)
			for range 5 {
				got, err := charge(payments, newCharge("o1"))
				require.NoError(t, err)
				require.Equal(t, unavailable, got)
			}
			gate.mu.Lock()
			require.Equal(t, []error{nil, activities.ErrNotCalled}, gate.said[:2], "the provider has answered")
			gate.mu.Unlock()
			require.Equal(t, tt.status, onRecord(t, payments, "o1").Status)
			undo, err := refund(payments, because(newCharge("o1"), booking.PaymentUnavailable))
			require.NoError(t, err)
			require.Equal(t, tt.undo.NeedsPerson, undo.NeedsPerson)
			require.Equal(t, tt.undo.Acted, undo.Acted)
			if tt.undo.NeedsPerson {
				require.Contains(t, undo.Owed, person.Words)
			}
		})
	}
}

// The provider gets the time since which it may have got the request, from which it searches its
// records.
func TestChargePayment_SinceWhen(t *testing.T) {
	t.Parallel()
	var since []time.Time
	provider := &till{
		charge: func(_ context.Context, c booking.Charge) (string, error) {
			since = append(since, c.Since)
			return "", errAway
		},
		void: func(_ context.Context, c booking.Charge) ([]string, error) {
			since = append(since, c.Since)
			return nil, nil
		},
	}
	payments, c := newPayments(t, provider), newCharge("o1")
	for range 2 {
		_, err := charge(payments, c)
		require.ErrorIs(t, err, errAway)
	}
	_, err := refund(payments, because(c, booking.ByCustomer))
	require.NoError(t, err)
	begun := onRecord(t, payments, "o1").At
	require.Equal(t, []time.Time{begun, begun, begun}, since)
}
