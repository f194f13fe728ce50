package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// A refusal says what happened to the money, also if there was no charge.
func TestRefusal_SaysWhatBecameOfTheMoney(t *testing.T) {
	t.Parallel()
	const refunded, refunding, nothing, willBeRefunded = "has been refunded", "is being refunded", "Nothing was charged", "is refunded"
	all := []string{refunded, refunding, nothing, willBeRefunded}
	for _, reason := range booking.Reasons() {
		meaning := kindOf(orders.CodeOf(reason)).meaning
		for _, words := range append(all, "harged", "pay nothing", "What was paid") {
			require.NotContains(t, meaning, words, "%s: what is true of every case only", reason)
		}
	}
	for name, test := range map[string]struct {
		status booking.Status
		reason booking.Reason
		placed bool
		price  int64
		says   string
	}{
		"PaidAndUndone":     {booking.Cancelled, booking.SoldOut, true, 100, refunded},
		"PaidAndBeingUnd":   {booking.Cancelling, booking.PaymentUnavailable, true, 100, refunding},
		"NotPaid":           {booking.Cancelled, booking.SoldOut, false, 100, nothing},
		"TooLateToPay":      {booking.Cancelled, booking.TooLate, false, 100, nothing},
		"DeletedAfterPaid":  {booking.Cancelled, booking.MenuDeleted, true, 100, refunded},
		"DeletedBeforePaid": {booking.Cancelled, booking.MenuDeleted, false, 100, nothing},
		"Declined":          {booking.Cancelled, booking.PaymentDeclined, false, 100, nothing},
		"CafeAway":          {booking.Cancelling, booking.CafeUnavailable, false, 100, nothing},
		"NotProcessed":      {booking.Cancelling, booking.NotProcessed, false, 100, nothing},
		"ChargeUnknown":     {booking.Cancelling, booking.PaymentUnavailable, false, 100, willBeRefunded},
		"Free":              {booking.Cancelled, booking.SoldOut, true, 0, ""},
	} {
		v := contract.View{
			ID: "cafe-1", Status: test.status, Reason: test.reason, Placed: test.placed, Kind: booking.Cafe,
			Amount: booking.Money{Amount: test.price, Currency: "KRW"},
		}
		p := (&server{}).placingProblem(t.Context(), language(booking.English), v, &booking.Error{Code: orders.CodeOf(test.reason)})
		for _, words := range all {
			if words == test.says {
				require.Contains(t, p.Detail, words, name)
			} else {
				require.NotContains(t, p.Detail, words, name)
			}
		}
	}
}
