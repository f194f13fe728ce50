package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// shelf is a Stock that counts its calls.
type shelf struct {
	activities.Stock // methods that no test calls

	calls  int
	answer booking.Outcome
	err    error
	end    booking.Date // on which a hold was to end
}

func (s *shelf) Hold(context.Context, booking.Hold) (booking.Outcome, error) {
	s.calls++
	return s.answer, s.err
}

func (s *shelf) Shorten(_ context.Context, _ string, end booking.Date) (booking.Freed, error) {
	s.calls++
	s.end = end
	return booking.Freed{}, s.err
}

func (s *shelf) Release(context.Context, booking.Hold) (booking.Undo, error) {
	s.calls++
	return booking.Undo{Acted: true}, s.err
}

func hold(w way, i *activities.Inventory) (booking.Outcome, error) {
	return do(w, func(ctx context.Context) (booking.Outcome, error) { return i.HoldStock(ctx, booking.Hold{}) })
}

func release(w way, i *activities.Inventory) (booking.Undo, error) {
	return do(w, func(ctx context.Context) (booking.Undo, error) { return i.ReleaseStock(ctx, booking.Hold{}) })
}

func TestService_NotServedHere(t *testing.T) {
	t.Parallel()
	stock := &shelf{}
	inventory := &activities.Inventory{Stock: stock}
	for _, w := range []way{inPlace, durably} {
		_, err := hold(w, inventory)
		var refusal *temporal.ApplicationError
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, activities.NotServedType, refusal.Type())
		require.False(t, refusal.NonRetryable(), "its own queue serves it")
	}
	require.Zero(t, stock.calls)
}

func TestService_ReturnsAnswers(t *testing.T) {
	t.Parallel()
	soldOut := booking.Outcome{Result: booking.Refused, Reason: booking.SoldOut}
	stock := &shelf{answer: soldOut}
	inventory := &activities.Inventory{Service: served(), Stock: stock}
	for _, w := range []way{inPlace, durably} {
		for range 5 {
			got, err := hold(w, inventory)
			require.NoError(t, err, "a refusal is an answer, and trips no breaker")
			require.Equal(t, soldOut, got)
			undo, err := release(w, inventory)
			require.NoError(t, err)
			require.True(t, undo.Acted)
		}
	}
	stock.err = errAway
	for _, w := range []way{inPlace, durably} {
		_, err := hold(w, inventory)
		require.ErrorIs(t, err, errAway)
	}
}

func TestService_BreakerSparesAServiceThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stock := &shelf{answer: done, err: errAway}
		var moves []gobreaker.State
		inventory := &activities.Inventory{Stock: stock, Service: activities.NewService("stock",
			func(name string, _, to gobreaker.State) {
				require.Equal(t, "stock", name)
				moves = append(moves, to)
			})}
		for range 3 {
			_, err := hold(inPlace, inventory)
			require.ErrorIs(t, err, errAway)
		}
		require.Equal(t, []gobreaker.State{gobreaker.StateOpen}, moves)

		_, err := hold(inPlace, inventory)
		require.ErrorIs(t, err, gobreaker.ErrOpenState)
		_, err = release(inPlace, inventory)
		require.ErrorIs(t, err, gobreaker.ErrOpenState, "one breaker for all that the service does")
		require.Equal(t, 3, stock.calls, "it is spared")

		_, err = hold(durably, inventory)
		require.ErrorIs(t, err, errAway, "a durable attempt is always made")
		require.Equal(t, 4, stock.calls)

		stock.err = nil
		_, err = hold(durably, inventory)
		require.NoError(t, err)
		_, err = hold(inPlace, inventory)
		require.ErrorIs(t, err, gobreaker.ErrOpenState, "and says nothing to the breaker")

		time.Sleep(5*time.Second + time.Nanosecond)
		got, err := hold(inPlace, inventory)
		require.NoError(t, err, "one call is let through as a trial")
		require.Equal(t, done, got)
		require.Equal(t, []gobreaker.State{gobreaker.StateOpen, gobreaker.StateHalfOpen, gobreaker.StateClosed}, moves)
	})
}

func TestService_BreakerCountsFailuresInARow(t *testing.T) {
	t.Parallel()
	stock := &shelf{}
	inventory := &activities.Inventory{Service: served(), Stock: stock}
	for i := range 12 {
		stock.err = nil
		if i%3 != 0 {
			stock.err = errAway
		}
		_, err := hold(inPlace, inventory)
		require.ErrorIs(t, err, stock.err)
	}
	stock.err = context.Canceled
	for range 5 {
		_, err := hold(inPlace, inventory)
		require.ErrorIs(t, err, context.Canceled, "a cancelled call says nothing about the service")
	}
}

// Durable attempts that fail do not open the breaker for steps in place.
func TestService_BreakerIgnoresDurableAttempts(t *testing.T) {
	t.Parallel()
	stock := &shelf{answer: done, err: errAway}
	inventory := &activities.Inventory{Service: served(), Stock: stock}
	for range 5 {
		_, err := hold(durably, inventory)
		require.ErrorIs(t, err, errAway)
	}
	stock.err = nil
	_, err := hold(inPlace, inventory)
	require.NoError(t, err)
}

func TestRecordDecision(t *testing.T) {
	t.Parallel()
	require.NoError(t, activities.RecordDecision(t.Context()))
}

// groaning is a provider's error with a time to retry after.
type groaning time.Duration

func (g groaning) Error() string             { return "too many requests" }
func (g groaning) RetryAfter() time.Duration { return time.Duration(g) }

func TestService_RetriesAfterTheStatedTime(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err   error
		delay time.Duration
	}{
		"Stated":    {groaning(7 * time.Second), 7 * time.Second},
		"NotStated": {groaning(0), 0},
		"Other":     {errAway, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := &till{refund: func(string, string, booking.Money) error { return tt.err }}
			payments := newPayments(t, provider)
			_, err := charge(payments, newCharge("o1"))
			require.NoError(t, err)
			_, err = refund(payments, because(newCharge("o1"), booking.ByCustomer))
			require.ErrorIs(t, err, tt.err)
			failure, _ := errors.AsType[*temporal.ApplicationError](err)
			if tt.delay == 0 {
				require.Nil(t, failure)
				return
			}
			require.Equal(t, tt.delay, failure.NextRetryDelay())
			require.Equal(t, activities.BusyType, failure.Type())
			require.False(t, failure.NonRetryable())
		})
	}
}
