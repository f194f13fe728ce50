package booking

import "math"

// Money is an amount in the minor unit of its currency: 50000 KRW is
// {50000 KRW}, 12.50 EUR is {1250 EUR}.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217 code
}

// Times returns m × n, and whether the product can be represented.
func (m Money) Times(n int64) (Money, bool) {
	if n != 0 && (m.Amount > math.MaxInt64/n) {
		return Money{}, false
	}
	return Money{Amount: m.Amount * n, Currency: m.Currency}, true
}
