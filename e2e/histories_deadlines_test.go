package e2e

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// longAgo: no worker runs the order until its deadline has passed.
func longAgo(o *contract.Order) { o.PlacedAt = o.PlacedAt.Add(-time.Duration(o.Policy.PayWithin)) }

// mealLedgerAway: the order cannot be charged in time, since our ledger is away.
func mealLedgerAway(s *system) string {
	s.outages.ledger.begin(errAway)
	order := s.run(contract.FoodWorkflow, s.newMeal(func(o *contract.Order) { o.Policy.PayWithin = booking.Duration(3 * time.Second) }))
	s.shows(order, booking.Cancelling)
	s.outages.ledger.end()
	return order
}

// mealTooLate: the order is charged, and the delivery cannot be started in time.
func mealTooLate(s *system) string {
	s.outages.deliveries.begin(errAway)
	defer s.outages.deliveries.end()
	return s.untilTold(func(try int) (string, bool) { // on a busy machine the charge may come too late
		order := s.run(contract.FoodWorkflow, s.newMeal(retried(try), func(o *contract.Order) {
			o.Policy.PayWithin, o.Policy.HandOverWithin = 0, booking.Duration(time.Duration(3+3*try)*time.Second)
		}))
		s.shows(order, booking.Cancelling)
		return order, s.page(order).Reason == booking.TooLate
	})
}

func cupLate(s *system) string {
	in := s.newCup(9, func(o *contract.Order) { o.Policy.ServeWithin = booking.Duration(-48 * time.Hour) })
	order := s.run(contract.CafeWorkflow, in)
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func cupDayPassed(s *system) string {
	in := s.newCup(9)
	in.Policy.ServeAfterDay = booking.Duration(-time.Until(in.Drink.Ends())) // it is over by now
	return s.run(contract.CafeWorkflow, in)
}

func cupTooLate(s *system) string { return s.run(contract.CafeWorkflow, s.newCup(9, longAgo)) }

// visitNoCleanerFree: the order waits for a cleaner until it needs attention. Then a cleaner is
// free.
func visitNoCleanerFree(s *system) string {
	order := s.run(contract.CleaningWorkflow, newVisit(30000, func(o *contract.Order) { o.Policy.AssignWithin = booking.Duration(time.Second) }))
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	s.newCleaner()
	s.shows(order, booking.Assigned)
	require.False(s, s.page(order).NeedsAttention)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func visitLate(s *system) string {
	s.newCleaner()
	order := s.run(contract.CleaningWorkflow, newVisit(30000, func(o *contract.Order) { o.Policy.CleanWithin = booking.Duration(time.Second) }))
	s.eventually(func() bool { return s.page(order).NeedsAttention })
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func visitTooLate(s *system) string {
	return s.run(contract.CleaningWorkflow, newVisit(30000, longAgo))
}
