package api

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// newlines are the ways in which a line is ended.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// checkLines complains about words for people, of one line or several, that
// show nothing, could not be shown, or would not be shown as they are written.
// It leaves each line ended by a line feed.
func (f *faults) checkLines(location string, text *string) {
	*text = newlines.Replace(*text)
	f.checkText(location, strings.ReplaceAll(*text, "\n", " "))
}

// checkText is checkLines for what has to be in one line.
func (f *faults) checkText(location, text string) {
	switch {
	case text == "":
	case strings.ContainsFunc(text, unshowable):
		f.add(location, "contains control characters")
	case showsNothing(text):
		f.add(location, "is blank")
	case strings.ContainsFunc(text, noCharacter):
		f.add(location, "contains characters that are not Unicode")
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
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !isInvisible(r) })
}

// checkName is checkText for what something is called, in the body's name. Two
// names that look the same must be the same: nothing in a name is invisible
// unless it changes how the characters around it look, and the name is left in
// Unicode's composed form.
//
// Sentences may hold invisible characters: they are not compared.
func (f *faults) checkName(name *string) {
	const location = "body.name"
	*name = norm.NFC.String(*name)
	switch text := *name; {
	case strings.TrimSpace(text) != text && strings.TrimSpace(text) != "":
		f.add(location, "begins or ends with a space")
	case hides(text):
		f.add(location, "contains invisible characters")
	default:
		f.checkText(location, text)
	}
}
