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

// These are the least amounts in Stripe's unit.
const (
	// Those that Stripe states.
	statedLeast = `USD 50 AED 200 AUD 50 BRL 50 CAD 50 CHF 50 CZK 1500 DKK 250 EUR 50 GBP 30 HKD 400 HUF 17500 INR 50 JPY 50
		MXN 1000 MYR 200 NOK 300 NZD 50 PLN 200 RON 200 SEK 300 SGD 50 THB 1000`
	// Of other currencies Stripe requires what is worth about US$ 0.50 at its rate of the day, or the
	// least amount of the currency in which our account is paid. These are worth US$ 0.50 at the
	// rates of 2025, rounded up to one digit. A charge that Stripe finds too small all the same is
	// ErrAmountRefused.
	otherLeast = `AFN 4000 ALL 5000 AMD 30000 AOA 50000 ARS 80000 AWG 90 AZN 90 BAM 100 BBD 100 BDT 7000 BHD 200 BIF 2000 BMD 50
		BND 70 BOB 400 BSD 50 BWP 800 BYN 200 BZD 100 CDF 200000 CLP 500 CNY 400 COP 300000 CRC 30000 CVE 6000 DJF 90
		DOP 4000 DZD 7000 EGP 3000 ETB 8000 FJD 200 FKP 40 GEL 200 GIP 40 GMD 4000 GNF 5000 GTQ 400 GYD 20000 HNL 2000
		HTG 7000 IDR 900000 ILS 200 ISK 8000 JMD 9000 JOD 400 KES 7000 KGS 5000 KHR 300000 KMF 300 KRW 800 KWD 200
		KYD 50 KZT 30000 LAK 2000000 LBP 5000000 LKR 20000 LRD 10000 LSL 1000 MAD 600 MDL 1000 MGA 3000 MKD 4000
		MMK 200000 MNT 200000 MOP 500 MUR 3000 MVR 800 MWK 90000 MZN 4000 NAD 1000 NGN 90000 NIO 2000 NPR 8000 OMR 200
		PAB 50 PEN 200 PGK 300 PHP 3000 PKR 20000 PYG 4000 QAR 200 RSD 6000 RUB 6000 RWF 800 SAR 200 SBD 500 SCR 800
		SHP 40 SLE 2000 SOS 30000 SRD 2000 SZL 1000 TJS 600 TND 2000 TOP 200 TRY 3000 TTD 400 TWD 2000 TZS 200000
		UAH 3000 UGX 200000 UYU 3000 UZS 700000 VND 20000 VUV 70 WST 200 XAF 400 XCD 200 XCG 90 XOF 400 XPF 60 YER 30000
		ZAR 1000 ZMW 2000`
)

func termsOf() map[string]term {
	all := map[string]term{}
	least := strings.Fields(statedLeast + " " + otherLeast)
	for i := 0; i < len(least); i += 2 {
		amount, err := strconv.ParseInt(least[i+1], 10, 64)
		if err != nil {
			panic(err)
		}
		all[least[i]] = term{digits: 2, least: amount, most: eightDigits, multiple: 1}
	}
	set := func(codes string, digits int, multiple int64) {
		for _, code := range strings.Fields(codes) {
			t := all[code]
			t.digits, t.multiple = digits, multiple
			all[code] = t
		}
	}
	set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF", 0, 1)
	// These had cents once, and are still written with two digits, both 0.
	set("ISK UGX", 2, 100)
	// Payment networks beyond Stripe support only two digits of these.
	set("BHD JOD KWD OMR TND", 3, 10)
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
	units, err := toStripe(m)
	if err != nil {
		return err
	}
	least, most := Terms{}.Bounds(m.Currency)
	switch t := terms[m.Currency]; {
	case units > t.most:
		return fmt.Errorf("the payment provider takes %d %s at most", most.Amount, m.Currency)
	case units < t.least:
		return fmt.Errorf("the payment provider takes %d %s at least", least.Amount, m.Currency)
	default:
		return nil
	}
}

// Bounds are the least and the largest amount of a currency that can be paid at once; both 0 if it
// is not accepted.
func (Terms) Bounds(code string) (least, most booking.Money) {
	t, ok := terms[code]
	if !ok {
		return booking.Money{Currency: code}, booking.Money{Currency: code}
	}
	return fromStripe(t.least, code), fromStripe(t.most/t.multiple*t.multiple, code)
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

// toStripe is an amount in Stripe's unit of its currency. It returns an error only if the amount
// cannot be expressed there: another release may have charged what Amount refuses.
func toStripe(m booking.Money) (int64, error) {
	if err := (Terms{}).Currency(m.Currency); err != nil {
		return 0, err
	}
	t := terms[m.Currency]
	up, down := scale(m.Currency, t)
	switch {
	case m.Amount > math.MaxInt64/up:
		_, most := Terms{}.Bounds(m.Currency)
		return 0, fmt.Errorf("the payment provider takes %d %s at most", most.Amount, m.Currency)
	case m.Amount%down != 0:
		return 0, fmt.Errorf("the payment provider takes %s in multiples of %d only", m.Currency, down)
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
