package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func TestName_InvisibleWhereItHasAnEffect(t *testing.T) {
	t.Parallel()
	for what, name := range map[string]string{
		"Persian":            "مهمان\u200cخانه",
		"Sinhala":            "ශ්\u200dරී ලංකා",
		"Hindi":              "क्\u200dष",
		"Malayalam":          "അവന്\u200d",
		"Bengali":            "র\u200d্যাডিসন",
		"Kannada":            "ರ\u200d್ಯಾಂಕ್",
		"PersianEra":         "کافه ۱۳۰۳ ه\u200d.ش",
		"PersianTatweel":     "کتـاب\u200cخانه",
		"ArabicEra":          "1446 ه\u200d",
		"ArabicFinalForm":    "الحرف \u200dه",
		"Cook":               "Lunch by 👩\u200d🍳",
		"DarkCook":           "👩🏽\u200d🍳",
		"Family":             "👨\u200d👩\u200d👧\u200d👦",
		"Rainbow":            "🏳\ufe0f\u200d🌈",
		"HealthWorker":       "🧑\u200d⚕\ufe0f",
		"Heart":              "I ❤\ufe0f tea ☕︎",
		"Keycap":             "Room 1\ufe0f⃣",
		"Copyright":          "Café ©\ufe0f",
		"Scotland":           "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Inn",
		"IdeographicVariant": "葛\U000e0100飾",
		"Mongolian":          "ᠠ\u180bᠨ",
		"MongolianVowel":     "ᠨᠠᠷ\u180eᠠ",
		"Shan":               "ꩣ\ufe00",
		"ArabicNumberSign":   "\u0600١٢",
		"Korean":             "바다 여관",
	} {
		var f faults
		written := title(name)
		f.checkName(&written)
		require.Empty(t, f, what)
	}
}

func TestName_InvisibleWhereItHasNone(t *testing.T) {
	t.Parallel()
	for what, name := range map[string]string{
		"JoinerInLatin":                     "Sea\u200dside",
		"NonJoinerInLatin":                  "Sea\u200cside",
		"JoinerInHangul":                    "나\u200d무",
		"JoinerBetweenJoined":               "به\u200dار",
		"JoinerAfterNoJoin":                 "دا\u200d",
		"NonJoinerAtTheEnd":                 "مهمان\u200c",
		"NonJoinerTwice":                    "مهمان\u200c\u200cخانه",
		"NonJoinerAfterNoJoin":              "د\u200cم",
		"JoinerAtTheEnd":                    "क्ष\u200d",
		"OnlyJoiner":                        "\u200d",
		"JoinerAfterEmoji":                  "👩\u200d",
		"JoinerBeforeLetter":                "👩\u200da",
		"JoinerTwice":                       "👩\u200d\u200d🍳",
		"JoinerOfOtherScript":               "ক\u200d್",
		"ZeroWidthSpace":                    "Sea\u200bside",
		"WordJoiner":                        "Sea\u2060side",
		"ByteOrderMark":                     "\ufeffSeaside",
		"SoftHyphen":                        "Sea\u00adside",
		"GraphemeJoiner":                    "Sea\u034fside",
		"HangulFiller":                      "바\u3164다",
		"HalfwidthFiller":                   "\uffa0",
		"Override":                          "\u202eSeaside",
		"Isolate":                           "\u2066Seaside\u2069",
		"Mark":                              "Seaside\u200e",
		"VariantOfLetter":                   "A\ufe0f",
		"VariantOfDigit":                    "Room 1\ufe0f",
		"VariantOfNothing":                  "\ufe0fA",
		"VariantOfCurrency":                 "€\ufe0f",
		"HanVariantOfLetter":                "A\U000e0100",
		"Tag":                               "A\U000e0061",
		"TagsAfterEmoji":                    "☕\U000e0067\U000e0062\U000e007f",
		"TagsWithoutEnd":                    "🏴\U000e0067\U000e0062\U000e0073",
		"EndTwice":                          "🏴\U000e0067\U000e0062\U000e0073\U000e007f\U000e007f",
		"VowelSeparatorInLatin":             "Sea\u180eside",
		"VowelSeparatorAtTheStart":          "\u180eᠨᠠᠷ",
		"VowelSeparatorAtTheEnd":            "ᠨᠠᠷ\u180e",
		"VowelSeparatorTwice":               "ᠨᠠᠷ\u180e\u180eᠠ",
		"VowelSeparatorBeforeLatin":         "ᠨᠠᠷ\u180ea",
		"VowelSeparatorAfterMongolianDigit": "᠑\u180eᠠ",
		"Annotation":                        "Sea\ufff9side",
		"NotACharacter":                     "Sea\uffffside",
		"Line":                              "Sea\nside",
	} {
		var f faults
		written := title(name)
		f.checkName(&written)
		require.Len(t, f, 1, what)
	}
}

