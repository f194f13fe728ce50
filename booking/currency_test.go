package booking_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func TestDigits(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]int{
		"KRW": 0, "UGX": 0, "ISK": 0, "UYI": 0, "EUR": 2, "MGA": 2, "HUF": 2, "KWD": 3, "LYD": 3, "CLF": 4, "UYW": 4,
	} {
		digits, known := booking.Digits(currency)
		require.True(t, known, currency)
		require.Equal(t, want, digits, currency)
	}
	for _, none := range []string{"", "KRV", "ABC", "BTC", "krw", "XXX", "XTS", "XAU", "ZWL", "HRK", "STD"} {
		_, known := booking.Digits(none)
		require.False(t, known, none)
	}
}

// TestDigits_AreThoseOfTheMessages: the Python program that writes messages has the same
// exceptions from two digits.
func TestDigits_AreThoseOfTheMessages(t *testing.T) {
	t.Parallel()
	texts, err := os.ReadFile("../subscribers/messages/texts.py")
	require.NoError(t, err)
	lists := regexp.MustCompile(`dict\.fromkeys\("([A-Z ]+)"\.split\(\), (\d)\)`).FindAllStringSubmatch(string(texts), -1)
	require.NotEmpty(t, lists)
	theirs := map[string]int{}
	for _, list := range lists {
		digits, err := strconv.Atoi(list[2])
		require.NoError(t, err)
		for _, code := range strings.Fields(list[1]) {
			theirs[code] = digits
		}
	}
	ours := map[string]int{}
	for a := range 26 * 26 * 26 {
		code := string([]byte{'A' + byte(a/26/26), 'A' + byte(a/26%26), 'A' + byte(a%26)})
		if digits, known := booking.Digits(code); known && digits != 2 {
			ours[code] = digits
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)))
	require.Equal(t, ours, theirs)
}
