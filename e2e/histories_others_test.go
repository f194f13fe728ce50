package e2e

import (
	"fmt"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// openCups places n orders of one drink and returns the drink.
func (s *system) openCups(n int) booking.Drink {
	s.Helper()
	in := s.newCup(2 * n)
	for i := range n {
		in.OrderID = fmt.Sprintf("cafe-recorded-%d", i)
		s.shows(s.run(contract.CafeWorkflow, in), booking.InProduction)
	}
	return in.Drink
}

// deletes starts the deletion of a drink and waits for its end.
func (s *system) deletes(in contract.DrinkDeletion) (id, runID string) {
	s.Helper()
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: contract.DrinkDeletionID(in.DrinkID), TaskQueue: contract.SagasQueue,
	}, contract.DrinkDeletionWorkflow, in)
	require.NoError(s, err)
	runID = run.GetRunID()
	var done booking.DrinkDeletion
	require.NoError(s, s.outcome(run, &done))
	require.True(s, done.Done)
	return run.GetID(), runID
}

func deletion(s *system) (id, runID string) {
	drink := s.openCups(3)
	require.Empty(s, s.update("cafe-recorded-1", contract.CompleteUpdate))
	return s.deletes(contract.DrinkDeletion{DrinkID: drink.ID, Batch: 2, Batches: 9})
}

// deletionGoesOn: the deletion needs more than one run.
func deletionGoesOn(s *system) (id, runID string) {
	return s.deletes(contract.DrinkDeletion{DrinkID: s.openCups(3).ID, Batch: 1, Batches: 2})
}

// deletionSecondPass: an order of the drink cannot be undone yet.
func deletionSecondPass(s *system) (id, runID string) {
	drink := s.openCups(2)
	s.outages.stock.begin(errAway)
	first := make(chan struct{})
	go func() {
		defer close(first)
		defer s.outages.stock.end()
		s.eventually(func() bool { return s.attempts("cafe-recorded-1", "ReleaseStock") > 5 })
	}()
	id, runID = s.deletes(contract.DrinkDeletion{DrinkID: drink.ID, Batch: 5, Batches: 9})
	receive(s, first, "the end of the first pass")
	return id, runID
}

// refusedStart: the workflow was started without an input.
func refusedStart(workflow string) func(*system) (id, runID string) {
	return func(s *system) (id, runID string) {
		run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{TaskQueue: contract.SagasQueue}, workflow)
		require.NoError(s, err)
		require.ErrorContains(s, s.outcome(run, nil), string(booking.Invalid))
		return run.GetID(), run.GetRunID()
	}
}

// repairs starts a repair and waits for its end.
func (s *system) repairs(pages int) (id, runID string) {
	s.Helper()
	run, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: contract.RepairSchedule, TaskQueue: contract.SagasQueue,
	}, contract.RepairWorkflow, contract.Repair{Pages: pages})
	require.NoError(s, err)
	runID = run.GetRunID()
	require.NoError(s, s.outcome(run, nil))
	return run.GetID(), runID
}

func repair(s *system) (id, runID string) { return s.repairs(5) }

// repairGoesOn: there is more than one page of orders, and a run repairs one page.
func repairGoesOn(s *system) (id, runID string) {
	const morethanAPage = 201
	in := newVisit(0)
	for i := range morethanAPage {
		in.OrderID = fmt.Sprintf("cleaning-recorded-%d", i)
		s.run(contract.CleaningWorkflow, in)
	}
	s.within(5*waitLimit, func() bool { return len(s.search("OrderStatus = 'calling'")) == morethanAPage })
	return s.repairs(1)
}

func repairWithoutAssignment(s *system) (id, runID string) {
	s.outages.crew.begin(errAway)
	return s.repairs(5)
}
