package names

import (
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
)

// Which characters are invisible, and where they have an effect, follows from
// Unicode's properties. Joiners shape letters (the CONTEXTJ rules of IDNA, RFC 5892)
// and join several emoji into one (UAX #29, GB11); a variation selector chooses a
// variant of the character before it; tags turn a flag into that of a region. Mongolian's
// vowel separator sets off the last vowel of a word, and changes the letter before it.

const (
	joiner         = '\u200d' // zero width joiner
	nonJoiner      = '\u200c' // zero width non-joiner
	textStyle      = '\ufe0e' // variation selector 15
	emojiStyle     = '\ufe0f' // variation selector 16
	keycap         = '\u20e3'
	firstVariant   = '\ufe00' // variation selector 1
	vowelSeparator = '\u180e' // of Mongolian
	flag           = '\U0001f3f4'
	firstTag       = '\U000e0020'
	endOfTags      = '\U000e007f'
	tatweel        = "\u0640"
	beh            = "\u0628" // joins on both sides
	viramaClass    = 9        // canonical combining class
	longestRegion  = 6        // tags of a flag
)

// hides reports whether the text contains an invisible character that does not change
// how the text looks.
func hides(text string) bool {
	runes := []rune(text)
	for i, r := range runes {
		if booking.IsInvisible(r) && !shapes(runes, i) {
			return true
		}
	}
	return false
}

// shapes reports whether the invisible character at i changes how the characters
// around it look.
func shapes(text []rune, i int) bool {
	switch r := text[i]; {
	case unicode.Is(unicode.Join_Control, r):
		return joinsLetters(text, i) || r == joiner && (joinsEmoji(text, i) || precedesVirama(text, i) || bends(text, i))
	case unicode.Is(unicode.Variation_Selector, r):
		return i > 0 && varies(text, i)
	case r == vowelSeparator:
		return i > 0 && i+1 < len(text) && isMongolian(text[i-1]) && isMongolian(text[i+1])
	case r >= firstTag && r <= endOfTags:
		return isInFlag(text, i)
	default:
		return false
	}
}

// joinsLetters applies the CONTEXTJ rules to the letters around the joiner.
func joinsLetters(text []rune, i int) bool {
	before, after := around(text, i)
	return isAllowed(before + string(text[i]) + after)
}

// around is the parts of a word before and after i.
func around(text []rune, i int) (before, after string) {
	from, to := i, i+1
	for from > 0 && isOfWord(text[from-1]) {
		from--
	}
	for to < len(text) && isOfWord(text[to]) {
		to++
	}
	return string(text[from:i]), string(text[i+1 : to])
}

// isAllowed applies the CONTEXTJ rules, among others, to a word. These refuse the tatweel, which
// makes a joined letter longer; instead a letter is checked that joins on both sides, as it does.
func isAllowed(word string) bool {
	_, err := precis.NewFreeform().String(strings.ReplaceAll(word, tatweel, beh))
	return err == nil
}

// bends reports whether the joiner gives a cursive letter beside it the shape that it has when it
// is joined, as in the Arabic and Persian abbreviation of the era: on one side is a letter that
// joins letters there, and on the other none. The rules of the non-joiner know such letters:
// it is allowed only between two of them.
func bends(text []rune, i int) bool {
	before, after := around(text, i)
	return isAllowed(before+string(nonJoiner)+beh) != isAllowed(beh+string(nonJoiner)+after)
}

func isOfWord(r rune) bool { return unicode.In(r, unicode.L, unicode.M) && !booking.IsInvisible(r) }

// precedesVirama reports whether the joiner is between a letter and a virama of the
// same script. There it keeps the letter from changing its shape, as in Bengali and
// Kannada after ra.
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

// joinsEmoji reports whether the joiner is between two emoji that it joins into one.
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

// isPicture reports whether r has the property Extended_Pictographic. Of the characters
// that begin a cluster, only these can be joined into one.
func isPicture(r rune) bool {
	return uniseg.GraphemeClusterCount(string([]rune{'a', r})) == 2 &&
		uniseg.GraphemeClusterCount(string([]rune{r, joiner, r})) == 1
}

// varies reports whether the selector at i chooses among variants of the character
// before it.
func varies(text []rune, i int) bool {
	switch base, selector := text[i-1], text[i]; {
	case selector == textStyle || selector == emojiStyle:
		return isPicture(base) || isKeycap(base) && i+1 < len(text) && text[i+1] == keycap
	case unicode.Is(unicode.Mongolian, selector):
		return isMongolian(base)
	case selector == firstVariant && unicode.In(base, unicode.Myanmar, unicode.Phags_Pa):
		return unicode.IsLetter(base)
	default:
		return unicode.Is(unicode.Unified_Ideograph, base)
	}
}

func isMongolian(r rune) bool { return unicode.Is(unicode.Mongolian, r) && unicode.IsLetter(r) }

func isKeycap(r rune) bool { return r == '#' || r == '*' || '0' <= r && r <= '9' }

// isInFlag reports whether the tag at i is part of the name of a region after a flag.
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
