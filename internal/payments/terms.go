package payments

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Terms are the currencies and amounts that Stripe accepts. The stand-ins for Stripe use them,
// too.
type Terms struct{}

// term is Stripe's notation of amounts in a currency, and the least and largest amount, in
// Stripe's unit.
type term struct {
	digits      int // of Stripe's unit
	least, most int64
	multiple    int64 // an amount has to be a multiple of it
}

// An amount has up to eight digits, in rupiah more.
const (
	eightDigits  = 99_999_999
	twelveDigits = 999_999_999_999
)

// terms are those of https://docs.stripe.com/currencies, without those that ISO 4217 no longer
// lists.
var terms = termsOf()

func termsOf() map[string]term {
	all := map[string]term{}
	add := func(codes string, t term) {
		for _, code := range strings.Fields(codes) {
			t.least = max(t.least, t.multiple)
			all[code] = t
		}
	}
	add(`AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE
		CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD
		KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
		PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU
		UZS WST XCD XCG YER ZAR ZMW`, term{digits: 2, most: eightDigits, multiple: 1})
	add("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF", term{digits: 0, most: eightDigits, multiple: 1})
	// These had cents once, and are still written with two digits, both 0.
	add("ISK UGX", term{digits: 2, most: eightDigits, multiple: 100})
	// Payment networks beyond Stripe support only two digits of these.
	add("BHD JOD KWD OMR TND", term{digits: 3, most: eightDigits, multiple: 10})
	for code, least := range map[string]int64{
		"USD": 50, "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
		"HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
		"RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
	} {
		t := all[code]
		t.least = least
		all[code] = t
	}
	rupiah := all["IDR"]
	rupiah.most = twelveDigits
	all["IDR"] = rupiah
	return all
}

// Currency says why no payment is possible in the currency.
func (Terms) Currency(code string) error {
	if _, ok := terms[code]; !ok {
		return fmt.Errorf("%s is no currency that the payment provider takes", code)
	}
	return nil
}

// Amount says why the amount, which is not 0, cannot be paid at once.
func (Terms) Amount(m booking.Money) error {
	_, err := toStripe(m)
	return err
}

// Part rounds an amount up to one that can be refunded: to Stripe's unit, without a minimum.
func (Terms) Part(m booking.Money) booking.Money {
	t, known := terms[m.Currency]
	if !known {
		return m
	}
	up, down := scale(m.Currency, t)
	step := down
	if up == 1 {
		step *= t.multiple
	}
	if over := m.Amount % step; over > 0 {
		m.Amount += step - over
	}
	return m
}

// toStripe is an amount in Stripe's unit of its currency.
func toStripe(m booking.Money) (int64, error) {
	if err := (Terms{}).Currency(m.Currency); err != nil {
		return 0, err
	}
	t := terms[m.Currency]
	up, down := scale(m.Currency, t)
	switch {
	case m.Amount%down != 0:
		return 0, fmt.Errorf("the payment provider takes %s in multiples of %d only", m.Currency, down)
	case m.Amount > math.MaxInt64/up || m.Amount/down*up > t.most:
		return 0, fmt.Errorf("the payment provider takes %s %s at most", inMinor(t.most/t.multiple*t.multiple, up, down), m.Currency)
	case m.Amount/down*up < t.least:
		return 0, fmt.Errorf("the payment provider takes %s %s at least", inMinor(t.least, up, down), m.Currency)
	case m.Amount*up/down%t.multiple != 0:
		return 0, fmt.Errorf("the payment provider takes %s in multiples of %d only", m.Currency, t.multiple)
	default:
		return m.Amount / down * up, nil
	}
}

// fromStripe is an amount of Stripe's in the minor unit of its currency. It does not convert
// currencies in which we could never have charged.
func fromStripe(amount int64, currency string) booking.Money {
	code := strings.ToUpper(currency)
	if t, ok := terms[code]; ok {
		up, down := scale(code, t)
		amount = amount / up * down
	}
	return booking.Money{Amount: amount, Currency: code}
}

// scale is the factor and the divisor that convert an amount in the minor unit to Stripe's unit;
// one of the two is 1.
func scale(code string, t term) (up, down int64) {
	digits, _ := booking.Digits(code)
	up, down = 1, 1
	for ; digits < t.digits; digits++ {
		up *= 10
	}
	for ; digits > t.digits; digits-- {
		down *= 10
	}
	return up, down
}

func inMinor(amount, up, down int64) string { return strconv.FormatInt(amount/up*down, 10) }
