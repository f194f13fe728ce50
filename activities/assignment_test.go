package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// phone signals calls that they have a cleaner while it works.
type phone struct {
	broken    bool
	signalled []string
}

func (p *phone) SignalAssigned(_ context.Context, order string, c booking.Cleaner) error {
	if p.broken {
		return errAway
	}
	p.signalled = append(p.signalled, order+" "+c.Name)
	return nil
}

func newAssignment(t *testing.T) (*activities.Assignment, *phone) {
	t.Helper()
	crew := store.NewCrew(newDB(t, "fulfilment"))
	_, err := crew.AddCleaner(t.Context(), "1025", booking.Cleaner{ID: "c1", Name: "Kim"})
	require.NoError(t, err)
	p := &phone{}
	return &activities.Assignment{Service: served(), Crew: crew, Callers: p}, p
}

func assign(t *testing.T, a *activities.Assignment, order string) *booking.Cleaner {
	t.Helper()
	outcome, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) {
		return a.AssignCleaner(ctx, booking.Call{OrderID: order})
	})
	require.NoError(t, err)
	require.Equal(t, booking.Done, outcome.Result)
	return outcome.Cleaner
}

func TestAssignment_FreeingACleanerSignalsTheNextCall(t *testing.T) {
	t.Parallel()
	a, p := newAssignment(t)
	require.Equal(t, "Kim", assign(t, a, "one").Name)
	require.Nil(t, assign(t, a, "two"))
	require.Nil(t, assign(t, a, "three"))
	_, err := do(inPlace, func(ctx context.Context) (booking.Undo, error) {
		return a.CancelAssignment(ctx, booking.Call{OrderID: "one"})
	})
	require.NoError(t, err)
	require.Equal(t, []string{"two Kim"}, p.signalled)
	_, err = do(durably, func(ctx context.Context) (booking.Outcome, error) { return a.FinishCleaning(ctx, "two") })
	require.NoError(t, err)
	require.Equal(t, []string{"two Kim", "three Kim"}, p.signalled)
}

// An assignment whose signal failed is signalled later: by the same activity once
// more, or by the repair.
func TestAssignment_SignalIsRepeatedUntilItSucceeds(t *testing.T) {
	t.Parallel()
	a, p := newAssignment(t)
	assign(t, a, "one")
	assign(t, a, "two")
	p.broken = true
	finish := func() error {
		_, err := do(inPlace, func(ctx context.Context) (booking.Outcome, error) { return a.FinishCleaning(ctx, "one") })
		return err
	}
	require.ErrorIs(t, finish(), errAway)
	p.broken = false
	require.NoError(t, finish())
	require.Equal(t, []string{"two Kim"}, p.signalled)
	_, err := do(durably, func(ctx context.Context) (struct{}, error) { return struct{}{}, a.TellAssigned(ctx) })
	require.NoError(t, err)
	require.Equal(t, []string{"two Kim"}, p.signalled, "once is enough")
}

func TestService_SaysWhenItIsCertainThatNothingWasDone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"Certain":   {errCertain, activities.NothingDoneType},
		"Uncertain": {errAway, ""},
	} {
		for _, w := range []way{inPlace, durably} {
			inventory := &activities.Inventory{Service: served(), Stock: &shelf{err: tt.err}}
			_, err := hold(w, inventory)
			var failure *temporal.ApplicationError
			if tt.want == "" {
				require.ErrorIs(t, err, errAway, name)
				continue
			}
			require.ErrorAs(t, err, &failure, name)
			require.Equal(t, tt.want, failure.Type())
			require.False(t, failure.NonRetryable(), "a step that is to be finished is tried again")
		}
	}
}

func TestService_AnOpenBreakerHasDoneNothing(t *testing.T) {
	t.Parallel()
	inventory := &activities.Inventory{Service: served(), Stock: &shelf{err: errAway}}
	var err error
	for range 4 {
		_, err = hold(inPlace, inventory)
	}
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, activities.NothingDoneType, failure.Type())
}
