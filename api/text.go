package api

import (
	"fmt"

	"github.com/danielgtaylor/huma/v2"

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

// title is the name of a place, menu, drink or person.
type title string

// Schema is the schema of names. It has no maximum length: checkName counts the characters
// of the composed form, which may have fewer characters than the name as it was sent, or more.
func (title) Schema(huma.Registry) *huma.Schema {
	shortest := 1
	return &huma.Schema{
		Type: huma.TypeString, MinLength: &shortest,
		Description: fmt.Sprintf("At most %d characters. They are counted, and stored, in Unicode's composed form (NFC)", booking.LongestText),
	}
}

// checkName reports a name in the body that is too long or cannot be displayed. It normalizes
// the name to Unicode's composed form.
func (f *faults) checkName(name *title) {
	*name = title(names.Composed(string(*name)))
	if fault := names.Fault(string(*name)); fault != "" {
		f.add("body.name", "%s", fault)
	}
}
