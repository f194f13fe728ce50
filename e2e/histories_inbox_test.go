package e2e

import (
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func mealStartedTooLate(s *system) string {
	return s.run(contract.FoodWorkflow, s.newMeal(func(o *contract.Order) {
		o.PlacedAt = o.PlacedAt.Add(-time.Hour)
		o.StartBy = o.PlacedAt.Add(time.Minute)
	}))
}

func mealWithdrawn(s *system) string {
	return s.run(contract.FoodWorkflow, s.newMeal(func(o *contract.Order) {
		o.Withdrawal = &contract.Withdrawal{Reason: booking.ByCustomer, Note: "changed my mind"}
	}))
}
