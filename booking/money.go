package booking

import (
	"math"
)

// Money is an amount in the minor unit of its currency: 50000 KRW is
// {50000 KRW}, 12.50 EUR is {1250 EUR}.
type Money struct {
	Amount   int64  `json:"amount" minimum:"0" maximum:"1000000000000" doc:"Amount in the currency's minor unit; KRW has none, so 50000 is 50,000 won" example:"50000"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code" example:"KRW"`
}

// Times returns m × n and whether the product is still an amount we can
// represent.
func (m Money) Times(n int64) (Money, bool) {
	if n != 0 && (m.Amount > math.MaxInt64/n) {
		return Money{}, false
	}
	return Money{Amount: m.Amount * n, Currency: m.Currency}, true
}
