package payments

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func TestTerms_AmountsInStripesUnit(t *testing.T) {
	t.Parallel()
	for currency, tt := range map[string]struct{ ours, theirs int64 }{
		"KRW": {50000, 50000}, "EUR": {1250, 1250}, "JPY": {50, 50},
		"UGX": {20000, 2000000}, "ISK": {500, 50000}, // no cents, and yet two digits
		"MGA": {300000, 3000}, // two digits by ISO 4217, none at Stripe
		"KWD": {5120, 5120}, "IDR": {999_999_999_999, 999_999_999_999},
	} {
		m := booking.Money{Amount: tt.ours, Currency: currency}
		theirs, err := toStripe(m)
		require.NoError(t, err, currency)
		require.Equal(t, tt.theirs, theirs, currency)
		require.Equal(t, m, fromStripe(theirs, currency))
	}
	require.Equal(t, booking.Money{Amount: 7, Currency: "BTC"}, fromStripe(7, "btc"))
}

func TestTerms_WhatIsNotCharged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount   int64
		currency string
		says     string
	}{
		{5, "KRV", "no currency"}, {5, "BTC", "no currency"}, {5, "CLF", "no currency"}, {5, "", "no currency"},
		{5124, "KWD", "multiples of 10"}, {190, "KWD", "200 KWD at least"}, {1250, "MGA", "multiples of 100"},
		{49, "EUR", "50 EUR at least"}, {799, "KRW", "800 KRW at least"}, {-1, "KRW", "800 KRW at least"}, {1900, "UGX", "2000 UGX at least"}, {299_900, "MGA", "300000 MGA at least"},
		{49, "JPY", "50 JPY at least"}, {100_000_000, "KRW", "99999999 KRW at most"},
		{1_000_000, "UGX", "999999 UGX at most"}, {math.MaxInt64, "UGX", "at most"}, {math.MaxInt64 / 100 * 100, "MGA", "at most"},
	} {
		m := booking.Money{Amount: tt.amount, Currency: tt.currency}
		require.ErrorContains(t, Terms{}.Amount(m), tt.says, "%+v", m)
	}
}

// TestTerms_AreOfCurrencies: Stripe's terms are of real currencies, and every accepted amount is
// converted in both directions without a loss.
func TestTerms_AreOfCurrencies(t *testing.T) {
	t.Parallel()
	for code, term := range terms {
		digits, known := booking.Digits(code)
		require.True(t, known, code)
		if theirs, differ := map[string]int{"ISK": 2, "UGX": 2, "MGA": 0}[code]; differ {
			digits = theirs
		}
		require.Equal(t, digits, term.digits, code)
		require.Positive(t, term.most, "%s has digits, but no least amount", code)
		require.Greater(t, term.least, 10*term.multiple, "%s has no least amount of its own", code)
		for _, theirs := range []int64{term.least, term.most / term.multiple * term.multiple} {
			m := fromStripe(theirs, code)
			got, err := toStripe(m)
			require.NoError(t, err, code)
			require.Equal(t, theirs, got, code)
		}
		least, most := Terms{}.Bounds(code)
		require.NoError(t, Terms{}.Amount(least), code)
		require.NoError(t, Terms{}.Amount(most), code)
		least.Amount--
		most.Amount++
		require.Error(t, Terms{}.Amount(least), code)
		require.Error(t, Terms{}.Amount(most), code)
	}
}

// TestTerms_WhatAPolicyRefunds can be refunded, in every currency.
func TestTerms_WhatAPolicyRefunds(t *testing.T) {
	t.Parallel()
	policy := &booking.CancellationPolicy{EarlyDeparture: 33}
	for code, term := range terms {
		price := fromStripe(term.multiple*12345, code)
		due := policy.RefundDue(booking.Cancellation{Kind: booking.Lodging, Amount: price, FreedNights: 1, Nights: 3})
		refund := booking.Money{Amount: due.Refund, Currency: code}
		require.Equal(t, refund, Terms{}.Part(refund), code)
	}
}
