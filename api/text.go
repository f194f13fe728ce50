package api

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
)

// checkLines complains about words for people, of one line or several, that
// show nothing, could not be shown, or would not be shown as they are written.
// It leaves each line ended by a line feed.
func (f *faults) checkLines(location string, text *booking.Personal) {
	*text = booking.Lines(*text)
	if fault := booking.LinesFault(*text); fault != "" {
		f.add(location, "%s", fault)
	}
}

// checkText is checkLines for what has to be in one line.
func (f *faults) checkText(location, text string) {
	if fault := booking.TextFault(text); fault != "" {
		f.add(location, "%s", fault)
	}
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
