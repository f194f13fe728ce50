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

// Input from outside follows the same rules whichever way it comes: as a request to the
// API, or as the input, an update or a signal of a workflow.

// Limits of input from outside; texts are counted in characters.
const (
	LongestName = 64  // the id of a person or thing
	LongestText = 200 // a title or a location
	LongestNote = 500
	MaxQuantity = 1000 // per order
	// MaxAmount is the largest amount of money, in minor units, that is requested or
	// charged at once.
	MaxAmount = 1_000_000_000_000
	// YearsAhead is how far ahead something may be ordered. The order's workflow waits that
	// long.
	YearsAhead = 2
)

// NamePattern matches ids that need no escaping in paths, logs and search queries.
var NamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@:+-]*$`)

// IsName reports whether id can be the id of a person or thing.
func IsName(id string) bool { return len(id) <= LongestName && NamePattern.MatchString(id) }

// KindOf is the kind of order that an id was made for, "" if the id is not an order's.
func KindOf(id string) Kind {
	prefix, _, found := strings.Cut(id, "-")
	if !found || !slices.Contains(Kinds(), Kind(prefix)) {
		return ""
	}
	return Kind(prefix)
}

// IsOrderID reports whether id may be an order of the kind, so that no other workflow is
// taken for an order. An empty kind matches any.
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

// dialled matches telephone numbers that can be dialled from anywhere: E.164 and optionally
// the extension as in a tel: URI (RFC 3966).
var dialled = regexp.MustCompile(`^\+[0-9]{5,20}(;ext=[0-9]{1,20})?$`)

// IsTelephone reports whether tel is a number in the form that is stored.
func IsTelephone(tel Personal) bool { return dialled.MatchString(string(tel)) }

// newlines replaces all forms of line ends.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// Lines returns the text with every line ended by a line feed.
func Lines[T ~string](text T) T { return T(newlines.Replace(string(text))) }

// RangeFault is what is wrong with a range of days, of which to is exclusive, "" if nothing
// is; name is what its first day is called.
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

// lastZone is the time zone where a day ends last.
var lastZone = time.FixedZone("", -12*60*60)

// AheadFault is why nothing can be ordered now for a day in the time zone, "" if it can:
// the day has passed, or is too far ahead. In an unknown time zone, a day has passed once
// it has everywhere.
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

// InstantFault is what is wrong with an instant that orders are selected by, "" if nothing is.
// The engine cannot parse a year of five digits, and the zero time means that there is none.
func InstantFault(at time.Time) string {
	if year := at.UTC().Year(); year < firstYear || year > lastYear {
		return fmt.Sprintf("must be in the years %d to %d, in UTC", firstYear, lastYear)
	}
	return ""
}

const firstYear, lastYear = 1970, 9999

// LinesFault is TextFault for a text that may have several lines.
func LinesFault[T ~string](text T) string {
	return TextFault(strings.ReplaceAll(string(Lines(text)), "\n", " "))
}

// TextFault is what is wrong with a one-line text for people, "" if nothing is: it shows
// nothing, cannot be shown, or is shown otherwise than written.
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

// unshowable matches control characters, line breaks of all kinds, and characters that
// change the direction of the text around them.
func unshowable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

func noCharacter(r rune) bool {
	return r == utf8.RuneError || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

func showsNothing(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !IsInvisible(r) })
}

// IsInvisible reports whether r shows nothing by itself.
func IsInvisible(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
