package booking

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What comes from outside is held to the same rules whichever way it comes: as
// a request to the API, or as the input, an update or a signal of a workflow.

// Limits of what comes from outside; texts are counted in characters.
const (
	LongestName = 64  // the id of a person or thing
	LongestText = 200 // what something is called, or where it is
	LongestNote = 500
	MaxQuantity = 1000 // of what is ordered at once
	// MaxAmount is the largest amount of money, in minor units, that is asked
	// for or charged at once.
	MaxAmount = 1_000_000_000_000
	// YearsAhead is how far ahead something may be ordered. Its order lives that
	// long, as a workflow that waits.
	YearsAhead = 2
)

// NamePattern is of what can stand in paths, logs and search queries unescaped.
var NamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@:+-]*$`)

// IsName tells whether id can be the id of a person or thing.
func IsName(id string) bool { return len(id) <= LongestName && NamePattern.MatchString(id) }

// KindOf is the kind of order that an id was made for, "" for an id that no order
// has.
func KindOf(id string) Kind {
	prefix, _, found := strings.Cut(id, "-")
	if !found || !slices.Contains(Kinds(), Kind(prefix)) {
		return ""
	}
	return Kind(prefix)
}

// IsOrderID tells whether id may be an order of the kind, so that what is
// asked about is always an order: other workflows have ids, too. An empty
// kind is any.
func IsOrderID(kind Kind, id string) bool {
	of := KindOf(id)
	if of == "" || kind != "" && kind != of {
		return false
	}
	rest := id[len(of)+1:]
	return rest != "" && len(rest) <= LongestName && strings.IndexFunc(rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}

// dialled is a telephone number that can be dialled from anywhere: E.164 and,
// where there is one, the extension as in a tel: URI (RFC 3966).
var dialled = regexp.MustCompile(`^\+[0-9]{5,20}(;ext=[0-9]{1,20})?$`)

// IsTelephone tells whether tel is a number as it is kept.
func IsTelephone(tel string) bool { return dialled.MatchString(tel) }

// newlines are the ways in which a line is ended.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// Lines is the text with each of its lines ended by a line feed.
func Lines(text string) string { return newlines.Replace(text) }

// RangeFault says why a range of days, of which to is exclusive, is none that
// there is; name is what its first day is called. It is "" when nothing is wrong.
func RangeFault(name string, from, to Date) string {
	switch {
	case !from.Before(to):
		return "must be after " + name
	case from.DaysUntil(to) > MaxNights:
		return fmt.Sprintf("is more than %d nights after %s", MaxNights, name)
	default:
		return ""
	}
}

// lastZone is where a day ends last.
var lastZone = time.FixedZone("", -12*60*60)

// AheadFault says why nothing can be ordered now for a day in the time zone: it
// has passed, or is too far ahead. It is "" when nothing is wrong. Where the time
// zone is none that there is, a day has passed once it has everywhere.
func AheadFault(d Date, timeZone string, now time.Time) string {
	zone, err := Zone(timeZone)
	if err != nil {
		zone = lastZone
	}
	switch today := DateOf(now.In(zone)); {
	case d.Before(today):
		return "is in the past"
	case today.AddYears(YearsAhead).Before(d):
		return fmt.Sprintf("is more than %d years ahead", YearsAhead)
	default:
		return ""
	}
}

// LinesFault is TextFault for a text that may have several lines.
func LinesFault(text string) string {
	return TextFault(strings.ReplaceAll(Lines(text), "\n", " "))
}

// TextFault says what is wrong with words for people that stand in one line: they
// show nothing, could not be shown, or would not be shown as they are written.
// It is "" when nothing is.
func TextFault(text string) string {
	switch {
	case text == "":
		return ""
	case strings.ContainsFunc(text, unshowable):
		return "contains control characters"
	case showsNothing(text):
		return "is blank"
	case strings.ContainsFunc(text, noCharacter):
		return "contains characters that are not Unicode"
	default:
		return ""
	}
}

// unshowable are control characters, line breaks of all kinds, and what turns
// the direction of the text around it.
func unshowable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

func noCharacter(r rune) bool {
	return r == utf8.RuneError || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

func showsNothing(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !IsInvisible(r) })
}

// IsInvisible tells whether r shows nothing by itself.
func IsInvisible(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
