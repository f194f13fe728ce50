package booking_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func TestMoney_Times(t *testing.T) {
	t.Parallel()
	numbers := []int64{0, 1, 2, 3, 50000, 1 << 31, 1 << 32, math.MaxInt64 / 3, math.MaxInt64/2 + 1, math.MaxInt64 - 1, math.MaxInt64}
	for _, amount := range numbers {
		for _, n := range numbers {
			exact := new(big.Int).Mul(big.NewInt(amount), big.NewInt(n))
			got, ok := booking.Money{Amount: amount, Currency: "KRW"}.Times(n)
			require.Equal(t, exact.IsInt64(), ok, "%d × %d", amount, n)
			if ok {
				require.Equal(t, booking.Money{Amount: exact.Int64(), Currency: "KRW"}, got)
			}
		}
	}
}
