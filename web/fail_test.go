package web

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
)

// TestProblems: errors about an order or a decision on it have texts of their own, not the
// general one.
func TestProblems(t *testing.T) {
	t.Parallel()
	codes := slices.Concat(orders.DecisionCodes(), []booking.Code{
		admission.Overloaded, booking.NotAllowed, booking.Unauthenticated, booking.InvalidCursor, booking.PriceChanged, booking.QuoteChanged, booking.ChangePending, booking.NotChangeable,
		booking.NotOnSale, orders.IdempotencyKeyReused, orders.TooManyCallsOfYours, orders.TooManyCallsWaiting, orders.TooManyOrdersOfYours, orders.TooManyUnpaid,
		booking.AlreadyCheckedIn, booking.AlreadyCompleted, booking.AlreadyDelivered, booking.DeliveryUnavailable,
		tooManyRequests, loginFailed, crossOrigin, internalError,
	})
	for _, reason := range []booking.Reason{
		booking.PaymentDeclined, booking.SoldOut, booking.MenuDeleted, booking.CafeUnavailable, booking.NotRegistered, booking.PaymentUnavailable, booking.PaymentNotConfirmed, booking.NotProcessed,
	} {
		codes = append(codes, orders.CodeOf(reason))
	}
	for _, code := range codes {
		require.Contains(t, entries, "problem."+string(code))
	}
}
