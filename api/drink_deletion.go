package api

import (
	"context"
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// deleteDrink starts the deletion, once, and answers with the drink whether it
// has just begun or is long done.
func (s *server) deleteDrink(ctx context.Context, in *drinkByID) (*drinkAnswer, error) {
	drink, err := s.drink(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if drink.deletion == nil || !drink.deletion.Done {
		if err := s.startDeletion(ctx, drink.ID); err != nil {
			return nil, err
		}
	}
	if drink.deletion == nil {
		drink.deletion = &booking.DrinkDeletion{}
	}
	answer := in.language().answerDrink(s.showSale(ctx, in.language(), drink))
	answer.Location = drinksPath + "/" + drink.ID
	return answer, nil
}

func (s *server) startDeletion(ctx context.Context, drinkID string) error {
	// As for an order's start: the SDK gives half of it to one call.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*s.ReplyBudget)
	defer cancel()
	_, err := s.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.DrinkDeletionID(drinkID), TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "drink " + drinkID,
	}, contract.DrinkDeletionWorkflow, contract.DrinkDeletion{DrinkID: drinkID})
	_, started := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	switch {
	case err == nil || started:
		return nil
	case temporalAway(temporalError{err}):
		s.Logger.Warn("temporal cannot be reached", zap.Error(err))
		return newProblem(temporalUnavailable, "drinks cannot be taken off the menu at the moment; repeat the request: should it have arrived, it is not carried out twice")
	default:
		return temporalError{err}
	}
}
