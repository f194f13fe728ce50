package api

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/names"
)

// checkLines reports text of one or more lines that is empty, cannot be displayed, or
// would not be displayed as written. It ends each line with a line feed.
func (f *faults) checkLines(location string, text *booking.Personal) {
	*text = booking.Lines(*text)
	if fault := booking.LinesFault(*text); fault != "" {
		f.add(location, "%s", fault)
	}
}

// checkName reports a name in the body that cannot be displayed. It normalizes the name
// to Unicode's composed form.
func (f *faults) checkName(name *string) {
	*name = names.Composed(*name)
	if fault := names.Fault(*name); fault != "" {
		f.add("body.name", "%s", fault)
	}
}
