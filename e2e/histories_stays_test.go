package e2e

import (
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// stayBranches are the branches of guests who do not come or leave early, under a policy.
var stayBranches = map[string]branch{
	"lodging_no_show":                {noShow, booking.NoShow},
	"lodging_left_early_paid_back":   {leftEarlyRefunded, ""},
	"lodging_left_early_little_left": {leftEarlyLittleLeft, ""},
}

func noShow(s *system) string {
	order := s.accepted(s.begun(s.place(9, fromMidnight, forStays), 2))
	s.becomes(order, booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(order, "no-show") })
	return order
}

func leftEarlyRefunded(s *system) string {
	order := s.accepted(s.begun(s.place(9, fromMidnight, forStays), 4))
	s.becomes(order, booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// leftEarlyLittleLeft: after refunds by staff less of the payment is left than the policy refunds
// for the released nights.
func leftEarlyLittleLeft(s *system) string {
	order := s.accepted(s.begun(s.place(9, fromMidnight, forStays), 4))
	s.becomes(order, booking.Confirmed)
	s.refundOf(order, "a", 190_000)
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	s.ended(order)
	require.Len(s, s.entries(order), 2)
	return order
}
