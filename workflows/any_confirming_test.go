package workflows_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// anyToConfirm makes some orders' payments need the customer's confirmation.
func anyToConfirm(o *contract.Order, random *rand.Rand) {
	if random.IntN(3) == 0 {
		mustConfirm(o)
	}
}

// orderIn is the part of a saga's input that all kinds have in common.
func orderIn(in any) contract.Order {
	switch in := in.(type) {
	case contract.Lodging:
		return in.Order
	case contract.Food:
		return in.Order
	case contract.Cafe:
		return in.Order
	default:
		return in.(contract.Cleaning).Order
	}
}

// anyConfirming lets the customer, who has to confirm, and the provider act: the customer
// approves, refuses or does nothing, and returns early, late, more than once or never;
// notices arrive early, late, more than once or never.
func (s *trial) anyConfirming(random *rand.Rand) {
	if orderIn(s.in).PaymentMethod != toConfirm {
		return
	}
	if random.IntN(4) == 0 {
		s.confirmsUntil = 5 * time.Minute
	}
	moments := func() time.Duration {
		return []time.Duration{
			time.Second, 10 * time.Second, time.Minute, 5 * time.Minute,
			quarter - time.Second, quarter, quarter + time.Millisecond, quarter + 20*time.Second,
			time.Duration(random.Int64N(int64(quarter))), time.Duration(random.Int64N(int64(hour))),
		}[random.IntN(10)]
	}
	if random.IntN(8) > 0 {
		at, what := moments(), []atCustomer{approves, approves, approves, refuses}[random.IntN(4)]
		s.env.RegisterDelayedCallback(func() { s.customerSays(what) }, at)
		for range random.IntN(3) {
			late := time.Duration(random.Int64N(int64(5 * time.Minute)))
			s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil) }, at+late)
		}
	}
	for range random.IntN(3) {
		s.customerReturns(moments())
	}
}

// requireConfirmationMessages checks that a customer who was asked to confirm, or has not
// confirmed in time, gets one message about the cancellation.
func (s *trial) requireConfirmationMessages(v contract.View) {
	s.Helper()
	require.Nil(s, v.NextAction)
	require.Zero(s, v.ExpiresAt)
	if s.earlierRuns > 0 || v.Status != booking.Cancelled {
		return
	}
	messages := s.messagesTo(orderIn(s.in).CustomerID)
	requests, off := 0, 0
	for _, m := range messages {
		switch booking.MessageType(m) {
		case booking.PaymentToConfirmMessage:
			requests++
		case booking.OrderCancelledMessage:
			off++
		}
	}
	require.LessOrEqual(s, requests, 1)
	if v.Reason == booking.PaymentNotConfirmed || requests > 0 || slices.Contains(messages, string(booking.PaymentDeferredMessage)) {
		require.Equal(s, 1, off, messages)
	}
}
