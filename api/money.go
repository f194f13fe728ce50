package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

// maxAmount is the largest amount of money, in minor units, that is asked for
// or charged at once. It is the one place that says so.
const maxAmount = 1_000_000_000_000

// money is booking.Money as requests ask for it, and the schema of both.
type money struct {
	Amount   whole  `json:"amount" minimum:"0" doc:"In the currency's minor unit; KRW has none, so 50000 is 50,000 won" example:"50000"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code such as KRW" doc:"ISO 4217 code" example:"KRW"`
}

// TransformSchema adds the limit, which a tag could only repeat.
func (money) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	most := float64(maxAmount)
	s.Properties["amount"].Maximum = &most
	return s
}

func (m money) value() booking.Money {
	return booking.Money{Amount: int64(m.Amount), Currency: m.Currency}
}
