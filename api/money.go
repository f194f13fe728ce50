package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

// money is booking.Money in requests; its schema is that of both.
type money struct {
	Amount   whole  `json:"amount" minimum:"0" doc:"In the currency's minor unit; KRW has none, so 50000 is 50,000 won" example:"50000"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code such as KRW" doc:"ISO 4217 code, of a currency that the payment provider accepts" example:"KRW"`
}

// TransformSchema adds the limit, which a tag could only repeat.
func (money) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	most := float64(booking.MaxAmount)
	s.Properties["amount"].Maximum = &most
	return s
}

// checkPrice reports a price that the payment provider does not accept: no customer could pay it.
// A price of 0 is allowed.
func (f *faults) checkPrice(ctx huma.Context, m *money) {
	if m == nil || m.Currency == "" || m.Amount < 0 {
		return // the schema reports the fault
	}
	const location = "body.price"
	terms, price := serverOf(ctx).Terms, m.value()
	if _, known := booking.Digits(price.Currency); !known {
		f.add(location+".currency", "%q is not the ISO 4217 code of a currency such as KRW", price.Currency)
	} else if err := terms.Currency(price.Currency); err != nil {
		f.add(location+".currency", "%v", err)
	} else if price.Amount != 0 {
		if err := terms.Amount(price); err != nil {
			f.add(location+".amount", "%v", err)
		}
	}
}

func (m money) value() booking.Money {
	return booking.Money{Amount: int64(m.Amount), Currency: m.Currency}
}
