package api

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/yeyak/yeyak/booking"
)

// DefaultTelRegion is where a telephone number without + and a country's
// code belongs to, unless a server is told otherwise.
const DefaultTelRegion = "KR"

// readTelephone reads a telephone number the way people write it, and leaves it
// as what can be dialled from anywhere: E.164 and, where there is one, the
// extension as in a tel: URI (RFC 3966), +8221234567;ext=12.
func (f *faults) readTelephone(location string, tel *booking.Personal, region string) {
	if *tel == "" {
		return // the schema has complained
	}
	number, ok := parseTelephone(string(*tel), region)
	if !ok {
		f.add(location, "is not a telephone number: it begins with + and the country's code, or is one of %s", region)
		return
	}
	*tel = booking.Personal(number)
}

func parseTelephone(text, region string) (string, bool) {
	// Address books put invisible marks of direction around a number.
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if booking.IsInvisible(r) {
			return -1
		}
		return r
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
	return written, true
}

// beginsNumber keeps numbers out that stand within a sentence: the library
// would find them.
func beginsNumber(text string) bool {
	text = strings.TrimPrefix(text, "tel:")
	return strings.IndexFunc(text, func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("+＋(（", r) }) == 0
}
