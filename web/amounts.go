package web

import (
	"strconv"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Terms are the payment provider's terms.
type Terms interface {
	// Currency returns why nothing can be paid in the currency.
	Currency(code string) error
	// Amount returns why an amount other than 0 cannot be paid at once.
	Amount(booking.Money) error
	// Bounds are the least and the largest amount of a currency that can be paid at once.
	Bounds(code string) (least, most booking.Money)
	// Part rounds an amount up to one that the provider can refund of a charge.
	Part(booking.Money) booking.Money
}

// readAmount reads an amount of a currency as people write it: 50,000 or 12.50. Returns
// false if it is not an amount, or exceeds the maximum.
func readAmount(text, currency string) (booking.Money, bool) {
	digits, known := booking.Digits(currency)
	whole, part, _ := strings.Cut(strings.ReplaceAll(text, ",", ""), ".")
	if !known || len(part) > digits || whole == "" || strings.Trim(whole+part, "0123456789") != "" {
		return booking.Money{}, false
	}
	amount, err := strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
	return booking.Money{Amount: amount, Currency: currency}, err == nil && amount <= booking.MaxAmount
}

// writeAmount writes an amount as readAmount reads it.
func writeAmount(m booking.Money) string {
	digits, _ := booking.Digits(m.Currency)
	text := strconv.FormatInt(m.Amount, 10)
	if digits == 0 {
		return text
	}
	if missing := digits + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	return text[:len(text)-digits] + "." + text[len(text)-digits:]
}
