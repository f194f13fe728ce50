// Package telephones parses telephone numbers as people write them.
package telephones

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/yeyak/yeyak/booking"
)

// Read parses a number and returns a form that can be dialled from anywhere: E.164 and,
// if there is one, the extension as in a tel: URI (RFC 3966), +8221234567;ext=12. A
// number without + and a country code is one of the region.
func Read(text, region string) (booking.Personal, bool) {
	// Address books put invisible direction marks around a number.
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if booking.IsInvisible(r) {
			return -1
		}
		return asciiDigit(r)
	}, text))
	if !beginsNumber(text) || booking.TextFault(text) != "" {
		return "", false
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", false
	}
	written := phonenumbers.Format(number, phonenumbers.E164)
	if extension := number.GetExtension(); extension != "" {
		written += ";ext=" + extension
	}
	tel := booking.Personal(written)
	return tel, booking.IsTelephone(tel)
}

// asciiDigit replaces a decimal digit of any script. The library does not convert the digits
// of extensions, nor those of every script.
func asciiDigit(r rune) rune {
	if !unicode.IsDigit(r) {
		return r
	}
	zero := r // Unicode encodes the ten digits of a script one after the other
	for unicode.IsDigit(zero - 1) {
		zero--
	}
	return '0' + (r-zero)%10
}

// beginsNumber excludes numbers within a sentence, which the library would find.
func beginsNumber(text string) bool {
	text = strings.TrimPrefix(text, "tel:")
	return strings.IndexFunc(text, func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("+＋(（", r) }) == 0
}
