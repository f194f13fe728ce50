package names

import (
	"slices"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
)

// What is invisible, and where it has an effect, follows from Unicode's
// properties. Joiners shape letters (the CONTEXTJ rules of IDNA, RFC 5892) and
// make one emoji of several (UAX #29, GB11); a variation selector chooses among
// the shapes of the character before it; tags make a flag of a region.

const (
	joiner        = '\u200d' // zero width joiner
	textStyle     = '\ufe0e' // variation selector 15
	emojiStyle    = '\ufe0f' // variation selector 16
	keycap        = '\u20e3'
	firstVariant  = '\ufe00' // variation selector 1
	flag          = '\U0001f3f4'
	firstTag      = '\U000e0020'
	endOfTags     = '\U000e007f'
	viramaClass   = 9 // canonical combining class
	longestRegion = 6 // tags of a flag
)

// hides tells whether something invisible in the text has no effect on how the
// text looks.
func hides(text string) bool {
	runes := []rune(text)
	for i, r := range runes {
		if booking.IsInvisible(r) && !shapes(runes, i) {
			return true
		}
	}
	return false
}

// shapes tells whether the invisible character at i changes how those around
// it look.
func shapes(text []rune, i int) bool {
	switch r := text[i]; {
	case unicode.Is(unicode.Join_Control, r):
		return joinsLetters(text, i) || r == joiner && (joinsEmoji(text, i) || precedesVirama(text, i))
	case unicode.Is(unicode.Variation_Selector, r):
		return i > 0 && varies(text, i)
	case r >= firstTag && r <= endOfTags:
		return isInFlag(text, i)
	default:
		return false
	}
}

// joinsLetters applies the rules CONTEXTJ to the letters around the joiner.
func joinsLetters(text []rune, i int) bool {
	from, to := i, i+1
	for from > 0 && isOfWord(text[from-1]) {
		from--
	}
	for to < len(text) && isOfWord(text[to]) {
		to++
	}
	_, err := precis.NewFreeform().String(string(text[from:to]))
	return err == nil
}

func isOfWord(r rune) bool { return unicode.In(r, unicode.L, unicode.M) && !booking.IsInvisible(r) }

// precedesVirama tells whether the joiner stands between a letter and a virama
// of its script. There it keeps the letter from changing its shape, as in
// Bengali and Kannada after ra.
func precedesVirama(text []rune, i int) bool {
	if i == 0 || i+1 == len(text) || norm.NFC.PropertiesString(string(text[i+1])).CCC() != viramaClass {
		return false
	}
	for _, script := range unicode.Scripts {
		if unicode.Is(script, text[i+1]) {
			return unicode.Is(script, text[i-1]) && unicode.IsLetter(text[i-1])
		}
	}
	return false
}

// joinsEmoji tells whether the joiner stands between two emoji that it makes
// one of.
func joinsEmoji(text []rune, i int) bool {
	if i+1 == len(text) || !isPicture(text[i+1]) {
		return false
	}
	var last []rune
	for clusters := uniseg.NewGraphemes(string(text[:i+2])); clusters.Next(); {
		last = clusters.Runes()
	}
	return len(last) > 2 && last[len(last)-2] == joiner
}

// isPicture tells whether r has the property Extended_Pictographic: of the
// characters that begin a cluster, such are joined into one, and no others.
func isPicture(r rune) bool {
	return uniseg.GraphemeClusterCount(string([]rune{'a', r})) == 2 &&
		uniseg.GraphemeClusterCount(string([]rune{r, joiner, r})) == 1
}

// varies tells whether the character before i has variants that a selector
// like the one at i chooses from.
func varies(text []rune, i int) bool {
	switch base, selector := text[i-1], text[i]; {
	case selector == textStyle || selector == emojiStyle:
		return isPicture(base) || isKeycap(base) && i+1 < len(text) && text[i+1] == keycap
	case unicode.Is(unicode.Mongolian, selector):
		return unicode.Is(unicode.Mongolian, base) && unicode.IsLetter(base)
	case selector == firstVariant && unicode.In(base, unicode.Myanmar, unicode.Phags_Pa):
		return unicode.IsLetter(base)
	default:
		return unicode.Is(unicode.Unified_Ideograph, base)
	}
}

func isKeycap(r rune) bool { return r == '#' || r == '*' || '0' <= r && r <= '9' }

// isInFlag tells whether the tag at i belongs to the name of a region after a
// flag.
func isInFlag(text []rune, i int) bool {
	from := i
	for from > 0 && text[from] >= firstTag && text[from] <= endOfTags {
		from--
	}
	region := text[from+1:]
	end := slices.Index(region, endOfTags)
	return text[from] == flag && end > 2 && end <= longestRegion && from+1+end >= i &&
		!slices.ContainsFunc(region[:end], func(r rune) bool {
			letter := r - firstTag + ' '
			return (letter < 'a' || letter > 'z') && (letter < '0' || letter > '9')
		})
}
