package api

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/names"
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

// checkName complains about what something is called, in the body's name. It leaves the
// name in Unicode's composed form.
func (f *faults) checkName(name *string) {
	*name = names.Composed(*name)
	if fault := names.Fault(*name); fault != "" {
		f.add("body.name", "%s", fault)
	}
}
