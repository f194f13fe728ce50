package orders_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestDeleteDrink: the deletion of a drink is started once.
func TestDeleteDrink(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		code booking.Code // "" if it has started
	}{
		"Begins":       {},
		"UnderWay":     {err: serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run")},
		"TemporalAway": {err: serviceerror.NewUnavailable("connection refused"), code: orders.TemporalUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.onDeletion(test.err)
			err := b.DeleteDrink(t.Context(), booking.Caller{Unchecked: true}, "drink-latte")
			if test.code == "" {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, &booking.Error{Code: test.code})
			}
		})
	}
	t.Run("Defect", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.onDeletion(serviceerror.NewInvalidArgument("secret"))
		var domainErr *booking.Error
		err := b.DeleteDrink(t.Context(), booking.Caller{Unchecked: true}, "drink-latte")
		require.Error(t, err)
		require.NotErrorAs(t, err, &domainErr)
	})
}

// onDeletion makes the start of a deletion return err.
func (b *bundle) onDeletion(err error) {
	b.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.DrinkDeletionWorkflow, mock.Anything).
		Return(func(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			require.Equal(b.t, "deletion-drink-latte", o.ID)
			require.Equal(b.t, contract.SagasQueue, o.TaskQueue)
			require.Equal(b.t, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, o.WorkflowIDReusePolicy)
			require.True(b.t, o.WorkflowExecutionErrorWhenAlreadyStarted)
			require.Equal(b.t, []any{contract.DrinkDeletion{DrinkID: "drink-latte"}}, args)
			return &mocks.WorkflowRun{}, err
		}).Once()
}