func TestName_Composed(t *testing.T) {
	t.Parallel()
	name := title("Cafe\u0301 카페")
	var f faults
	f.checkName(&name)
	require.Empty(t, f)
	require.Equal(t, title("Caf\u00e9 카페"), name)
}

// TestName_LengthOfComposed: a name that is accepted is accepted by its orders, too, which
// count the characters of the composed form.
func TestName_LengthOfComposed(t *testing.T) {
	t.Parallel()
	drink := func(name string) string {
		return fmt.Sprintf(`{"name":%q,"price":{"amount":1,"currency":"KRW"},"ownerId":"cora","date":"2026-12-24","count":5}`, name)
	}
	place := func(name string) string {
		return fmt.Sprintf(`{"name":%q,"price":{"amount":1,"currency":"KRW"},"ownerId":"olivia","confirmation":"auto"}`, name)
	}
	alone := func(name string) string { return fmt.Sprintf(`{"name":%q}`, name) }
	for _, of := range []struct {
		method, path string
		named        func(string) string
	}{
		{"POST", placesPath, place}, {"PATCH", placesPath + "/place-seaside", alone},
		{"POST", menusPath, menuNamed}, {"PATCH", menusPath + "/menu-bibimbap", alone},
		{"POST", drinksPath, drink}, {"PATCH", drinksPath + "/drink-latte", alone},
		{"POST", cleanersPath, alone}, {"PATCH", cleanersPath + "/{added}", alone},
	} {
		b := setup(t)
		added := decode[cleanerView](t, b.do("POST", cleanersPath, alone("Min-jun")))
		path := strings.Replace(of.path, "{added}", added.ID, 1)
		// Devanagari qa is two characters in the composed form, a Korean syllable is one.
		for _, long := range []string{strings.Repeat("\u0958", 101), strings.Repeat("a", 201)} {
			p := b.problem(b.do(of.method, path, of.named(long)), 422, booking.Invalid)
			require.Equal(t, []string{"name"}, fields(p), of)
			require.Equal(t, "is longer than 200 characters", p.Errors[0].Message)
		}
		a := b.do(of.method, path, of.named(norm.NFD.String(strings.Repeat("각", 100))))
		require.Less(t, a.StatusCode, 300, a.text)
		require.Equal(t, strings.Repeat("각", 100), decode[struct{ Name string }](t, a).Name)
	}
	for name, ok := range map[string]bool{
		strings.Repeat("\u0958", 100): true, norm.NFD.String(strings.Repeat("각", 200)): true, norm.NFD.String(strings.Repeat("각", 201)): false,
	} {
		written := title(name)
		var f faults
		f.checkName(&written)
		require.Equal(t, ok, len(f) == 0, name)
	}
}

// Names are shown over HTTP as they were written.
func TestName_ShownAsWritten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"مهمان\u200cخانه", "ශ්\u200dරී ලංකා", "Lunch by 👩\u200d🍳"} {
		b := setup(t)
		a := b.do("POST", menusPath, menuNamed(name))
		require.Equal(t, 201, a.StatusCode, a.text)
		require.Equal(t, name, decode[menuView](t, a).Name)
	}
}

// No request can name the owner id of calls.
func TestCleaningOffice_NameIsReserved(t *testing.T) {
	t.Parallel()
	require.False(t, booking.IsName(contract.CleaningOffice))
	for _, kind := range booking.Kinds() {
		require.NotEqual(t, contract.CleaningOffice, string(kind))
	}
}
